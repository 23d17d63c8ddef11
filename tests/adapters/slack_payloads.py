"""Slack's deliveries as it sends them, ids and names replaced; each file in payloads/slack is one delivery."""

import json
from pathlib import Path
from typing import Any

from adapters.slack.config import Identity, Profile
from bot.engine.chats import Author

ME = Identity("T0EXAMPLE1", "U0BOT00001", "B0BOT00001", "threadline", "https://example.slack.com/")
ANN = Author("U0ANN00001", "Ann Lee")
BEN = Author("U0BEN00001", "Ben Ode")
KNOWN = {ANN.id: Profile(ANN.name), BEN.id: Profile(BEN.name)}
GENERAL = "C0GENERAL1"
DM = "D0ANNDM001"
ROOT = "1790000001.000100"

_FOLDER = Path(__file__).parent / "payloads" / "slack"


def payload(name: str) -> dict[str, Any]:
    """A fresh copy of a recorded delivery."""
    body: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return body


def event(name: str, **changes: Any) -> dict[str, Any]:
    """The event inside a recorded delivery."""
    inner: dict[str, Any] = payload(name)["event"]
    return {**inner, **changes}


def names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.json"))
