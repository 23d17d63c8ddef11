"""Whatever happens to a turn queue, it loses nothing, doubles nothing at once, and keeps the order of each chat."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.chats import ChatKey
from bot.engine.ports import Claim, Storage, TurnQueue
from bot.engine.testing import FakeClock, MemoryStorage, MemoryTurnQueue
from bot.engine.turns import Turn, TurnStatus
from storage import EmbeddedTurnQueue
from tests.contracts.handlers import cancel
from tests.contracts.samples import ANN, NOW, add_chat

CHATS = 3
QUEUES: dict[str, Callable[[Storage], TurnQueue]] = {
    "memory": MemoryTurnQueue,
    "embedded": lambda storage: EmbeddedTurnQueue(storage, FakeClock(), max_running=2),
}


@dataclass
class Life:
    """A storage that outlives the processes on it, and what their handlers saw."""

    make_queue: Callable[[Storage], TurnQueue]
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    turns: list[Turn] = field(default_factory=list)
    running: dict[int, Claim] = field(default_factory=dict)
    gates: dict[int, asyncio.Event] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)

    async def begin(self) -> None:
        self.queue = self.make_queue(self.storage)
        self.serving = asyncio.create_task(self.queue.run(self.handle))
        await self.settle()

    async def handle(self, claim: Claim) -> None:
        chat_id = next(turn.chat_id for turn in self.turns if turn.id == claim.turn_id)
        assert chat_id not in self.running, "two turns of one chat at once"
        self.running[chat_id] = claim
        try:
            await self.gates.setdefault(claim.turn_id, asyncio.Event()).wait()
            async with self.storage() as work:
                started = await work.turns.start(claim.turn_id)
                assert started is not None
                await work.turns.end(started.turn, TurnStatus.DONE, "", None, NOW)
                await work.turns.mark_shown(started.turn)
                await work.commit()
            self.ended.append(claim.turn_id)
        finally:
            del self.running[chat_id]

    async def put(self, chat: int, committed: bool = True) -> None:
        async with self.storage() as work:
            turn = await work.turns.ask(chat, "Why?", ANN, None, NOW)
            await self.queue.put(work, turn)
            if committed:
                self.turns.append(turn)
                await work.commit()

    async def put_and_change_their_mind(self, chat: int) -> None:
        await self.put(chat, committed=False)

    async def put_again(self, chat: int) -> None:
        for turn in self.turns:
            if turn.chat_id == chat:
                async with self.storage() as work:
                    await self.queue.put(work, turn)
                    await work.commit()

    async def finish(self, chat: int) -> None:
        if chat in self.running:
            self.gates[self.running[chat].turn_id].set()

    async def cancel(self, chat: int) -> None:
        claim = self.running.get(chat)
        await cancel(self.storage, self.queue, chat)
        assert claim is None or claim.stop.is_set()

    async def crash(self, _: int = 0) -> None:
        self.serving.cancel()
        await asyncio.wait({self.serving})
        assert self.running == {}
        await self.begin()

    async def restart(self, _: int = 0) -> None:
        await self.queue.stop(0)
        await self.serving
        assert self.running == {}
        await self.begin()

    async def finish_everything(self) -> None:
        for _ in self.turns:
            for chat in list(self.running):
                await self.finish(chat)
            await self.settle()
        await self.queue.stop(0)
        await self.serving

    async def settle(self) -> None:
        """Let everything happen that waits for nothing but its turn."""
        for _ in range(20):
            await asyncio.sleep(0)


STEPS = [Life.put, Life.put, Life.put, Life.put_and_change_their_mind, Life.put_again, Life.finish, Life.finish]
FURTHER_STEPS = [Life.cancel, Life.crash, Life.restart]
steps = st.tuples(st.sampled_from([*STEPS, *FURTHER_STEPS]), st.integers(1, CHATS))
Steps = list[tuple[Callable[[Life, int], "asyncio.Future[None]"], int]]


async def live_through(life: Life, todo: Steps) -> None:
    for number in range(CHATS):
        await add_chat(life.storage, ChatKey("slack", "T1", "C1", str(number)))
    await life.begin()
    for step, chat in todo:
        await step(life, chat)
        await life.settle()
    await life.finish_everything()


@pytest.mark.parametrize("kind", QUEUES)
@given(todo=st.lists(steps, min_size=5, max_size=40))
@settings(max_examples=60, deadline=None)
def test_every_committed_turn_is_done_and_each_chat_keeps_its_order(kind: str, todo: Steps) -> None:
    life = Life(QUEUES[kind])
    asyncio.run(live_through(life, todo))
    first_ends = list(dict.fromkeys(life.ended))
    for chat in range(1, CHATS + 1):
        asked = [turn.id for turn in life.turns if turn.chat_id == chat]
        assert [turn_id for turn_id in first_ends if turn_id in asked] == asked
