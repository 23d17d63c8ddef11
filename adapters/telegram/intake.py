"""What is done with one update, whichever way it came: read it, hand it to the engine, show what comes back."""

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from adapters.telegram.inbound import (
    GenerationStopped,
    Identity,
    Incoming,
    Json,
    event_id,
    is_accessible,
    message_in,
    read,
)
from adapters.telegram.messenger import TelegramMessenger
from adapters.telegram.waiting import Backoff
from bot.engine.background import Background
from bot.engine.budgets import Urgency
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import DeliveryError, PlatformUnavailable, RateLimited, StorageUnavailable
from bot.engine.incoming import Command, Edited, IncomingMessage, Press, TitleChange
from bot.engine.pacing import Pacer
from bot.engine.ports import Clock, Kind
from bot.engine.posts import Post, Reaction

_log = structlog.get_logger(__name__)

_PATIENCE = 3  # further tries to change a pressed message


class Engine(Protocol):
    """What the adapter needs of the engine. Every call returns after the commit and before slow work."""

    async def accept(self, message: IncomingMessage) -> Post | None: ...
    async def edited(self, edit: Edited) -> Post | None: ...
    async def command(self, command: Command) -> Post | None: ...
    async def press(self, press: Press) -> Reaction: ...
    async def title_changed(self, change: TitleChange) -> None: ...
    async def put_aside(self, event_id: str, problem: str) -> None: ...
    async def stop(self, key: ChatKey, event_id: str | None = None) -> None: ...
    def show(self, key: ChatKey, post: Post, reply_to: str | None = None) -> None: ...


class Intake:
    """Takes updates in, one call each. Returning means: committed, or nothing to commit."""

    def __init__(
        self,
        engine: Engine,
        messenger: TelegramMessenger,
        me: Identity,
        background: Background,
        clock: Clock,
        pacer: Pacer,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._pacer = pacer
        self._messenger = messenger
        self._me = me
        self._background = background

    async def take(self, update: Json) -> None:
        """Handle one update; a broken one is put aside by its id. Raises StorageUnavailable: not received."""
        try:
            await self._handle(update)
        except StorageUnavailable:
            raise
        except Exception as error:
            _log.exception("telegram_update_put_aside", update_id=update["update_id"])
            await self._put_aside(update, error)

    async def _handle(self, update: Json) -> None:
        if (membership := update.get("my_chat_member")) is not None:
            _log_membership(membership)
        incoming = read(update, self._me)
        if (seen := message_in(update)) is not None:
            self._messenger.ids.note(*seen)
        if isinstance(incoming, Press):
            await self._press(incoming, update["callback_query"])
        elif (query := update.get("callback_query")) is not None:
            self._answer(query["id"], None)
        else:
            await self._pass_on(incoming)

    async def _pass_on(self, incoming: Incoming | None) -> None:
        match incoming:
            case IncomingMessage(ref=ref):
                self._show(ref.key, await self._engine.accept(incoming), ref.id)
            case Command(key=key, source=source):
                self._show(key, await self._engine.command(incoming), source)
            case Edited(ref=ref):
                self._show(ref.key, await self._engine.edited(incoming), ref.id)
            case TitleChange():
                await self._engine.title_changed(incoming)
            case GenerationStopped(event_id=event, key=key, draft=draft):
                if self._messenger.drafts.note_stop(draft, event):
                    await self._engine.stop(key, event)

    def _show(self, key: ChatKey, post: Post | None, reply_to: str | None) -> None:
        if post is not None:
            self._engine.show(key, post, reply_to)

    async def _press(self, press: Press, query: Json) -> None:
        """Let the engine decide; a message that is out of reach can only be answered by a note."""
        reaction = await self._engine.press(press)
        face = reaction.replace if is_accessible(query["message"]) else None
        self._background.start(self._react(press, query["id"], reaction.note, face), f"react {press.event_id}")

    async def _react(self, press: Press, query_id: str, note: str | None, face: Post | None) -> None:
        await self._messenger.answer(query_id, note)
        if face is None:
            return
        try:
            await self._change(MessageRef(press.key, press.message_id), face)
        except DeliveryError as error:
            _log.warning("telegram_press_not_shown", event_id=press.event_id, problem=str(error))

    async def _change(self, ref: MessageRef, face: Post) -> None:
        """Edit, and wait as long as Telegram asks: buttons that are over must not stay. Doing it twice does no harm."""
        backoff = Backoff()
        for _ in range(_PATIENCE):
            try:
                return await self._change_once(ref, face)
            except RateLimited:
                continue
            except PlatformUnavailable as error:
                await self._clock.sleep(backoff.after(error))
        return await self._change_once(ref, face)

    async def _change_once(self, ref: MessageRef, face: Post) -> None:
        budgets = self._messenger.budgets(ref.key, Kind.EDIT)
        await self._pacer.turn(budgets, Urgency.FIRST)
        try:
            await self._messenger.edit(ref, face)
        except RateLimited as limited:
            await self._pacer.close(budgets, limited.retry_after, refused=True)
            raise

    def _answer(self, query_id: str, note: str | None) -> None:
        self._background.start(self._messenger.answer(query_id, note), f"answer {query_id}")

    async def _put_aside(self, update: Json, error: Exception) -> None:
        try:
            await self._engine.put_aside(event_id(update, self._me), type(error).__name__)
        except StorageUnavailable:
            raise
        except Exception:
            _log.exception("telegram_update_dropped", update_id=update["update_id"])
        query = update.get("callback_query")
        if isinstance(query, Mapping) and isinstance(query.get("id"), str):
            self._answer(query["id"], None)


def _log_membership(membership: Mapping[str, Any]) -> None:
    status, chat = membership["new_chat_member"]["status"], membership["chat"]["id"]
    _log.info("telegram_membership", chat=chat, status=status)
