"""The whole engine over fakes, with one hand on each of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

from bot.engine.access import AccessList
from bot.engine.answering import Answering, Memory
from bot.engine.background import Background
from bot.engine.chats import Author, Chat, ChatKey, Message, MessageRef
from bot.engine.delivery import Delivery, end_task
from bot.engine.engine import Engine
from bot.engine.incoming import Command, Edited, IncomingMessage, Press
from bot.engine.ledger import LocalLedger
from bot.engine.outbox import Outbox
from bot.engine.pacing import Pacer
from bot.engine.posts import Button, Post, Reaction
from bot.engine.testing import FakeClock, MemoryMessenger, MemoryStorage, ScriptedLLM
from bot.engine.titles import Titler
from bot.engine.turns import Turn, TurnStatus
from bot.engine.waiting import WaitingSigns
from storage import EmbeddedTurnQueue

ANN, BOB, EVE = Author("U1", "Ann"), Author("U2", "Bob"), Author("U3", "Eve")
HERE = ChatKey("memory", "w", "c", "1")


class CountingMeter:
    """Port Meter: keeps what it is told."""

    def __init__(self) -> None:
        self.turns: list[tuple[str, TurnStatus]] = []
        self.first_texts: list[float] = []

    def turn_ended(self, platform: str, status: TurnStatus, seconds: float) -> None:
        self.turns.append((platform, status))

    def first_text(self, platform: str, seconds: float) -> None:
        self.first_texts.append(seconds)

    def call(self, platform: str, method: str, outcome: str) -> None:
        """Calls are counted by the real adapters only."""


class World:
    def __init__(
        self,
        storage: MemoryStorage | None = None,
        budget: int = 1000,
        page_size: int = 4000,
        models: Sequence[str] = ("everyday",),
    ) -> None:
        self.storage = storage or MemoryStorage()
        self.clock = FakeClock()
        self.llm = ScriptedLLM()
        self.others = {name: ScriptedLLM() for name in models[1:]}
        self.title_llm = ScriptedLLM()
        self.messenger = MemoryMessenger(page_size=page_size)
        self.meter = CountingMeter()
        self.background = Background()
        self.queue = EmbeddedTurnQueue(self.storage, self.clock)
        self.access: dict[str, AccessList] = {}
        deliveries = {"memory": Delivery(self.messenger, Pacer(LocalLedger(self.clock), self.clock), self.clock)}
        self.outbox = Outbox(self.storage, deliveries, self.clock)
        self.titler = Titler(self.title_llm, self.storage, self.outbox, deliveries, self.clock, self.background)
        signs = WaitingSigns(self.storage, deliveries, self.background)
        memory = Memory("Be kind.", budget, lambda text: len(text.split()))
        counting = (self.clock, self.meter, memory)
        self.answering = Answering(
            self.llm, self.titler, self.storage, deliveries, *counting, self.outbox, signs, others=self.others
        )
        self.engine = Engine(
            self.storage, self.queue, deliveries, self.clock, self.background, self.outbox, signs, self.access, models
        )
        self._events = count(1)
        self._serving: list[asyncio.Task[None]] = []

    def serve(self) -> None:
        for job in (self.queue.run(self.answering.answer), self.outbox.run()):
            self._serving.append(asyncio.create_task(job))

    async def close(self) -> None:
        await self.background.close(0)
        for task in self._serving:
            await end_task(task)

    # what people do

    async def say(
        self, text: str, author: Author = ANN, key: ChatKey = HERE, *, event: str | None = None, addressed: bool = True
    ) -> Post | None:
        number = next(self._events)
        ref = MessageRef(key, f"m{number}")
        return await self.engine.accept(IncomingMessage(event or f"e{number}", ref, author, text, addressed))

    async def edit(
        self, message: str, text: str, author: Author = ANN, key: ChatKey = HERE, *, event: str | None = None
    ) -> Post | None:
        number = next(self._events)
        return await self.engine.edited(Edited(event or f"e{number}", MessageRef(key, message), author, text))

    async def command(
        self, name: str, argument: str = "", author: Author = ANN, key: ChatKey = HERE, *, private: bool = False
    ) -> Post | None:
        event = f"e{next(self._events)}"
        return await self.engine.command(Command(event, name, argument, key, author, private, "m0"))

    async def press(
        self,
        button: Button | str,
        author: Author = ANN,
        key: ChatKey = HERE,
        *,
        on: str | None = None,
        event: str | None = None,
    ) -> Reaction:
        """Press it on the message that has it, or else on one that is not there."""
        data = button if isinstance(button, str) else button.data
        posts = self.messenger.posts
        with_it = [i for i, post in posts.items() if data in {b.data for row in post.rows for b in row}]
        on = on or next(iter(with_it), "0")
        return await self.engine.press(Press(event or f"e{next(self._events)}", data, key, author, on))

    # what there is then

    async def settle(self) -> None:
        """Let everything go on until only time could move it."""
        await self.clock.settle()
        await self.clock.settle()

    async def quiet(self) -> None:
        """Let time pass until every turn has ended and every small job is done."""
        await self.settle()
        for _ in range(600):
            if not await self._waiting() and not self.background.busy:
                return
            await self.clock.advance(1)
        raise AssertionError("it never became quiet")

    async def _waiting(self) -> bool:
        async with self.storage() as work:
            return bool(await work.turns.waiting()) or bool(self.storage.rows.orders)

    async def chat(self, key: ChatKey = HERE) -> Chat | None:
        return await self.engine.chat_at(key)

    async def turns(self, key: ChatKey = HERE) -> list[Turn]:
        """Every turn of the chat that lives here, oldest first."""
        async with self.storage() as work:
            chat = await work.chats.current(key)
            found = [await work.turns.get(number) for number in self.storage.rows.turns]
        return [turn for turn in found if turn and chat and turn.chat_id == chat.id]

    async def last_turn(self, key: ChatKey = HERE) -> Turn:
        return (await self.turns(key))[-1]

    async def messages(self, key: ChatKey = HERE) -> list[Message]:
        found = [message for turn in await self.turns(key) for message in (turn.question, turn.answer) if message]
        return list({message.id: message for message in found}.values())

    def texts(self, key: ChatKey = HERE) -> list[str]:
        return self.messenger.texts(key)

    def button(self, label: str, key: ChatKey = HERE) -> Button:
        return next(button for button in self.messenger.buttons(key) if button.label == label)


@asynccontextmanager
async def open_world(world: World | None = None) -> AsyncIterator[World]:
    world = world or World()
    world.serve()
    try:
        yield world
    finally:
        await world.close()
