"""What a browser may ask for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playground.page.world import Guest, World


class Refused(ValueError):
    """What the person wants cannot be done now; the text is for them."""


@dataclass
class Visit:
    """One browser: who it is, and which places it has open on each platform (the views' own words)."""

    world: World
    guest: Guest
    slack: dict[str, Any] = field(default_factory=dict)
    telegram: dict[str, Any] = field(default_factory=dict)


Action = Callable[..., Awaitable[Any]]
"""`async def action(visit, **arguments)`. Gives what the browser gets; raises Refused or what the stand-in raises."""
