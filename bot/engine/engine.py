"""The core: what people do goes in here, in no platform's shape; turns and posts come out."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import structlog

from bot.engine import texts
from bot.engine.access import AccessList
from bot.engine.background import Background
from bot.engine.branches import Branches
from bot.engine.changes import Changes, Watcher
from bot.engine.chat_lists import ChatLists, ListView, Refusal
from bot.engine.chats import Author, Chat, ChatKey, MessageRef, TitleSource
from bot.engine.commands import Commands
from bot.engine.delivery import Delivery
from bot.engine.exports import Exports
from bot.engine.incoming import Command, Edited, IncomingMessage, Press, Removed, TitleChange
from bot.engine.operations import LONGEST_TITLE, Operations
from bot.engine.outbox import Outbox
from bot.engine.ports import Clock, Storage, TurnQueue, UnitOfWork
from bot.engine.posts import Action, Button, Post, Reaction
from bot.engine.preferences import PreferenceCases
from bot.engine.presses import Presses
from bot.engine.sidebar import Sidebar
from bot.engine.turns import Turn
from bot.engine.waiting import WaitingSigns

log = structlog.get_logger()

LONGEST_QUESTION = 50_000
"""Characters; a Slack message has at most 40,000, a Telegram message 4,096."""

NEWEST_CHECKED = 5_000
"""Messages that are checked for being found, once an hour."""

EVENTS_ARE_KEPT = timedelta(days=3)
"""Platforms repeat an event for a day at most (Slack's delayed events, Telegram's queue)."""


class Engine:
    """The use cases. Each returns after its commit and before slow work, so that the platform can be told "received".

    Each raises StorageUnavailable where nothing could be stored: then the platform is told nothing and repeats.
    """

    def __init__(
        self,
        storage: Storage,
        queue: TurnQueue,
        deliveries: Mapping[str, Delivery],
        clock: Clock,
        background: Background,
        outbox: Outbox,
        signs: WaitingSigns,
        access: Mapping[str, AccessList],
        models: Sequence[str] = ("",),
    ) -> None:
        self._storage = storage
        self._deliveries = deliveries
        self._background = background
        self._access = access
        self._changes = Changes()
        self._operations = Operations(queue, deliveries, clock, outbox, signs, self._changes)
        self._lists = ChatLists(deliveries)
        self._preferences = PreferenceCases(models)
        branches = Branches(self._operations, storage, deliveries)
        exports = Exports(self._operations, storage, deliveries, background, self.show)
        cases = (self._operations, self._lists, self._preferences, exports, branches)
        self._commands = Commands(*cases, storage, deliveries)
        self._presses = Presses(*cases, storage)

    async def accept(self, message: IncomingMessage) -> Post | None:
        """Store the message as a turn of its chat; a post to show at once where it cannot be one."""
        key, now = message.ref.key, self._operations.now()
        allowed = self._allows(key, message.author)
        async with self._storage() as work:
            chat = await work.chats.current(key)
            listens_in = not message.addressed
            if listens_in and (chat is None or not allowed or not texts.clean(message.text)):
                return None
            if not await work.events.claim(message.event_id, now):
                return None
            if allowed and (renamed := await self._take_title(work, message)) is not None:
                await work.commit()
                return renamed
            refusal = _refusal(message) if allowed else texts.NOT_ALLOWED(message.author.language)
            if refusal is None:
                chat = chat or await work.chats.add(key, message.author.id, now)
                text = texts.clean(message.text)
                await self._operations.ask(work, chat, text, message.author, message.ref.id)
            await work.commit()
        return None if refusal is None else Post(refusal)

    async def _take_title(self, work: UnitOfWork, message: IncomingMessage) -> Post | None:
        """What the person was asked for by the message that they reply to; None where they were asked for nothing."""
        asked = MessageRef(message.ref.key, message.reply_to)
        chat = await work.chats.awaited_title(asked, message.author.id) if message.reply_to else None
        if chat is None:
            return None
        language = message.author.language
        try:
            await self._operations.check_may_manage(work, chat, message.author)
            title = await self._operations.rename(work, chat, message.text)
        except Refusal as refusal:
            return Post(refusal.told(language))
        return Post(texts.RENAMED_OTHER(language, title=texts.escape(title)))

    async def edited(self, edit: Edited) -> Post | None:
        """Answer a question anew that its author has changed; a post to show at once where that cannot be."""
        text = texts.clean(edit.text)
        if not self._allows(edit.ref.key, edit.author) or not 0 < len(text) <= LONGEST_QUESTION:
            return None
        async with self._storage() as work:
            turn = await work.turns.asked_in(edit.ref.key, edit.ref.id)
            if turn is None or turn.question.author is None or turn.question.author.id != edit.author.id:
                return None
            if text == turn.question.content or not await work.events.claim(edit.event_id, self._operations.now()):
                return None
            post = await self._reworded(work, turn, text, edit.author.language)
            await work.commit()
        return post

    async def removed(self, removal: Removed) -> None:
        """Forget a question that was deleted on the platform, with what was answered to it."""
        async with self._storage() as work:
            turn = await work.turns.asked_in(removal.ref.key, removal.ref.id)
            chat = await work.chats.get(turn.chat_id) if turn is not None else None
            if turn is None or chat is None:
                return
            if await work.events.claim(removal.event_id, self._operations.now()):
                await self._operations.forget(work, chat, turn)
            await work.commit()

    async def _reworded(self, work: UnitOfWork, turn: Turn, text: str, language: str) -> Post | None:
        """Ask anew, or offer to do so in a branch where the chat went on from the old question."""
        if not turn.untouched and not await self._operations.is_newest(work, turn):
            await work.turns.note_edit(turn, text)
            button = Button(texts.BRANCH_HERE(language), Action.BRANCH_EDIT, turn.id)
            return Post(texts.EDITED_EARLIER(language), ((button,),))
        chat = await work.chats.get(turn.chat_id)
        try:
            if chat is not None:
                await self._operations.reword(work, chat, turn, text)
        except Refusal as refusal:
            return Post(refusal.told(language))
        return None

    async def command(self, command: Command) -> Post | None:
        """Carry out a command; the post that answers it, None for a repeat or where the effect speaks for itself."""
        if not self._allows(command.key, command.author):
            return Post(texts.NOT_ALLOWED(command.author.language))
        return await self._commands.run(command)

    async def press(self, press: Press) -> Reaction:
        """Carry out a pressed button; forged or outdated data leads to a note and changes nothing."""
        if not self._allows(press.key, press.author):
            return Reaction(texts.NOT_ALLOWED(press.author.language))
        reaction = await self._presses.run(press)
        if reaction.prompt is not None:
            self.show(press.key, reaction.prompt)
        return reaction

    async def sidebar(self, place: ChatKey, author: Author, view: ListView, size: int) -> Sidebar | None:
        """A page of the person's chats around `place`, so many of them; None for whom may not use the bot there."""
        if not self._allows(place, author):
            return None
        async with self._storage() as work:
            page = await self._lists.page(work, place, author.id, view, size)
            wish = await work.chats.preferred(place, author.id)
        choices, model = self._preferences.choices(), self._preferences.model_of(wish)
        chosen = next(number for number, choice in enumerate(choices) if choice.label == model)
        return Sidebar(page, choices, chosen, wish.instructions)

    def watch(self, watcher: Watcher) -> None:
        """Have it told of every change to a chat that its people would see in their lists."""
        self._changes.watch(watcher)

    async def title_changed(self, change: TitleChange) -> None:
        """Take over a title that a person gave by the platform's own means."""
        title = texts.one_line(change.title, LONGEST_TITLE)
        async with self._storage() as work:
            chat = await work.chats.current(change.key)
            fresh = await work.events.claim(change.event_id, self._operations.now())
            if fresh and title and chat is not None and chat.title != title:
                await work.chats.rename(chat.id, title, TitleSource.PLATFORM)
                self._changes.note(work, chat.key)
            await work.commit()

    async def stop(self, key: ChatKey, event_id: str | None = None) -> None:
        """The platform's own Stop: end the answer that is being written here; a repeat of the event ends no other."""
        async with self._storage() as work:
            fresh = event_id is None or await work.events.claim(event_id, self._operations.now())
            chat = await work.chats.current(key) if fresh else None
            if chat is not None:
                with suppress(Refusal):
                    await self._operations.stop(work, chat)
            await work.commit()

    async def chat_at(self, key: ChatKey) -> Chat | None:
        """The chat that gets new messages at this place."""
        async with self._storage() as work:
            return await work.chats.current(key)

    async def put_aside(self, event_id: str, problem: str) -> None:
        """Store that this event was broken, with what is wrong with it, so that it does not block those behind it."""
        log.error("event_put_aside", event_id=event_id, problem=problem)
        async with self._storage() as work:
            await work.events.put_aside(event_id, problem, self._operations.now())
            await work.commit()

    def show(self, key: ChatKey, post: Post, reply_to: str | None = None) -> None:
        """Post in the background, at the place's pace, remembered with the chat that lives there."""
        place = post.place or key
        self._background.start(self._show(place, post, reply_to if place == key else None), "show-post")

    async def forget_old_events(self) -> None:
        """Drop what is too old to be repeated."""
        async with self._storage() as work:
            await work.events.forget(self._operations.now() - EVENTS_ARE_KEPT)
            await work.commit()

    async def complete_search(self) -> None:
        """Have found what a process of an older version stored, which knows no search and may run beside this one."""
        async with self._storage() as work:
            await work.search.catch_up(NEWEST_CHECKED)
            await work.commit()

    async def _show(self, key: ChatKey, post: Post, reply_to: str | None) -> None:
        refs = await self._deliveries[key.platform].send(key, post, reply_to)
        async with self._storage() as work:
            chat = await work.chats.current(key)
            if chat is not None:
                for ref in refs:
                    await work.chats.add_post(chat.id, ref.id)
            if post.awaits is not None:
                await work.chats.asked_for_title(refs[-1], post.awaits)
            await work.commit()

    def _allows(self, key: ChatKey, author: Author) -> bool:
        return self._access.get(key.platform, AccessList()).allows(key, author)


def _refusal(message: IncomingMessage) -> str | None:
    """Why this is no question, in a sentence for the person."""
    text, language = texts.clean(message.text), message.author.language
    if not text:
        return texts.NO_FILES(language) if message.attachments else texts.EMPTY(language)
    if len(text) > LONGEST_QUESTION:
        return texts.TOO_LONG(language, length=len(text), limit=LONGEST_QUESTION)
    return None
