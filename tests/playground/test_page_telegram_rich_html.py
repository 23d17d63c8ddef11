"""Rich messages on the page: every block that the stand-in takes is shown, and nothing foreign becomes a tag."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.telegram_rich_html import blocks_html
from playground.telegram.rich_blocks import KINDS
from playground.telegram.rich_markdown import markdown_blocks
from playground.telegram.rich_text import FIELDS
from tests.playground.page_telegram_tags import Tags

Block = dict[str, Any]
LEAF = "tg<b>"
EXAMPLES: dict[str, Block] = {
    "paragraph": {"text": LEAF},
    "heading": {"text": LEAF, "size": 2},
    "pre": {"text": LEAF, "language": "py"},
    "footer": {"text": LEAF},
    "thinking": {"text": LEAF},
    "expandable_blockquote": {"text": LEAF, "credit": "who"},
    "pullquote": {"text": LEAF},
    "details": {"summary": "more", "blocks": [{"type": "paragraph", "text": LEAF}], "is_open": True},
    "mathematical_expression": {"expression": LEAF},
    "anchor": {"name": "here"},
    "blockquote": {"blocks": [{"type": "paragraph", "text": LEAF}]},
    "collage": {"blocks": [{"type": "photo", "photo": [{"width": 1, "height": 2}]}], "caption": {"text": LEAF}},
    "slideshow": {"blocks": [{"type": "photo", "photo": [{"width": 1, "height": 2}]}], "caption": {"text": LEAF}},
    "photo": {"photo": [{"width": 90, "height": 60, "file_size": 2048}], "caption": {"text": LEAF, "credit": "who"}},
    "video": {"video": {"duration": 3}, "caption": {"text": LEAF}},
    "audio": {"audio": {"file_name": LEAF}},
    "voice_note": {"voice_note": {}, "caption": {"text": LEAF}},
    "document": {"document": {"file_name": LEAF, "file_size": 10}},
    "list": {"items": [{"label": "1.", "blocks": [{"type": "paragraph", "text": LEAF}]}]},
    "table": {"cells": [[{"text": LEAF, "align": "right", "is_header": True, "colspan": 2}]], "caption": "T"},
    "divider": {},
    "buttons": {"buttons": [{"text": LEAF, "callback_data": "d"}]},
}


def shown(kind: str, **block: Any) -> str:
    return blocks_html([{"type": kind, **block}]).removeprefix('<div class="tg-rich">').removesuffix("</div>")


def text_shown(text: Any) -> str:
    return shown("paragraph", text=text).removeprefix("<p>").removesuffix("</p>")


def test_there_is_an_example_of_every_kind_of_block() -> None:
    assert EXAMPLES.keys() == KINDS


@pytest.mark.parametrize("kind", sorted(KINDS - {"divider", "anchor"}))
def test_the_words_of_every_block_are_shown(kind: str) -> None:
    seen = Tags(shown(kind, **EXAMPLES[kind]))
    assert seen.wrong == []
    assert LEAF in seen.text


def test_an_unknown_block_shows_its_text() -> None:
    assert shown("something_new", text="x") == "<p>x</p>"


def test_a_heading_says_that_it_is_one() -> None:
    assert shown("heading", text="x", size=2) == '<p class="tg-h2" role="heading" aria-level="3">x</p>'


def test_a_task_shows_whether_it_is_done() -> None:
    items: list[Block] = [
        {"label": "•", "blocks": [], "has_checkbox": True, "is_checked": done} for done in (True, False)
    ]
    assert [mark for mark in shown("list", items=items) if mark in "☑☐"] == ["☑", "☐"]


def test_cells_keep_their_place() -> None:
    cells = [[{"text": "a", "align": "right", "colspan": 2}], [{"text": "b", "is_header": True, "align": "left"}]]
    assert '<td class="tg-right" colspan="2">a</td></tr><tr><th>b</th>' in shown("table", cells=cells)


def test_a_huge_cell_is_made_smaller() -> None:
    assert 'colspan="500"' in shown("table", cells=[[{"colspan": 10**9}]])


def test_a_button_with_data_can_be_pressed() -> None:
    button = shown(
        "buttons", buttons=[{"text": ["a", {"type": "bold", "text": "b"}], "callback_data": '"x', "style": "danger"}]
    )
    assert '<button type="button" class="tg-key danger" data-press="&quot;x">ab</button>' in button


def test_a_button_with_an_address_is_a_link() -> None:
    assert 'href="https://a.b/"' in shown("buttons", buttons=[{"text": "a", "url": "https://a.b/"}])


@pytest.mark.parametrize("action", [{"disabled": {}}, {"copy_text": {"text": "x"}}, {"url": "javascript:x"}])
def test_a_button_that_can_do_nothing_here_cannot_be_pressed(action: Block) -> None:
    assert "disabled>a</button>" in shown("buttons", buttons=[{"text": "a", **action}])


@pytest.mark.parametrize(
    ("kind", "tag"), [("bold", "b"), ("marked", "mark"), ("subscript", "sub"), ("superscript", "sup"), ("code", "code")]
)
def test_styles_are_tags(kind: str, tag: str) -> None:
    assert text_shown({"type": kind, "text": ["<", {"type": "italic", "text": "x"}]}) == f"<{tag}>&lt;<i>x</i></{tag}>"


def test_a_link_in_a_link_stays_text() -> None:
    inner = {"type": "url", "text": "x", "url": "https://inner.org/"}
    assert text_shown({"type": "url", "text": inner, "url": "https://outer.org/"}).count("<a ") == 1


def test_every_kind_of_text_is_shown() -> None:
    details = {"name": "n", "custom_emoji_id": "1", "alternative_text": "x", "expression": "x", "unix_time": 1}
    for kind, fields in FIELDS.items():
        text = {"type": kind, **{name: details.get(name, "x") for name in fields}}
        seen = Tags(text_shown(text))
        assert seen.wrong == []
        assert seen.text == ("" if kind == "anchor" else "x"), kind


def test_markdown_becomes_what_it_says() -> None:
    html = blocks_html(markdown_blocks("# T\n\n- [x] **a**\n\n| h |\n|---|\n| c |\n\n> q\n\n```py\nx\n```"))
    assert [tag in html for tag in ("tg-h1", "☑", "<b>a</b>", "<th>h</th>", "<td>c</td>", "<blockquote>", "py")] == [
        True
    ] * 7


HOSTILE = st.sampled_from(["<script>", '" onclick="x', "javascript:x", "https://a.b/", "]]>", "<!--", "x"]) | st.text(
    max_size=3
)
TEXTS = st.recursive(
    HOSTILE,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries(
            {"type": st.sampled_from([*FIELDS, "new"]), "text": inner}
            | dict.fromkeys(("url", "email_address", "bot_command", "alternative_text", "expression"), HOSTILE)
        )
    ),
    max_leaves=6,
)


@given(TEXTS, HOSTILE)
def test_no_rich_message_smuggles_a_tag(text: Any, word: str) -> None:
    blocks: list[Block] = [
        {"type": "paragraph", "text": text, "credit": text},
        {"type": "heading", "text": text, "size": 1},
        {"type": "pre", "text": text, "language": word},
        {"type": "details", "summary": text, "blocks": [{"type": "footer", "text": text}]},
        {"type": "table", "cells": [[{"text": text, "align": word}]], "caption": text},
        {"type": "document", "document": {"file_name": word}, "caption": {"text": text}},
        {"type": "buttons", "buttons": [{"text": text, "callback_data": word, "style": word}]},
        {"type": "buttons", "buttons": [{"text": text, "url": word}]},
        {"type": word, "text": text},
    ]
    assert Tags(blocks_html(blocks)).wrong == []
