"""Markdown as the HTML of a rich message."""

import pytest
from hypothesis import given

from adapters.telegram.rich import html
from playground.telegram.errors import ApiError
from playground.telegram.rich_blocks import Rules, checked_blocks
from playground.telegram.rich_html import html_blocks
from playground.telegram.rich_limits import check_size, plain_text
from tests.unit.markdown_strategy import anything

HEAD = "# Tides\n\n"


def shown(source: str) -> str:
    made = html(HEAD + source)
    assert made is not None
    return made.removeprefix("<h1>Tides</h1>")


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("a < b & **c** *d* ~~e~~ `f<g>`", "<p>a &lt; b &amp; <b>c</b> <i>d</i> <s>e</s> <code>f&lt;g&gt;</code></p>"),
        ("## Moon", "<h2>Moon</h2>"),
        ("- one\n- two\n  - three", "<ul><li><p>one</p></li><li><p>two</p><ul><li><p>three</p></li></ul></li></ul>"),
        ("3. one\n4. two", '<ol start="3"><li><p>one</p></li><li><p>two</p></li></ol>'),
        ("- [x] done", '<ul><li><input type="checkbox" checked><p>done</p></li></ul>'),
        ("> said", "<blockquote><p>said</p></blockquote>"),
        ("```py\na < b\n```", '<pre><code class="language-py">a &lt; b</code></pre>'),
        ("```\nx\n```", "<pre><code>x</code></pre>"),
        ("---", "<hr>"),
        (
            "| a | b |\n|:-|-:|\n| 1 | **2** |",
            '<table><tr><th align="left">a</th><th align="right">b</th></tr>'
            '<tr><td align="left">1</td><td align="right"><b>2</b></td></tr></table>',
        ),
        ("$x<y$ and \\(z\\)", "<p><tg-math>x&lt;y</tg-math> and <tg-math>z</tg-math></p>"),
        ("$$\na^2\n$$", "<tg-math-block>a^2</tg-math-block>"),
        ("[the **sea**](https://sea.org/?a=1&b=2)", '<p><a href="https://sea.org/?a=1&amp;b=2">the <b>sea</b></a></p>'),
        ("[me](mailto:a@b.org)", "<p>me (a@b.org)</p>"),
        ("[x](ftp://sea.org/a)", "<p>x (ftp://sea.org/a)</p>"),
        ("[you](tg://user?id=5)", "<p>you (tg://user?id=5)</p>"),
        ("![map](https://sea.org/m.png)", '<p><a href="https://sea.org/m.png">map</a></p>'),
        ("see https://sea.org/a, now", '<p>see <a href="https://sea.org/a">https://sea.org/a</a>, now</p>'),
        ("<https://sea.org>", '<p><a href="https://sea.org">https://sea.org</a></p>'),
        ("<tg-button>no</tg-button>", "<p>&lt;tg-button&gt;no&lt;/tg-button&gt;</p>"),
    ],
)
def test_what_becomes_of_it(source: str, made: str) -> None:
    assert shown(source) == made


@pytest.mark.parametrize("source", ["", "Just words.", "- a\n- b", "> **b**", "```\n| a |\n```", "`# no`"])
def test_what_a_classic_message_shows_as_well_needs_no_rich_one(source: str) -> None:
    assert html(source) is None


@pytest.mark.parametrize("source", ["# H", "> # H", "- | a |\n  |---|\n  | 1 |", "It is $x$.", "$$x$$"])
def test_tables_headings_and_formulas_do_wherever_they_are(source: str) -> None:
    assert html(source) is not None


@pytest.mark.parametrize(
    "source",
    [
        "- word\n" * 300,
        "> " * 20 + "deep",
        "|" + " a |" * 21 + "\n|" + "---|" * 21,
        "| a |\n|---|\n" + "| 1 |\n" * 460,
    ],
)
def test_what_telegram_would_refuse_as_too_large_stays_classic(source: str) -> None:
    assert html(HEAD + source) is None


@given(anything)
def test_telegram_takes_whatever_is_made_and_shows_its_words(source: str) -> None:
    made = html(HEAD + source)
    if made is None:
        return
    try:
        blocks = checked_blocks(html_blocks(made), Rules(lambda _: None, lambda kind, medium: medium, detect=False))
        check_size(blocks)
    except ApiError as error:
        raise AssertionError(f"{error.description}: {made}") from error
    assert plain_text(blocks).startswith("Tides")
