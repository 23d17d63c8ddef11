"""A person's chats as a list with pages, and one chat of it with what can be done with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.engine import texts
from bot.engine.chats import Author, Chat, ChatFilter, ChatKey, Cursor, ListedChat
from bot.engine.delivery import Delivery
from bot.engine.errors import ThreadlineError
from bot.engine.languages import Sentence
from bot.engine.ports import UnitOfWork
from bot.engine.posts import Action, Button, Post

PAGE = 8
"""Chats on one page of a list."""

LABEL_LENGTH = 60
PIN = "📌 "

EVERYWHERE, ARCHIVED, MANAGED, OLDER, NEWER = "p", "a", "m", ">", "<"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Refusal(ThreadlineError):
    """What a person asked for cannot be done; `sentence` is for them, with these values in it."""

    def __init__(self, sentence: Sentence, **values: object) -> None:
        super().__init__(sentence.english)
        self._sentence = sentence
        self._values = values

    def told(self, language: str) -> str:
        """Why, in the language of the person."""
        return self._sentence(language, **self._values)


@dataclass(frozen=True, slots=True)
class ListView:
    """What of a person's chats is looked at: those of a channel or of `everywhere`, and from where on.

    Where it is `managed`, a chat leads to its card, else to its place.
    """

    everywhere: bool
    archived: bool = False
    managed: bool = False
    cursor: Cursor | None = None
    backwards: bool = False

    def button(self, label: str) -> Button:
        """A button that leads there."""
        flags = EVERYWHERE * self.everywhere + ARCHIVED * self.archived + MANAGED * self.managed
        if self.cursor is None:
            return Button(label, Action.LIST, 0, flags)
        moment = (self.cursor.active_at - EPOCH) // timedelta(microseconds=1)
        spot = f"{NEWER if self.backwards else OLDER}{self.cursor.pinned:d}{moment}"
        return Button(label, Action.LIST, self.cursor.chat_id, flags + spot)

    @classmethod
    def of(cls, button: Button) -> "ListView":
        """Where a button leads; one that is older than this or forged leads to the first page."""
        flags = button.text.partition(OLDER)[0].partition(NEWER)[0]
        view = cls(EVERYWHERE in flags, ARCHIVED in flags, MANAGED in flags)
        spot = button.text[len(flags) :]
        if len(spot) < 3 or not (spot[1:].isascii() and spot[1:].isdecimal() and len(spot) < 20):
            return view
        cursor = Cursor(spot[1] == "1", EPOCH + timedelta(microseconds=int(spot[2:])), button.argument)
        return replace(view, cursor=cursor, backwards=spot[0] == NEWER)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list: its chats, the views of the pages beside it, and whether there is an archive to look at."""

    view: ListView
    chats: Sequence[ListedChat]
    newer: ListView | None = None
    older: ListView | None = None
    has_archive: bool = False


