"""Markdown -> Slack's Markdown that can notify nobody; a person's Slack text -> plain text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.markdown.parse import parse
from adapters.markdown.tree import visible
from adapters.slack.markup import MOST_CHARACTERS, decode, escape, fits, render, render_stream, text_fallback
from adapters.slack.writer import Writer
from tests.unit.answers import ANSWERS, answers
from tests.unit.markdown_strategy import anything, code, headings, lists, paragraphs, quotes

SEQUENCES = [
    "<!channel>",
    "<!here>",
    "<!everyone>",
    "<@U123>",
    "<#C1|x>",
    "<!subteam^S1>",
    "<!date^1^{date}|x>",
    "<https://x.org|y>",
]
PLACES = [
    "{}",
    "`{}`",
    "```\n{}\n```",
    "```{}\nx\n```",
    "**{}**",
    "# {}",
    "> {}",
    "- {}",
    "[{}](https://x.org)",
    "[x](https://x.org/{})",
    '[x](https://x.org "{}")',
    "![{}](https://x.org)",
    "| {} |\n|---|\n| {} |",
    "$a_{}$",
    "    {}",
    "&lt;{}",
    "\\{}",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("sequence", SEQUENCES)
def test_no_control_sequence_survives_anywhere(place: str, sequence: str) -> None:
    """Slack acts on them in `markdown_text` and `markdown` blocks too (measured, PostHog PR 95054)."""
    for shown in (render(place.replace("{}", sequence)), text_fallback(place.replace("{}", sequence))):
        assert "<" not in shown


@pytest.mark.parametrize(
    "word", ["@here", "@channel", "@everyone", "@Here", "(@channel)", "cc:@here", "a/@here", "..@here"]
)
def test_words_that_call_everybody_are_disarmed(word: str) -> None:
    assert word not in render(f"ask {word}!")
    assert word not in text_fallback(f"ask {word}!")
    assert render(f"ask {word}!").replace("\u2060", "") == f"ask {word}!"


@pytest.mark.parametrize(
    "text", ["ann@here.com", "https://x.org/@here/a", "https://x.org?a=@here", "@hereafter", "@ann"]
)
def test_addresses_and_other_words_are_not(text: str) -> None:
    assert render(text) == text_fallback(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("List<String> a < b > c", "List&lt;String&gt; a &lt; b &gt; c"),
        ("AT&T?a=1&b=2", "AT&T?a=1&b=2"),
        ("snake_case a_b", "snake_case a_b"),
        ("2 * 3", "2 * 3"),
        ("2*3*4", "2\\*3\\*4"),
        ("**open", "\\*\\*open"),
        ("[1] and [a]\\(b)", "[1] and [a\\](b)"),
        ("😀 שלום", "😀 שלום"),
        ("\\- a\n\\# b\n1\\. c", "\\- a\n\\# b\n1\\. c"),
        ("https://x.org/a_b?c=1&d=2", "https://x.org/a_b?c=1&d=2"),
        ("$5 and $10", "$5 and $10"),
    ],
)
def test_text_is_escaped_where_it_could_be_markup(text: str, shown: str) -> None:
    assert render(text) == shown


@pytest.mark.parametrize(
    "same",
    [
        "# Heading\n\n## Next",
        "**b** *i* ~~s~~ `c` ***both***",
        "- a\n  - b\n    - c\n- d",
        "3. a\n4. b",
        "- [ ] a\n- [x] b",
        "> a\n> b",
        "```py\nx = '*'\n```",
        "| a | b |\n| :--- | ---: |\n| 1 | *2* |",
        "a\n\n---\n\nb",
        "[a *b*](https://x.org/c?d=1&e=2)",
        "``a`b``",
    ],
)
def test_what_slack_shows_stays_markdown(same: str) -> None:
    assert render(same) == same


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("<https://x.org/a?b=1&c=2>", "https://x.org/a?b=1&c=2"),
        ("[https://x.org](https://x.org)", "https://x.org"),
        ("<ann@x.org>", "ann@x.org"),
        ("[a](https://x.org/b_(c))", "[a](https://x.org/b_%28c%29)"),
        ("[a](ftp://x.org)", "a (ftp://x.org)"),
        ('[a](https://x.org "title")', "[a](https://x.org)"),
        ("![a](https://x.org/b.png)", "[a](https://x.org/b.png)"),
        ("[a ![b](https://y.org)](https://x.org)", "[a b](https://x.org)"),
        ("[](https://x.org)", "https://x.org"),
    ],
)
def test_links(link: str, shown: str) -> None:
    assert render(link) == shown


def test_latex_is_shown_letter_for_letter() -> None:
    assert render("so $a_1 * b_2$ and $x$") == "so `$a_1 * b_2$` and $x$"
    assert render("$$\na_1\n$$") == "```\n$$\na_1\n$$\n```"


def test_a_message_has_one_table_and_the_others_as_aligned_text() -> None:
    assert render("| a |\n|---|\n| 1 |\n\n| b |\n|---|\n| 2 |") == "| a |\n| --- |\n| 1 |\n\n```\nb\n─\n2\n```"


def test_a_table_above_slacks_size_is_aligned_text() -> None:
    assert render("| a |\n|---|\n" + "| 1 |\n" * 100).startswith("```\na\n─\n1\n")


def test_code_cannot_leave_its_fence() -> None:
    assert render("````\n```\n<!here>\n````") == "````\n```\n&lt;!here&gt;\n````"


def test_an_item_of_an_earlier_page_goes_on_without_a_marker() -> None:
    assert render("2. \u2060\n\n   more\n3. next") == "more\n\n3. next"


def test_a_page_is_measured_as_it_is_sent() -> None:
    assert fits("x" * 11_500)
    assert not fits("x" * 11_501)
    assert not fits("<" * 3_000)


def test_the_fallback_is_plain_and_escaped() -> None:
    assert (
        text_fallback("# A\n\n**b** & <c>\n\n2. d\n3. e\n\n- [l](https://x.org)")
        == "A\nb &amp; &lt;c&gt;\n2. d\n3. e\n• l"
    )


@pytest.mark.parametrize("character", ["x", "漢", "👨‍👩‍👧", "&", "<"])
def test_the_fallback_is_short_in_characters_and_bytes(character: str) -> None:
    shown = text_fallback(character * 5_000)
    assert len(shown) <= 3_000
    assert len(shown.encode()) <= 4_000
    assert shown.endswith((character + "…", ";…"))
    assert len(shown) > 500


def test_escape_is_for_mrkdwn() -> None:
    assert escape("a & <b>") == "a &amp; &lt;b&gt;"


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<@U123> hi", "@Ann Lee hi"),
        ("<@U123|ann> hi", "@Ann Lee hi"),
        ("<@U9|bob>", "@bob"),
        ("<@U9>", "@U9"),
        ("<#C1|general> <#C1>", "#general #C1"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!here|here>", "@here"),
        ("<!subteam^S1|@team> <!subteam^S1>", "@team @S1"),
        ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
        ("<!date^1392734382^{date}^https://x.org/|18 Feb>", "18 Feb"),
        ("<https://x.org|label>", "label (https://x.org)"),
        ("<https://x.org>", "https://x.org"),
        ("<http://x.org|x.org>", "http://x.org"),
        ("<https://x.org?a=1&amp;b=2>", "https://x.org?a=1&b=2"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<mailto:a@b.c|Ann>", "Ann (a@b.c)"),
        ("<tel:+491|+491>", "+491"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt; stays once", "&lt; stays once"),
        ("&lt;@U123&gt;", "<@U123>"),
        ("an < open one", "an < open one"),
    ],
)
def test_a_persons_text_is_decoded_for_the_model(typed: str, read: str) -> None:
    assert decode(typed, {"U123": "Ann Lee"}) == read


@given(st.text())
def test_what_a_person_types_comes_back(text: str) -> None:
    assert decode(escape(text), {}) == text


@settings(max_examples=200, deadline=None)
@given(anything)
def test_no_text_makes_an_angle_bracket(text: str) -> None:
    shown = render(text)
    assert "<" not in shown
    assert not re.search(r"(?<![\s>])>", re.sub(r"^[ >]*", "", shown, flags=re.MULTILINE))
    assert "<" not in text_fallback(text)


@settings(deadline=None)
@given(anything)
def test_what_is_kept_of_a_growing_text_changes_nothing(text: str) -> None:
    for end in range(0, len(text), 5):
        assert render(text[:end]) == Writer().with_more(parse(text[:end]).blocks).text


@settings(deadline=None)
@given(anything)
def test_a_text_of_which_it_is_said_that_it_fits_does(text: str) -> None:
    long = (text + "\n\n") * (10_000 // (len(text) + 2)) + text
    assert fits(long) == (len(render(long)) <= MOST_CHARACTERS)


@settings(max_examples=60, deadline=None)
@given(anything | answers, st.integers(1, 7))
def test_a_stream_is_only_added_to_and_calls_nobody(text: str, step: int) -> None:
    said = ""
    for end in range(0, len(text) + 1, step):
        more = render_stream(text[:end])
        assert more.startswith(said)
        assert "<" not in more
        said = more
    assert render_stream(text + "\n\n").startswith(said)


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_whole_of_an_answer_goes_on_from_its_stream(answer: str) -> None:
    """Only then can a stream end with the rest; a second table, for one, is not there before its end."""
    usual = answer.replace('"```"', '"ping"').replace("~~~", "```").replace("tilde ```", "tilde")
    whole = render(usual)
    assert all(whole.startswith(render_stream(usual[:end])) for end in range(len(usual)))
    assert render_stream(usual + "\n\n") == whole


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("```py\nx = 1\ny", "```py\nx = 1\ny"),
        ("```py\nx\n```\n", "```py\nx\n```"),
        ("- a\n  ```\n  x", "- a\n\n  ```\n  x"),
        ("> ```\n> x", "> ```\n> x"),
        ("    x\n    y", "```\nx\ny"),
        ("~~~\nx\n```\ny", "```\nx\n\u2060```\ny"),
        ("````\nx\n```\ny", "````\nx\n```\ny"),
        ("| a |\n|---|\n| b |\n| c", "| a |\n| --- |\n| b |"),
        ("| a |\n|---|\n\nb\n\n| c |\n|---|\n| d |\n", "| a |\n| --- |\n\nb"),
        ("| a |\n|---|\n\nb\n\n| c |\n|---|\n\ne", "| a |\n| --- |\n\nb\n\n```\nc\n─\n```\n\ne"),
        ("a <!channel> @here b", "a &lt;!channel&gt; @\u2060here b"),
    ],
)
def test_a_stream_shows_what_can_still_grow(written: str, said: str) -> None:
    assert render_stream(written) == said


def test_rows_beyond_what_slack_takes_follow_the_table_as_text() -> None:
    table = "| a |\n|---|\n" + "| 1 |\n" * 99
    assert render_stream(table).count("| 1 |") == render_stream(table + "| 2 |\n| 3 |\n").count("| 1 |") == 99
    assert render_stream(table + "| 2 |\n\nb").endswith("| 1 |\n\n```\na\n─\n2\n```\n\nb")


_SLACK = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""A reader of standard Markdown that is not ours, in Slack's place."""


def _as_slack_reads(markdown: str) -> str:
    shown = []
    for token in _SLACK.parse(markdown):
        if token.type == "fence":
            shown.append(_entities(token.content))
        for child in token.children or []:
            shown += [_entities(child.content) if child.type == "code_inline" else child.content]
    return "".join("".join(shown).replace("%5F", "_").replace("\u2060", "").split())


def _entities(code: str) -> str:
    return code.replace("&lt;", "<").replace("&gt;", ">")


@settings(max_examples=200, deadline=None)
@given(st.lists(paragraphs | headings | quotes | lists | code, max_size=5).map("\n\n".join))
def test_slack_shows_what_the_text_says(text: str) -> None:
    expected = "".join(visible(parse(text).blocks).split())
    assert re.sub(r"\[[x ]?\]", "", _as_slack_reads(render(text))) == re.sub(r"\[[x ]?\]", "", expected)
