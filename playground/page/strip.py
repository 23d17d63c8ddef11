"""What a developer wants to see: budgets, refusals, and how far the screen is behind the model."""

from typing import Any

from playground.page.world import World


def strip_part(world: World) -> dict[str, Any]:
    return {}
