"""HTML and both Markdowns of the Bot API, with their errors."""

import pytest

from playground.telegram.chats import Person
from playground.telegram.errors import ApiError
from playground.telegram.parameters import Parameters
from playground.telegram.rendering import rendered_html
from playground.telegram.texts import formatted, requested_text

ANN = Person(7, "Ann")


def shown(source: str, mode: str) -> str:
    text = formatted(requested_text(Parameters({"text": source, "parse_mode": mode})), {ANN.id: ANN}.get)
    return rendered_html(text.text, text.entities)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<b>a <i>b</i></b> <u>c</u> <s>d</s>", "<b>a <i>b</i></b> <u>c</u> <s>d</s>"),
        ("a &lt; b &amp;&#33; &nbsp;", "a &lt; b &amp;! &amp;nbsp;"),
        ('<a href="https://example.com/a?b&amp;c">x</a>', '<a href="https://example.com/a?b&amp;c">x</a>'),
        ("<a href='nowhere'>x</a>", "x"),
        ('<a href="tg://user?id=7">Ann</a>', '<a href="tg://user?id=7">Ann</a>'),
        ('<a href="tg://user?id=8">Eve</a>', "Eve"),
        ('<pre><code class="language-py">x = 1</code></pre>', '<pre><code class="language-py">x = 1</code></pre>'),
        ("<code>a</code> <tg-spoiler>b</tg-spoiler>", "<code>a</code> <tg-spoiler>b</tg-spoiler>"),
        ("<blockquote expandable>q</blockquote>", "<blockquote>q</blockquote>"),
        ("<B lang=en>a</b>", "<b>a</b>"),
        ("<b></b>a", "a"),
        ('<tg-time unix="60" format="wDT">soon</tg-time>', '<tg-time unix="60">soon</tg-time>'),
    ],
)
def test_html_becomes_formatting(source: str, html: str) -> None:
    assert shown(source, "HTML") == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        (r"*a _b_* __c__ ~d~ ||e||", "<b>a <i>b</i></b> <u>c</u> <s>d</s> <tg-spoiler>e</tg-spoiler>"),
        (r"1\.5 \- a\*b \_ \\", "1.5 - a*b _ \\"),
        ("`a*b` ```py\nx = *1*\n``` z", '<code>a*b</code> <pre><code class="language-py">x = *1*\n</code></pre> z'),
        (r"[x](https://example.com/a_\(b\))", '<a href="https://example.com/a_(b)">x</a>'),
        ("[x](nowhere)", "x"),
        (">a\n>b\nc", "<blockquote>a\nb</blockquote>\nc"),
        (">a\n>b||", "<blockquote>a\nb</blockquote>"),
        ("![soon](tg://time?unix=60&format=r)", '<tg-time unix="60">soon</tg-time>'),
    ],
)
def test_markdown_v2_becomes_formatting(source: str, html: str) -> None:
    assert shown(source, "MarkdownV2") == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        (
            "*a* _b_ `c` [d](https://example.com/)",
            '<b>a</b> <i>b</i> <code>c</code> <a href="https://example.com/">d</a>',
        ),
        (r"a\_b 2.5 (x)!", "a_b 2.5 (x)!"),
        ("```py\nx```", '<pre><code class="language-py">x</code></pre>'),
        ("[no link] here", "no link here"),
    ],
)
def test_legacy_markdown_becomes_formatting(source: str, html: str) -> None:
    assert shown(source, "markdown") == html


@pytest.mark.parametrize(
    ("source", "mode", "reason"),
    [
        ("<b>open", "HTML", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ä <x>a</x>", "HTML", 'Unsupported start tag "x" at byte offset 3'),
        ("List<String>", "HTML", 'Unsupported start tag "string" at byte offset 4'),
        ("<b><i>a</b>", "HTML", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("a</b>", "HTML", "Unexpected end tag at byte offset 1"),
        ("a < b", "HTML", 'Unsupported start tag "" at byte offset 2'),
        ("<b", "HTML", "Unclosed start tag at byte offset 0"),
        ("<span>a</span>", "HTML", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("*unclosed", "MarkdownV2", "Can't find end of Bold entity at byte offset 0"),
        ("ä `unclosed", "MarkdownV2", "Can't find end of Code entity at byte offset 3"),
        ("1.5", "MarkdownV2", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("hi!", "MarkdownV2", "Character '!' is reserved and must be escaped with the preceding '\\'"),
        ("a | b", "MarkdownV2", "Character '|' is reserved and must be escaped with the preceding '\\'"),
        ("[a](b", "MarkdownV2", "Can't find end of a URL at byte offset 3"),
        ("*unclosed", "Markdown", "Can't find end of the entity starting at byte offset 0"),
        ("snake_case", "Markdown", "Can't find end of the entity starting at byte offset 5"),
    ],
)
def test_wrong_markup_is_refused(source: str, mode: str, reason: str) -> None:
    with pytest.raises(ApiError) as refused:
        shown(source, mode)
    assert refused.value.description == f"Bad Request: can't parse entities: {reason}"
