"""Trigger ids: the right to open a modal, for three seconds and once."""

import random
from dataclasses import dataclass

from playground.clock import Clock
from playground.slack.errors import Refusal

LIFETIME = 3.0


@dataclass(eq=False)
class Trigger:
    """`person` is the user id; `view_id` is set where the trigger came from inside a modal."""

    person: str
    expires: float
    view_id: str = ""
    used: bool = False


class Triggers:
    def __init__(self, clock: Clock, dice: random.Random) -> None:
        self._clock = clock
        self._dice = dice
        self._given: dict[str, Trigger] = {}

    def new(self, person: str, view_id: str = "") -> str:
        """Make a trigger. A quick clock leaves the app at least one real second, which is what computing takes."""
        seconds = max(LIFETIME, self._clock.speed)
        name = f"{len(self._given) + 1}.{self._dice.randrange(10**12)}.{self._dice.getrandbits(128):032x}"
        self._given[name] = Trigger(person, self._clock.now() + seconds, view_id)
        return name

    def look(self, name: str) -> Trigger:
        """Give a trigger that may be used; refuse in Slack's three words."""
        trigger = self._given.get(name)
        if trigger is None:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if self._clock.now() > trigger.expires:
            raise Refusal("expired_trigger_id")
        return trigger
