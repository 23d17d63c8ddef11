"""Everything between a platform's event and a platform's message, as one process of the service has it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime
from itertools import count

from sqlalchemy import select

from bot.engine.answering import Answering, Memory
from bot.engine.background import Background
from bot.engine.chats import Author, ChatKey, MessageRef, TitleSource
from bot.engine.delivery import Delivery, end_task
from bot.engine.engine import Engine
from bot.engine.incoming import IncomingMessage
from bot.engine.outbox import Outbox
from bot.engine.pacing import Pacer
from bot.engine.ports import Claim, Clock, TurnQueue
from bot.engine.replies import Finish, ModelMessage, ReplyEvent, TextDelta, Usage
from bot.engine.testing import MemoryMessenger
from bot.engine.titles import Titler
from bot.engine.waiting import WaitingSigns
from bot.service.clock import SystemClock
from bot.service.metrics import PrometheusMeter
from bot.service.wiring import open_ledger
from storage import Database, EmbeddedTurnQueue, ProcrastinateTurnQueue, open_database
from storage.procrastinate_heartbeat import Timing
from storage.tables import messages, turns
from storage.unit_of_work import SqlUnitOfWork

PLATFORM = "memory"
ANN = Author("U1", "Ann")
QUESTION = "What is an answer?"
FOR_EVER = "Go on for ever."
"""A question that the model does not stop answering."""

ANSWER = ("An answer is given in a few pieces, ", "as models do, ", "and it is long enough ", "to be shown at once.")


class InstantModel:
    """Port `LLM`: answers at once, and tells the diary where it was asked not to end."""

    def __init__(self, diary: "Diary") -> None:
        self._diary = diary

    async def stream(
        self, messages: Sequence[ModelMessage], *, max_tokens: int | None = None
    ) -> AsyncGenerator[ReplyEvent]:
        for piece in ANSWER:
            yield TextDelta(piece)
        if messages[-1].content == FOR_EVER:
            self._diary.note(self._diary.held, len(self._diary.held))
            await asyncio.Event().wait()
        yield Usage(20, 20)
        yield Finish()


class Diary:
    """When turns began, ended, and were told to stop here, in seconds of the machine's monotonic clock.

    `held` has an entry for each answer that does not end, by its number.
    """

    def __init__(self) -> None:
        self.began: dict[int, float] = {}
        self.ended: dict[int, float] = {}
        self.told: dict[int, float] = {}
        self.held: dict[int, float] = {}
        self._news = asyncio.Event()

    def note(self, what: dict[int, float], turn_id: int) -> None:
        what[turn_id] = time.monotonic()
        self._news.set()

    async def until(self, seen: Callable[[], bool]) -> None:
        """Wait until it is so; asked after every note."""
        while not seen():
            self._news.clear()
            await self._news.wait()


class Bot:
    """The real engine, queue and answering on a database; the platform and the model take and give at once."""

    def __init__(self, url: str, timing: Timing) -> None:
        self._clock: Clock = SystemClock()
        self.database = open_database(url)
        self.queue = _queue(self.database, self._clock, timing)
        self._ledger = open_ledger(self.database, self._clock)
        self.diary = Diary()
        storage, background, model = self.database.storage, Background(), InstantModel(self.diary)
        deliveries = {PLATFORM: Delivery(MemoryMessenger(PLATFORM), Pacer(self._ledger, self._clock), self._clock)}
        outbox = Outbox(storage, deliveries, self._clock)
        signs = WaitingSigns(storage, deliveries, background)
        titler = Titler(model, storage, outbox, deliveries, self._clock, background)
        memory = Memory("Be kind.", 8_000, len)
        self.engine = Engine(storage, self.queue, deliveries, self._clock, background, outbox, signs, {})
        counting = (self._clock, PrometheusMeter(), memory)
        self._answering = Answering(model, titler, storage, deliveries, *counting, outbox, signs)
        self._serving: asyncio.Task[None] | None = None
        self._numbers = count(1)

    def serve(self) -> None:
        self._serving = asyncio.create_task(self.queue.run(self._handle), name="turns")

    async def close(self) -> None:
        await self.queue.stop(0)
        if self._serving is not None:
            await end_task(self._serving)
        await self._ledger.aclose()
        await self.database.close()

    async def open_chats(self, channel: str, number: int) -> list[ChatKey]:
        """Chats that have a title already, so that a turn is nothing but a turn."""
        keys = [place(channel, each) for each in range(number)]
        async with self.database.storage() as work:
            for key in keys:
                chat = await work.chats.add(key, ANN.id, datetime.now(UTC))
                await work.chats.rename(chat.id, "A chat", TitleSource.PERSON)
            await work.commit()
        return keys

    async def say(self, key: ChatKey, text: str = QUESTION) -> str:
        """Have a person ask; the name of the message, which its turn remembers as its source."""
        name = f"{key.channel}-{next(self._numbers)}"
        await self.engine.accept(IncomingMessage(name, MessageRef(key, name), ANN, text))
        return name

    async def turn_of(self, message: str) -> int:
        """The number of the turn that began with this message."""
        async with self.database.storage() as work:
            assert isinstance(work, SqlUnitOfWork)
            query = select(turns.c.id).join(messages, messages.c.id == turns.c.question_id)
            found = await work.sql.value(query.where(messages.c.source == message))
        assert found is not None
        return int(found)

    async def _handle(self, claim: Claim) -> None:
        self.diary.note(self.diary.began, claim.turn_id)
        told = asyncio.create_task(self._note_stop(claim))
        try:
            await self._answering.answer(claim)
        finally:
            told.cancel()
            self.diary.note(self.diary.ended, claim.turn_id)

    async def _note_stop(self, claim: Claim) -> None:
        await claim.stop.wait()
        self.diary.note(self.diary.told, claim.turn_id)


def place(channel: str, number: int) -> ChatKey:
    return ChatKey(PLATFORM, "w", channel, str(number))


def _queue(database: Database, clock: Clock, timing: Timing) -> TurnQueue:
    """The queue that the service would take, with another timing where leases are too long for a test."""
    if database.on_postgres:
        return ProcrastinateTurnQueue(database, clock, timing)
    return EmbeddedTurnQueue(database.storage, clock)
