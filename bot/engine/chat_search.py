"""A person's chats in which something was said, with the piece where it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.engine import texts
from bot.engine.chat_lists import EVERYWHERE, PAGE, ChatLists, Refusal, label_of, quoted
from bot.engine.chats import Author, ChatFilter, ChatKey
from bot.engine.ports import UnitOfWork
from bot.engine.posts import Action, Button, Post
from bot.engine.search import SearchHit, SearchQuery, read_query, snippet

LONGEST_DATA = 64
"""Bytes that a button brings back on every platform; where the words do not fit there is no further page."""


@dataclass(frozen=True, slots=True)
class SearchView:
    """What is looked for, and from where on: the hits before the one with the id `before`, 0 for all."""

    words: str
    everywhere: bool
    before: int = 0

    def button(self, label: str) -> Button:
        """A button that leads there."""
        return Button(label, Action.FIND, self.before, (EVERYWHERE if self.everywhere else "-") + self.words)

    @classmethod
    def of(cls, button: Button) -> "SearchView":
        """Where a button leads."""
        return cls(button.text[1:], button.text[:1] == EVERYWHERE, button.argument)


class ChatSearch:
    """Looks through the chats of whoever asks; nobody finds what they take no part in."""

    def __init__(self, lists: ChatLists) -> None:
        self._lists = lists

    async def post(self, work: UnitOfWork, key: ChatKey, author: Author, view: SearchView) -> Post:
        """A page of hits. Raises `Refusal` where there is nothing to look for."""
        query, language = read_query(view.words), author.language
        if query is None:
            raise Refusal(texts.SEARCH_HOW)
        which = ChatFilter(key, author.id, view.everywhere)
        found = await work.search.find(which, query, PAGE + 1, view.before or None)
        words = texts.escape(texts.one_line(view.words, 100))
        if not found:
            return Post((texts.NO_MORE_FOUND if view.before else texts.NOTHING_FOUND)(language, words=words))
        hits = found[:PAGE]
        rows = [self._row(hit, number, key, view, language) for number, hit in enumerate(hits, start=1)]
        older = _older(view, hits, language) if len(found) > PAGE else ()
        lines = [_line(hit, number, query, language) for number, hit in enumerate(hits, start=1)]
        text = "\n".join([f"{texts.FOUND(language, words=words)}\n", *lines])
        return Post(text, (*rows, older) if older else tuple(rows), language=language)

    def _row(self, hit: SearchHit, number: int, key: ChatKey, view: SearchView, language: str) -> tuple[Button, Button]:
        chat = hit.listed.chat
        address = None if chat.key == key else self._lists.link(chat)
        label = texts.one_line(f"{number}. {label_of(chat, language)}", 64)
        opener = Button(label, Action.OPEN, chat.id, url=address)
        return opener, Button("⋯", Action.CARD, chat.id, EVERYWHERE * view.everywhere)


def _older(view: SearchView, hits: Sequence[SearchHit], language: str) -> tuple[Button, ...]:
    button = SearchView(view.words, view.everywhere, hits[-1].id).button(texts.OLDER(language))
    return (button,) if len(button.data.encode()) <= LONGEST_DATA else ()


def _line(hit: SearchHit, number: int, query: SearchQuery, language: str) -> str:
    """The piece with the hit; of a title the title with its hits."""
    away = f" ({texts.ARCHIVED(language)})" if hit.listed.archived else ""
    name = "" if hit.message_id is None else f"{quoted(hit.listed.chat, language)}{away}: "
    return f"{number}. {name}{snippet(hit.text, query)}" + (away if hit.message_id is None else "")
