"""What a method gives back when a bare result does not say it all."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A result with the sentence that Telegram puts beside it in `description`."""

    result: Any
    description: str = ""

    def body(self) -> dict[str, Any]:
        return {"ok": True, "result": self.result} | ({"description": self.description} if self.description else {})
