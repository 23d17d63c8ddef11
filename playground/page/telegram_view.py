"""What a person sees of telegram."""

from typing import Any

from playground.page.actions import Visit


def telegram_part(visit: Visit) -> dict[str, Any]:
    return {}