class ChatLists:
    """Lists of chats, for whoever looks at them; nobody sees there what they take no part in."""

    def __init__(self, deliveries: Mapping[str, Delivery]) -> None:
        self._deliveries = deliveries

    async def page(self, work: UnitOfWork, place: ChatKey, person: str, view: ListView, size: int = PAGE) -> ListPage:
        """The page at this view; where nothing is left there, the first one."""
        which = ChatFilter(place, person, view.everywhere, view.archived)
        found = await work.chats.list_of(which, size + 1, view.cursor, view.backwards)
        if view.cursor is not None and (len(found) <= size if view.backwards else not found):
            return await self.page(work, place, person, replace(view, cursor=None, backwards=False), size)
        more = len(found) > size
        chats = found[-size:] if view.backwards else found[:size]
        newer = replace(view, cursor=chats[0].cursor, backwards=True) if chats and view.cursor else None
        older = replace(view, cursor=chats[-1].cursor, backwards=False) if more or view.backwards else None
        put_away = [] if view.archived else await work.chats.list_of(replace(which, archived=True), 1)
        return ListPage(view, chats, newer, older, bool(put_away))

    async def post(self, work: UnitOfWork, key: ChatKey, author: Author, view: ListView) -> Post:
        """The page as a message with buttons."""
        page, language = await self.page(work, key, author.id, view), author.language
        turning = [
            *([page.newer.button(texts.NEWER(language))] if page.newer else []),
            *([page.older.button(texts.OLDER(language))] if page.older else []),
        ]
        beside = _beside(page, language)
        rows = [(self._entry(listed, key, view, language),) for listed in page.chats]
        return Post(_words(page)(language), tuple(row for row in (*rows, tuple(turning), beside) if row))

    def card(self, listed: ListedChat, key: ChatKey, language: str, everywhere: bool) -> Post:
        """One chat with what can be done with it."""
        chat, scope = listed.chat, EVERYWHERE * everywhere
        pin = (texts.UNPIN, Action.UNPIN) if listed.pinned else (texts.PIN, Action.PIN)
        away = (texts.UNARCHIVE, Action.UNARCHIVE) if listed.archived else (texts.TO_ARCHIVE, Action.ARCHIVE)
        rows = (
            (self._opener(chat, key, texts.OPEN(language)), _button(pin, chat, scope, language)),
            (
                _button((texts.RENAME, Action.ASK_RENAME), chat, scope, language),
                _button(away, chat, scope, language),
            ),
            (
                _button((texts.EXPORT, Action.EXPORT), chat, scope, language),
                Button(texts.DELETE(language), Action.ASK_DELETE, chat.id, danger=True),
            ),
            (ListView(everywhere, listed.archived, managed=True).button(texts.BACK(language)),),
        )
        title = f"{PIN if listed.pinned else ''}**{quoted(chat, language)}**"
        return Post(texts.CARD(language, title=title, time=texts.moment(listed.active_at, language)), rows)

    def link(self, chat: Chat) -> str | None:
        """An address that leads to the chat's place, where there is one."""
        return self._deliveries[chat.key.platform].messenger.link(chat.key)

    def _entry(self, listed: ListedChat, key: ChatKey, view: ListView, language: str) -> Button:
        label = (PIN if listed.pinned else "") + label_of(listed.chat, language)
        if view.managed:
            return Button(label, Action.CARD, listed.chat.id, EVERYWHERE * view.everywhere)
        return self._opener(listed.chat, key, label)

    def _opener(self, chat: Chat, key: ChatKey, label: str) -> Button:
        return Button(label, Action.OPEN, chat.id, url=None if chat.key == key else self.link(chat))


async def listed(work: UnitOfWork, chat: Chat, author: Author) -> ListedChat:
    """The chat as this person has it in their list. Raises `Refusal` for whoever takes no part in it."""
    found = await work.chats.listed(chat.id, author.id)
    if found is None:
        raise Refusal(texts.NOT_YOURS)
    return found


def title_of(chat: Chat, language: str) -> str:
    return chat.title or texts.NEW_CHAT(language)


def label_of(chat: Chat, language: str) -> str:
    """The title as it fits on a button."""
    return texts.one_line(title_of(chat, language), LABEL_LENGTH)


def quoted(chat: Chat, language: str) -> str:
    """The title as it stands in a sentence."""
    return texts.escape(title_of(chat, language))


def choice(sentence: str, chats: Sequence[Chat], action: Action, language: str, text: str = "") -> Post:
    """Let the person say which chat is meant."""
    return Post(sentence, tuple((Button(label_of(chat, language), action, chat.id, text),) for chat in chats))


def delete_question(chat: Chat, language: str) -> Post:
    """Ask before deleting."""
    buttons = (
        Button(texts.DELETE(language), Action.DELETE, chat.id, danger=True),
        Button(texts.KEEP(language), Action.KEEP, chat.id),
    )
    return Post(texts.ASK_DELETE(language, title=quoted(chat, language)), (buttons,))


def _words(page: ListPage) -> Sentence:
    if not page.chats:
        return texts.EMPTY_ARCHIVE if page.view.archived else texts.NO_CHATS
    if page.view.managed:
        return texts.MANAGED
    return texts.ARCHIVE if page.view.archived else texts.CHATS


def _beside(page: ListPage, language: str) -> tuple[Button, ...]:
    """The ways to manage chats and to come back from there, into the archive and out of it."""
    everywhere, archived, managed = page.view.everywhere, page.view.archived, page.view.managed
    ways = []
    if managed or archived:
        ways.append(ListView(everywhere, archived and managed).button(texts.BACK(language)))
    if page.chats and not managed:
        ways.append(ListView(everywhere, archived, managed=True).button(texts.MANAGE(language)))
    if page.has_archive and not managed:
        ways.append(ListView(everywhere, archived=True).button(texts.ARCHIVED(language)))
    return tuple(ways)


def _button(what: tuple[Sentence, Action], chat: Chat, scope: str, language: str) -> Button:
    label, action = what
    return Button(label(language), action, chat.id, scope)
