"""What is done about Slack's events. Each is told "received" after the engine has committed."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from adapters.slack import inbound
from adapters.slack.api import WebApi
from adapters.slack.config import Identity
from adapters.slack.home import HomeTabs
from adapters.slack.inbound import Payload, Said
from adapters.slack.messenger import SlackMessenger
from adapters.slack.order import Order
from adapters.slack.people import People
from adapters.slack.ports import Engine
from adapters.slack.side_calls import SideCalls
from bot.engine.background import Background
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import DeliveryError, StorageUnavailable
from bot.engine.incoming import IncomingMessage
from bot.engine.ports import Clock
from bot.engine.posts import Post
from bot.engine.recent import Recent

LOOK = 0.25
LOOKS = 6
"""How often, and after how many seconds each, a new thread is looked at again: longer than an event waits for names,
and shorter than the three seconds that Slack waits."""

PATIENCE = 1.0
"""Seconds that the look into a thread may wait for its turn: Slack waits three for the answer to its delivery."""

REPEATED = 300.0
"""Seconds for which Slack is asked to repeat a reply whose thread's first message is missing; it repeats its own at
once, after a minute and after five. Later the first message is given up, and the reply with it."""

log = structlog.get_logger()
Handler = Callable[[Payload], Awaitable[None]]


class Events:
    """Takes in events by their type; the many others that Slack has are received and left alone."""

    def __init__(
        self,
        engine: Engine,
        me: Identity,
        api: WebApi,
        messenger: SlackMessenger,
        side_calls: SideCalls,
        people: People,
        background: Background,
        clock: Clock,
        home: HomeTabs,
    ) -> None:
        self._engine = engine
        self._me = me
        self._api = api
        self._messenger = messenger
        self._side_calls = side_calls
        self._people = people
        self._background = background
        self._clock = clock
        self._home = home
        self._order = Order()
        self._looks: dict[ChatKey, asyncio.Task[None]] = {}
        self._stops: Recent[str, bool] = Recent()
        self.removed: str | None = None
        self._handlers: dict[str, Handler] = {
            "message": self._message,
            "app_mention": self._message,
            "app_home_opened": self._home_opened,
            "agent_session_title_changed": self._title_changed,
            "agent_session_stopped": self._stopped,
            "app_uninstalled": self._removal,
            "tokens_revoked": self._removal,
        }

    async def take(self, body: Payload) -> None:
        handler = self._handlers.get(str(body["event"].get("type")))
        if handler is not None:
            await handler(body)

    async def _message(self, body: Payload) -> None:
        removal = inbound.removed(body, self._me)
        if removal is not None:
            async with self._order.at(removal.ref.key):
                await self._engine.removed(removal)
        elif body["event"].get("subtype") == "message_changed":
            await self._edited(body)
        else:
            await self._written(body)

    async def _written(self, body: Payload) -> None:
        """One after the other in each thread: Slack's deliveries run side by side.

        Whoever writes on right behind a mention needs no mention only once the chat is stored.
        """
        event = body["event"]
        said = inbound.said(event, self._me, {})
        if said is not None:
            await self._let_the_mention_pass(said.message)
            async with self._order.at(said.message.ref.key):
                await self._take_message(event, said.message)

    async def _edited(self, body: Payload) -> None:
        message = inbound.changed(body, self._me)
        if message is None:
            return
        ref = inbound.ref_of(message, self._me)
        async with self._order.at(ref.key):
            if await self._engine.chat_at(ref.key) is None:
                return
            people = await self._people.profiles(inbound.people_in(message))
            edit = inbound.edited(body, message, self._me, people)
            post = None if edit is None else await self._engine.edited(edit)
            if post is not None:
                self._engine.show(ref.key, post, ref.id)

    async def _take_message(self, event: Payload, message: IncomingMessage) -> None:
        # Names are asked for only where we take part: in a busy channel most messages are not for us.
        if not await self._is_ours(message):
            return
        said = inbound.said(event, self._me, await self._people.profiles(inbound.people_in(event)))
        if said is not None:
            self._messenger.note_asker(said.message.ref, inbound.asker(event, self._me))
            post = await self._carried_out(said)
            if post is not None:
                self._engine.show(said.message.ref.key, post, said.message.ref.id)

    async def _is_ours(self, message: IncomingMessage) -> bool:
        """Whether the message is for us, or stands where a chat lives."""
        return message.addressed or await self._engine.chat_at(message.ref.key) is not None

    async def _let_the_mention_pass(self, message: IncomingMessage) -> None:
        """In a thread that has just begun, wait a little for the chat: its mention may come over another connection.

        The line of the thread is free meanwhile; whoever waits goes on in the order of coming, for all of a thread
        wait for the same looks. Raises StorageUnavailable where the thread began with a question to us that nobody has
        stored yet, for its delivery was lost: Slack repeats both then.
        """
        if message.addressed or not inbound.thread_is_fresh(message.ref):
            return
        key = message.ref.key
        if key not in self._looks:
            self._looks[key] = asyncio.create_task(self._look_for_chat(message.ref), name=f"slack-look-{key.thread}")
            self._looks[key].add_done_callback(lambda _: self._looks.pop(key))
        await asyncio.shield(self._looks[key])

    async def _look_for_chat(self, ref: MessageRef) -> None:
        for _ in range(LOOKS):
            if await self._engine.chat_at(ref.key) is not None:
                return
            await self._clock.sleep(LOOK)
        is_new = self._clock.now() - float(ref.id) < REPEATED
        if is_new and await self._began_with_a_question(ref.key):
            raise StorageUnavailable("the question that began this thread is not stored yet")

    async def _began_with_a_question(self, key: ChatKey) -> bool:
        """Whether the thread's first message asks us; where Slack does not tell, it counts as talk among others."""
        try:
            first = partial(self._api.read, "conversations.replies", channel=key.channel, ts=key.thread, limit=1)
            answer = await self._side_calls.make("conversations.replies", first, PATIENCE)
        except DeliveryError as error:
            log.debug("slack_thread_not_read", reason=str(error))
            return False
        found = inbound.first_of(answer.get("messages"), key, self._me)
        return found is not None and found.message.addressed and not found.certain

    async def _carried_out(self, said: Said) -> Post | None:
        """The command where it is one; where no chat lives, "rename …" is a sentence like any other."""
        if said.command is not None and (said.certain or await self._engine.chat_at(said.command.key)):
            return await self._engine.command(said.command)
        return await self._engine.accept(said.message)

    async def _home_opened(self, body: Payload) -> None:
        """The person's language and clock are asked for; where that takes long, the tab opens without."""
        person = str(body["event"]["user"])
        known = await self._people.profiles([person])
        if (opened := inbound.home_opened(body, self._me, known.get(person))) is not None:
            self._home.opened(*opened)

    async def _title_changed(self, body: Payload) -> None:
        change = inbound.title_change(body, self._me)
        if change is not None:
            await self._engine.title_changed(change)

    async def _stopped(self, body: Payload) -> None:
        key = inbound.session_place(body["event"], self._me)
        event_id = inbound.event_id(body) or ""
        self._messenger.note_over(key, inbound.ended_streams(body["event"]))
        await self._engine.stop(key, event_id)
        if event_id in self._stops:  # delivered again: by now the session may be that of the next answer
            return
        self._stops.note(event_id, True)
        self._background.start(self._messenger.end_session(key), f"slack-idle-{key.channel}-{key.thread}")

    async def _removal(self, body: Payload) -> None:
        self.removed = inbound.removal(body["event"], self._me) or self.removed
