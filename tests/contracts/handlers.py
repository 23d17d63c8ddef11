"""A handler of turns for the tests of turn queues."""

import asyncio
from collections.abc import Iterable

from bot.engine.ports import Claim, Storage, TurnQueue
from bot.engine.turns import Turn, TurnStatus
from tests.contracts.samples import NOW

PATIENCE = 10.0
"""Real seconds after which a test fails that waits for something to happen."""


class ShowingHandler:
    """Ends and shows every turn, tells what it does in `log`, and waits in the turns that a test holds."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._gates: dict[int, asyncio.Event] = {}
        self._doors: dict[int, asyncio.Event] = {}
        self._left: set[int] = set()
        self._errors: dict[int, BaseException] = {}
        self._slips: dict[int, BaseException] = {}
        self._logged = asyncio.Event()
        self.claims: dict[int, Claim] = {}
        self.log: list[tuple[str, int]] = []

    def hold(self, turn: Turn) -> asyncio.Event:
        """Wait in this turn until the event is set."""
        return self._gates.setdefault(turn.id, asyncio.Event())

    def linger(self, turn: Turn) -> asyncio.Event:
        """Show this turn, then wait until the event is set."""
        return self._doors.setdefault(turn.id, asyncio.Event())

    def leave_unshown(self, turn: Turn) -> None:
        """Do nothing in this turn."""
        self._left.add(turn.id)

    def fail(self, turn: Turn, error: BaseException | None) -> None:
        """Raise the error in this turn; none any more with None."""
        self._errors.pop(turn.id, None)
        if error is not None:
            self._errors[turn.id] = error

    def fail_once(self, turn: Turn, error: BaseException) -> None:
        """Raise the error when this turn is begun with for the first time."""
        self._slips[turn.id] = error

    async def __call__(self, claim: Claim) -> None:
        self.claims[claim.turn_id] = claim
        self._note("begin", claim.turn_id)
        try:
            await self._show(claim.turn_id)
        except asyncio.CancelledError:
            self._note("broken off", claim.turn_id)
            raise
        self._note("end", claim.turn_id)

    async def until(self, what: str, turn: Turn, times: int = 1) -> None:
        """Wait until the log says so."""
        async with asyncio.timeout(PATIENCE):
            while self.log.count((what, turn.id)) < times:
                self._logged.clear()
                await self._logged.wait()

    def ids(self, what: str) -> list[int]:
        return [turn_id for noted, turn_id in self.log if noted == what]

    async def _show(self, turn_id: int) -> None:
        if turn_id in self._gates:
            await self._gates[turn_id].wait()
        if turn_id in self._slips:
            raise self._slips.pop(turn_id)
        if turn_id in self._errors:
            raise self._errors[turn_id]
        if turn_id in self._left:
            return
        async with self._storage() as work:
            started = await work.turns.start(turn_id)
            assert started is not None
            await work.turns.end(started.turn, TurnStatus.DONE, "Because.", None, NOW)
            await work.turns.mark_shown(started.turn)
            await work.commit()
        if turn_id in self._doors:
            self._note("shown", turn_id)
            await self._doors[turn_id].wait()

    def _note(self, what: str, turn_id: int) -> None:
        self.log.append((what, turn_id))
        self._logged.set()


async def cancel(storage: Storage, queue: TurnQueue, chat_id: int) -> None:
    """Have the turn that runs in this chat told to stop."""
    async with storage() as work:
        await queue.cancel(work, chat_id)
        await work.commit()


def one_by_one(turns: Iterable[Turn]) -> list[tuple[str, int]]:
    """The log of a handler that does these turns in this order, one at a time."""
    return [(what, turn.id) for turn in turns for what in ("begin", "end")]
