"""Slack's texts on the page: what is written becomes these tags, and nothing else ever does."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.slack_html import ADDRESS, Names
from playground.page.slack_markdown import markdown_html
from playground.page.slack_mrkdwn import mrkdwn_html
from playground.page.slack_rich_text import rich_text_html

NAMES = Names((("U1", "Ann <b>"), ("U2", "Threadline"), ("C1", "general")), "U1")
PLAIN = ["p", "b", "i", "s", "u", "strong", "em", "code", "pre", "blockquote", "br", "hr", "li", "table", "thead"]
PLAIN += ["tbody", "tr"]
ALLOWED = {
    "a": {"href", "rel", "target"},
    "span": {"class"},
    "h4": {"class"},
    "ol": {"start", "class"},
    "ul": {"class"},
    "th": {"class"},
    "td": {"class"},
    "div": {"class"},
    **{tag: set[str]() for tag in PLAIN},
}
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<",
                ">",
                "&",
                "&lt;",
                "&gt;",
                "&amp;",
                '"',
                "'",
                "*",
                "_",
                "~",
                "`",
                "```",
                "|",
                "\n",
                "\n\n",
                "> ",
                "- ",
                "# ",
                "1. ",
                "[",
                "](",
                ")",
                "![",
                "\\",
                "<@U1>",
                "<@U2|x>",
                "<#C1>",
                "<!here>",
                "<!date^1^x|y>",
                "<https://a.b|c>",
                "<javascript:alert(1)|x>",
                "javascript:alert(1)",
                'https://a.b/"onx=1',
                "<script>",
                '<img src=x onerror="x">',
                "| a | b |\n|--|:-:|\n| c | d |",
                "- [x] ",
                "data:text/html,x",
                "mailto:a@b.c",
                " style=x ",
                '<https://x.y" onmouseover="z>',
                "tg://x",
            ]
        ),
        st.text(max_size=6),
    ),
    max_size=25,
).map("".join)


class Tags(HTMLParser):
    """Notes what in an HTML is neither allowed nor closed."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag not in ALLOWED or not set(names) <= ALLOWED[tag] or len(names) != len(set(names)):
            self.wrong.append(f"{tag} {names}")
        href = dict(attrs).get("href")
        if tag == "a" and (href is None or not ADDRESS.fullmatch(href)):
            self.wrong.append(f"a {href}")
        if tag == "a" and "a" in self.open:
            self.wrong.append("a link in a link")
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"!{data}")


def tags(html: str) -> Tags:
    seen = Tags()
    seen.feed(html)
    seen.close()
    seen.wrong += seen.open
    return seen


@given(HOSTILE)
def test_no_mrkdwn_brings_a_tag_or_an_attribute_of_its_own(text: str) -> None:
    assert tags(mrkdwn_html(text, NAMES)).wrong == []


@given(HOSTILE)
def test_no_markdown_brings_a_tag_or_an_attribute_of_its_own(text: str) -> None:
    assert tags(markdown_html(text, NAMES)).wrong == []


@given(st.text(alphabet="ab <>&\"'\n", max_size=40))
def test_words_without_marks_are_shown_as_they_are(text: str) -> None:
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    html = mrkdwn_html(shown, NAMES).replace("<br>", "\n")
    if "\n&gt;" not in "\n" + shown:
        assert tags(html).text == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~gone~", "<b>bold</b> <i>it</i> <s>gone</s>"),
        ("*b _i ~s~_*", "<b>b <i>i <s>s</s></i></b>"),
        ("2*3*4 snake_case_word a ~ b ~ c", "2*3*4 snake_case_word a ~ b ~ c"),
        ("`a *b* <@U1>`", "<code>a *b* &lt;@U1&gt;</code>"),
        ("```\na &lt; *b*\n```", "<pre><code>a &lt; *b*</code></pre>"),
        ("&gt; one\n> two\nthree", "<blockquote>one<br>two</blockquote>three"),
        ("a\nb", "a<br>b"),
        ("&lt;@U1&gt; &amp;lt;", "&lt;@U1&gt; &amp;lt;"),
        ("<@U1>", '<span class="mention me">@Ann &lt;b&gt;</span>'),
        ("<@U2> <@U9|zoe> <@U8>", '<span class="mention">@Threadline</span> <span class="mention">@zoe</span> '
            '<span class="mention">@U8</span>'),
        ("<#C1> <!here> <!subteam^S1|@ops>", '<span class="mention">#general</span> <span class="mention">@here</span> '
            '<span class="mention">@ops</span>'),
        ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
        ("<tel:1|call> <javascript:x|y> <>", "&lt;tel:1|call&gt; &lt;javascript:x|y&gt; &lt;&gt;"),
    ],
)  # fmt: skip
def test_mrkdwn_is_shown_with_its_marks(text: str, html: str) -> None:
    assert mrkdwn_html(text, NAMES) == html


@pytest.mark.parametrize("text", ["<https://a.b/c_d|*x*>", "<mailto:a@b.c|*x*>"])
def test_a_link_has_its_label_and_leaves_nothing_to_the_other_side(text: str) -> None:
    html = mrkdwn_html(text, NAMES)
    assert 'rel="noopener noreferrer nofollow" target="_blank">*x*</a>' in html


