"""Titles that chats get by themselves."""

import asyncio
import re
from collections.abc import Collection
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import structlog

from bot.engine.background import Background
from bot.engine.chats import Chat, Role, TitleSource
from bot.engine.errors import ModelError
from bot.engine.outbox import Outbox
from bot.engine.ports import LLM, Clock, Storage
from bot.engine.replies import ModelMessage, TextDelta
from bot.engine.texts import one_line

log = structlog.get_logger()

MAX_WORDS = 7
MAX_LENGTH = 80
LONGEST_QUESTION = 2_000
"""Characters of the first message that the title is made from."""

ANSWER_TOKENS = 40
PATIENCE = 30.0
"""Seconds that the model has for a title before the question serves instead."""

INSTRUCTIONS = (
    "You name conversations. Answer with a title of 3 to 7 words for the conversation that begins with the user's "
    "message, in the language of that message. Answer with the title only: no quotes, no label, no full stop. "
    "Do not answer the message itself."
)
LABEL = re.compile(
    r"^(?:\W*(?:title|titel|titre|título|titolo|заголовок|название|标题|タイトル)\W*(?:[:：]|-\s)\s*)+", re.IGNORECASE
)
QUOTES = re.compile(r"""["`“”„«»‹›「」『』]|(?<!\w)['‘’‚]|['‘’](?!\w)""")
"""Quote marks; an apostrophe inside a word is none."""

MARKS = "*_ "
"""What Markdown puts around a title; a heading's # stands only before it (C# is a name)."""


def tidy_title(raw: str) -> str | None:
    """Make a title of what the model said: one line, no label, quotes or trailing stop, at most 7 words.

    None where nothing usable is left, or where the model repeats itself.
    """
    lines = [line for line in raw.splitlines() if line.strip()]
    title = LABEL.sub("", lines[0]).lstrip("# ") if lines else ""
    words = _unquoted(title).rstrip(" .,;:!。、，；：…-–—").split()
    if not words or len({word.casefold() for word in words}) * 2 < len(words):
        return None
    return one_line(" ".join(words[:MAX_WORDS]), MAX_LENGTH).rstrip(" .,;:…")


def title_of_question(question: str) -> str:
    """The first words of the question, for when the model gives no title."""
    words = _unquoted(question).split()
    return one_line(" ".join(words[:MAX_WORDS]), MAX_LENGTH).lstrip("# ").rstrip(" .,;:") or "…"


def _unquoted(text: str) -> str:
    return QUOTES.sub("", text).strip(MARKS)


class Titler:
    """Names chats beside their first answer; a title that a person gave stays."""

    def __init__(
        self,
        llm: LLM,
        storage: Storage,
        outbox: Outbox,
        platforms: Collection[str],
        clock: Clock,
        background: Background,
    ) -> None:
        self._llm = llm
        self._storage = storage
        self._outbox = outbox
        self._platforms = platforms
        self._clock = clock
        self._background = background

    def begin(self, chat: Chat, question: str) -> None:
        """Make a title in the background; returns at once."""
        if not self._background.runs(name := f"title-{chat.id}"):
            self._background.start(self._name(chat, question), name)

    async def recover(self) -> None:
        """Name the chats of the last day whose title was cut off by a stop."""
        since = datetime.fromtimestamp(self._clock.now(), UTC) - timedelta(days=1)
        async with self._storage() as work:
            chats = await work.chats.untitled(since)
            firsts = [(chat, await work.turns.first(chat.id)) for chat in chats]
        for chat, turn in firsts:
            if turn is not None and chat.key.platform in self._platforms:
                self.begin(chat, turn.question.content)

    async def _name(self, chat: Chat, question: str) -> None:
        title = await self._ask(question) or title_of_question(question)
        async with self._storage() as work:
            if await work.chats.rename(chat.id, title, TitleSource.AUTO):
                await self._outbox.show_title(work, chat.id)
            await work.commit()

    async def _ask(self, question: str) -> str | None:
        prompt = [ModelMessage(Role.SYSTEM, INSTRUCTIONS), ModelMessage(Role.USER, question[:LONGEST_QUESTION])]
        try:
            async with asyncio.timeout(PATIENCE):
                return tidy_title(await self._first_line(prompt))
        except (ModelError, TimeoutError) as error:
            log.warning("title_not_made", error=type(error).__name__)
            return None

    async def _first_line(self, prompt: list[ModelMessage]) -> str:
        text = ""
        async with aclosing(self._llm.stream(prompt, max_tokens=ANSWER_TOKENS)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    text += event.text
                if "\n" in text.strip():
                    break
        return text.strip()
