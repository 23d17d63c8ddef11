"""Chats as they may leave us, made up by hypothesis."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.engine.chats import Author, ChatKey, TitleSource
from bot.engine.transcript import PastAnswer, PastQuestion, Transcript
from bot.engine.turns import TurnStatus

BEGUN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

moments = st.integers(0, 10**12).map(lambda microseconds: BEGUN + timedelta(microseconds=microseconds))
storable = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
words = st.text(storable, max_size=20)
pieces = st.sampled_from(
    [
        "```\n",
        "~~~~ py\n",
        "<!-- ",
        "<pre>\n",
        "<div>\n",
        "- ",
        "  ",
        "\n\n",
        "> ",
        "# a\n",
        "1. ",
        "x",
        "---\n",
        "\r",
        "\t",
    ]
)
texts = st.one_of(words, st.lists(pieces, min_size=1, max_size=8).map("".join))
ids = st.text("0123456789.-CTU", min_size=1, max_size=12)
authors = st.builds(Author, ids, words, st.sampled_from(["", "de", "pt-BR"]))
answers = st.one_of(
    st.builds(PastAnswer, texts.filter(bool), st.just(TurnStatus.DONE), st.just(False), moments, moments),
    st.builds(
        PastAnswer,
        *(st.one_of(st.none(), words.filter(bool)), st.sampled_from([TurnStatus.FAILED, TurnStatus.CANCELLED])),
        *(st.just(False), moments, moments, st.one_of(st.none(), st.just("silent"))),
    ),
)


def _asked(text: str, author: Author | None, asked_at: datetime, tried: list[PastAnswer], source: str) -> PastQuestion:
    """The answer that was given last stands; times are there only with an answer."""
    times = [
        PastAnswer(
            answer.text,
            answer.status,
            number == len(tried) - 1,
            answer.asked_at,
            answer.answered_at if answer.text else None,
            answer.failure,
        )
        for number, answer in enumerate(tried)
    ]
    return PastQuestion(text, author, asked_at, tuple(times), source or None)


questions = st.builds(
    _asked, texts, st.one_of(st.none(), authors), moments, st.lists(answers, min_size=1, max_size=3), ids
)
titles = st.one_of(
    st.just((None, None)), st.tuples(words.filter(bool), st.sampled_from([TitleSource.PERSON, TitleSource.PLATFORM]))
)
transcripts = st.builds(
    lambda place, owner, title, begun, asked: Transcript(place, owner, title[0], title[1], begun, tuple(asked)),
    *(st.builds(ChatKey, st.sampled_from(["slack", "telegram"]), ids, ids, ids), ids, titles),
    *(moments, st.lists(questions, min_size=1, max_size=3)),
)
