"""What people type as commands."""

from collections.abc import Awaitable, Callable, Mapping

import structlog

from bot.engine import texts
from bot.engine.branches import Branches
from bot.engine.chat_lists import ChatLists, ListView, Refusal, choice, delete_question
from bot.engine.chat_search import ChatSearch, SearchView
from bot.engine.chats import Chat, ChatFilter, ChatKey
from bot.engine.delivery import Delivery
from bot.engine.errors import DeliveryError
from bot.engine.exports import Exports
from bot.engine.incoming import Command
from bot.engine.operations import CHOICES, Operations
from bot.engine.ports import Storage, UnitOfWork
from bot.engine.posts import Action, Button, Post
from bot.engine.preferences import PreferenceCases
from bot.engine.search import LONGEST_QUERY
from bot.engine.turns import Turn

log = structlog.get_logger()

Handler = Callable[[UnitOfWork, Command], Awaitable[Post | None]]


class Commands:
    """Carries out commands; each in one transaction, each event once."""

    def __init__(
        self,
        operations: Operations,
        lists: ChatLists,
        preferences: PreferenceCases,
        exports: Exports,
        branches: Branches,
        storage: Storage,
        deliveries: Mapping[str, Delivery],
    ) -> None:
        self._operations = operations
        self._lists = lists
        self._preferences = preferences
        self._exports = exports
        self._storage = storage
        self._deliveries = deliveries
        self._branches = branches
        self._searches = ChatSearch(lists)
        self._handlers: dict[str, Handler] = {
            "start": self._help,
            "help": self._help,
            "chats": self._chats,
            "search": self._search,
            "rename": self._rename,
            "delete": self._delete,
            "export": self._export,
            "stop": self._stop,
            "retry": self._retry,
            "model": self._model,
            "instructions": self._instructions,
        }

    async def run(self, command: Command) -> Post | None:
        """The post that answers the command; None for a repeated event, or where the effect speaks for itself."""
        if command.name == "new":
            return await self._new(command)
        if command.name == "branch":
            return await self._branch(command)
        async with self._storage() as work:
            if not await work.events.claim(command.event_id, self._operations.now()):
                return None
            try:
                post = await self._handlers.get(command.name, self._unknown)(work, command)
            except Refusal as refusal:
                post = Post(refusal.told(command.author.language))
            await work.commit()
        return post

    async def _new(self, command: Command) -> Post | None:
        """Begin a chat: in a place of its own where the platform has such, else here.

        The place is opened before the event is stored: a crash in between leaves an empty place, not a lost question.
        """
        key = await self._place_for_new(command)
        if key is None:
            return None
        if not self._deliveries[key.platform].messenger.holds_chats(key):
            return Post(texts.TRY_AGAIN(command.author.language))
        async with self._storage() as work:
            if not await work.events.claim(command.event_id, self._operations.now()):
                return None
            chat = await self._operations.begin_chat(work, key, command.author)
            await self._note_opening(work, command, chat)
            question = texts.clean(command.argument)
            if question:
                await self._operations.ask(work, chat, question, command.author, _quotable(command, chat))
            await work.commit()
        return self._begun(command, key, bool(question))

    async def _note_opening(self, work: UnitOfWork, command: Command, chat: Chat) -> None:
        """Remember the message that opened the chat's place: it goes when the chat does."""
        opening = self._deliveries[chat.key.platform].messenger.opening(chat.key)
        if chat.key != command.key and opening is not None:
            await work.chats.add_post(chat.id, opening)

    def _begun(self, command: Command, key: ChatKey, asked: bool) -> Post | None:
        """What is said of the new chat: the way there, where people are not led there by the platform."""
        language = command.author.language
        link = self._deliveries[key.platform].messenger.link(key) if key != command.key else None
        if link is not None:
            return Post(texts.BEGUN_ELSEWHERE(language), ((Button(texts.OPEN(language), Action.OPEN, 0, url=link),),))
        return None if asked else Post(texts.FRESH(language), place=key)

    async def _place_for_new(self, command: Command) -> ChatKey | None:
        """Where the new chat is to live; None for a repeated event. The claim made here is rolled back.

        A thread in which no chat lives yet is as good as a new place: some clients open one for the command itself.
        """
        async with self._storage() as work:
            if not await work.events.claim(command.event_id, self._operations.now()):
                return None
            if command.key.thread and await work.chats.current(command.key) is None:
                return command.key
        name = texts.one_line(command.argument, 60) or texts.NEW_CHAT(command.author.language)
        try:
            return await self._deliveries[command.key.platform].new_place(command.key, name) or command.key
        except DeliveryError as error:
            log.warning("place_not_opened", platform=command.key.platform, problem=str(error))
            return command.key

    async def _branch(self, command: Command) -> Post | None:
        """Go on in a new chat from what was said so far."""
        try:
            async with self._storage() as work:
                if not await work.events.claim(command.event_id, self._operations.now()):
                    return None
                chat, turn = await self._branching(work, command)
        except Refusal as refusal:
            return Post(refusal.told(command.author.language))
        return await self._branches.open(command.event_id, command.key, command.author, chat, turn)

    async def _branching(self, work: UnitOfWork, command: Command) -> tuple[Chat, Turn]:
        """What to branch from: the turn of the message that the command is about, else the newest one."""
        here = await self._here(work, command)
        about = await work.turns.told_in(command.key, command.about) if command.about else None
        turn = about or await work.turns.last(here.id)
        chat = await work.chats.get(turn.chat_id) if turn else None
        if turn is None or chat is None or (about and about.answer is None):
            raise Refusal(texts.NOTHING_TO_BRANCH)
        await self._operations.check_may_manage(work, chat, command.author)
        await self._operations.branch(work, turn, command.author, command.key, "?")  # only tried: it is rolled back
        return chat, turn

    async def _help(self, _: UnitOfWork, command: Command) -> Post:
        return Post(texts.help_for(command.key.platform, command.author.language))

    async def _unknown(self, _: UnitOfWork, command: Command) -> Post:
        name = texts.escape(texts.one_line(command.name, 40))
        return Post(texts.UNKNOWN_COMMAND(command.author.language, name=name))

    async def _search(self, work: UnitOfWork, command: Command) -> Post:
        view = SearchView(texts.one_line(command.argument, LONGEST_QUERY), command.private)
        return await self._searches.post(work, command.key, command.author, view)

    async def _chats(self, work: UnitOfWork, command: Command) -> Post:
        """The list; with words behind it, what is found by them."""
        if texts.clean(command.argument):
            return await self._search(work, command)
        return await self._lists.post(work, command.key, command.author, ListView(command.private))

    async def _rename(self, work: UnitOfWork, command: Command) -> Post:
        title, language = texts.one_line(command.argument, 200), command.author.language
        if not title:
            raise Refusal(texts.RENAME_HOW)
        chats = await self._meant(work, command)
        if len(chats) > 1:
            which = texts.WHICH_RENAME(language, title=texts.escape(title))
            return choice(which, chats, Action.RENAME, language, title)
        await self._operations.check_may_manage(work, chats[0], command.author)
        title = await self._operations.rename(work, chats[0], title)
        return Post(texts.RENAMED(language, title=texts.escape(title)))

    async def _delete(self, work: UnitOfWork, command: Command) -> Post:
        chats, language = await self._meant(work, command), command.author.language
        if len(chats) > 1:
            return choice(texts.WHICH_DELETE(language), chats, Action.ASK_DELETE, language)
        await self._operations.check_may_manage(work, chats[0], command.author)
        return delete_question(chats[0], language)

    async def _export(self, work: UnitOfWork, command: Command) -> None:
        chat, language = await self._here(work, command), command.author.language
        await self._exports.order(work, chat, command.argument, language, _quotable(command, chat))

    async def _stop(self, work: UnitOfWork, command: Command) -> None:
        await self._operations.stop(work, await self._here(work, command))

    async def _retry(self, work: UnitOfWork, command: Command) -> None:
        await self._operations.retry(work, await self._here(work, command))

    async def _model(self, work: UnitOfWork, command: Command) -> Post:
        key, author, name = command.key, command.author, command.argument.strip()
        if not name:
            return await self._preferences.show_models(work, key, author)
        return await self._preferences.choose_model(work, key, author, name)

    async def _instructions(self, work: UnitOfWork, command: Command) -> Post:
        key, author = command.key, command.author
        if not texts.clean(command.argument):
            return await self._preferences.show_instructions(work, key, author)
        return await self._preferences.instruct(work, key, author, command.argument)

    async def _here(self, work: UnitOfWork, command: Command) -> Chat:
        chat = await work.chats.current(command.key)
        if chat is None:
            raise Refusal(texts.NO_CHAT)
        await self._operations.check_may_manage(work, chat, command.author)
        return chat

    async def _meant(self, work: UnitOfWork, command: Command) -> list[Chat]:
        """The chat that lives here; where a command cannot be given in a chat's place, the person's chats near by.

        Given in a thread it means that thread and no other, even if no chat lives there.
        """
        chat = await work.chats.current(command.key)
        if chat is not None:
            return [chat]
        nameless = command.private and not command.key.thread
        near = ChatFilter(command.key, command.author.id, everywhere=False)
        found = await work.chats.list_of(near, CHOICES) if nameless else []
        if not found:
            raise Refusal(texts.NO_CHAT)
        return [listed.chat for listed in found]


def _quotable(command: Command, chat: Chat) -> str | None:
    """The command's own message, where the answer stands beside it."""
    return command.source if chat.key == command.key else None
