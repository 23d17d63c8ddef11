"""Ids and timestamps as Slack gives them out."""

import random

from playground.clock import Clock

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Ids:
    """Makes ids that are unique in the workspace; the same seed makes the same ones."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._given: set[str] = set()

    def new(self, prefix: str, length: int = 9) -> str:
        """Make an id with one of Slack's prefixes: T, A, B, U, C, D, G, F, Ev, V."""
        name = prefix + "0" + "".join(self._dice.choices(LETTERS, k=length))
        if name in self._given:
            return self.new(prefix, length)
        self._given.add(name)
        return name


class Stamps:
    """Gives out `ts` values, each later than the one before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def new(self) -> str:
        self._last = max(self._last + 100, int(self._clock.now() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
