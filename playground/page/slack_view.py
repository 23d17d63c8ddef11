"""What a person sees of slack."""

from typing import Any

from playground.page.actions import Visit


def slack_part(visit: Visit) -> dict[str, Any]:
    return {}