def test_a_bare_address_is_a_link_up_to_the_full_stop() -> None:
    for html in (
        mrkdwn_html("See https://a.b/c?d=1&amp;e=2.", NAMES),
        markdown_html("See https://a.b/c?d=1&e=2.", NAMES),
    ):
        assert '<a href="https://a.b/c?d=1&amp;e=2" ' in html
        assert tags(html).text.strip() == "See https://a.b/c?d=1&e=2."


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# H\n\np", '<h4 class="level1">H</h4><p>p</p>\n'),
        ("**b** *i* ~~s~~", "<p><strong>b</strong> <em>i</em> <s>s</s></p>\n"),
        ("a\nb", "<p>a<br>b</p>\n"),
        ("- [x] a\n- [ ] b", "<ul>\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>\n"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>\n'),
        ("```js\na &lt; b &amp;\n```", "<pre><code>a &lt; b &amp;\n</code></pre>"),
        ("`&lt;b&gt;`", "<p><code>&lt;b&gt;</code></p>\n"),
        ("<@U2> \\<@U2> &lt;@U2&gt; `<@U2>`", '<p><span class="mention">@Threadline</span> &lt;@U2&gt; &lt;@U2&gt; '
            "<code>&lt;@U2&gt;</code></p>\n"),
        ("<b>x</b> &copy; \\*", "<p>&lt;b&gt;x&lt;/b&gt; &amp;copy; *</p>\n"),
        ("<div>\nx\n</div>", "<p>&lt;div&gt;<br>x<br>&lt;/div&gt;</p>\n"),
        ("[a](javascript:x) ![b](data:x)", "<p>[a](javascript:x) ![b](data:x)</p>\n"),
        ("---", "<hr>\n"),
    ],
)  # fmt: skip
def test_markdown_is_shown_as_slack_shows_it(text: str, html: str) -> None:
    assert markdown_html(text, NAMES) == html


def test_a_table_aligns_its_columns_without_style() -> None:
    html = markdown_html("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |", NAMES)
    assert re.findall(r"<t[hd]\b[^>]*>", html) == [
        "<th>",
        '<th class="center">',
        '<th class="right">',
        "<td>",
        '<td class="center">',
        '<td class="right">',
    ]


def test_an_image_is_a_link_because_the_page_loads_nothing() -> None:
    html = markdown_html("![A *cat*](https://a.b/c.png)", NAMES)
    assert '<a href="https://a.b/c.png" ' in html
    assert "<img" not in html
    assert tags(html).text.strip() == "A *cat*"


@given(HOSTILE)
def test_every_beginning_of_a_growing_text_is_shown(text: str) -> None:
    assert tags(markdown_html(text[: len(text) // 2], NAMES)).wrong == []


def rich(*parts: object) -> dict[str, object]:
    return {"type": "rich_text", "elements": list(parts)}


def section(*elements: dict[str, object]) -> dict[str, object]:
    return {"type": "rich_text_section", "elements": list(elements)}


def test_rich_text_is_shown_with_its_styles() -> None:
    shown = rich_text_html(
        rich(
            section(
                {"type": "text", "text": "<a>\n", "style": {"bold": True, "italic": True, "strike": True}},
                {"type": "link", "url": "https://a.b", "text": "x"},
                {"type": "link", "url": "javascript:x"},
                {"type": "user", "user_id": "U1"},
                {"type": "channel", "channel_id": "C1"},
                {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "wave", "unicode": "1f44b"},
                {"type": "emoji", "name": "own"},
                {"type": "date", "timestamp": 1, "format": "{date}", "fallback": "then"},
            )
        ),
        NAMES,
    )
    assert shown == (
        "<p><s><i><b>&lt;a&gt;<br></b></i></s>"
        '<a href="https://a.b" rel="noopener noreferrer nofollow" target="_blank">x</a>javascript:x'
        '<span class="mention me">@Ann &lt;b&gt;</span><span class="mention">#general</span>'
        '<span class="mention">@here</span>👋:own:then</p>'
    )


def test_rich_text_has_lists_quotes_and_code() -> None:
    item, words = section({"type": "text", "text": "x"}), [{"type": "text", "text": "a\n<b>"}]
    shown = rich_text_html(
        rich(
            {"type": "rich_text_list", "style": "ordered", "offset": 2, "indent": 1, "elements": [item]},
            {"type": "rich_text_list", "style": "bullet", "elements": [item]},
            {"type": "rich_text_quote", "elements": words},
            {"type": "rich_text_preformatted", "elements": words},
            {"type": "rich_text_new"},
        ),
        NAMES,
    )
    assert shown == (
        '<ol start="3" class="indent1"><li>x</li></ol><ul><li>x</li></ul>'
        "<blockquote>a<br>&lt;b&gt;</blockquote><pre><code>a\n&lt;b&gt;</code></pre><p>rich_text_new</p>"
    )


JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from(["text", "link", "bold", "x<y>", "rich_text_list", "ordered"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "elements", "text", "url", "style", "offset", "unicode"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["type", "elements"]), JSON))
def test_rich_text_of_any_shape_is_harmless(block: dict[str, object]) -> None:
    assert tags(rich_text_html(block, NAMES)).wrong == []
