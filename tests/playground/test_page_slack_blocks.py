"""Block Kit on the page: every block that the stand-in takes is shown, and nothing in it is trusted."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from playground.page.slack_blocks import READERS, attachment, parts
from playground.page.slack_elements import element
from playground.page.slack_html import Names
from playground.slack.blocks import IN_MESSAGES, IN_MODALS, Surface
from tests.playground.slack_world import actions, button, text_block, text_input
from tests.playground.test_page_slack_html import tags
from tests.playground.test_slack_blocks import ALLOWED

NAMES = Names((("U1", "Ann"), ("U2", "Threadline"), ("C1", "general")), "U1")
HOSTILE = '<img src=x onerror="x">'
OPTION = {"text": {"type": "plain_text", "text": "A &lt; B"}, "value": "a"}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def shown(block: dict[str, Any]) -> dict[str, Any]:
    (part,) = parts([block], NAMES)
    return part


def htmls(part: Any) -> Iterator[str]:
    """Find everything that the page takes as HTML."""
    if isinstance(part, dict):
        yield from ([part["html"]] if "html" in part else [])
        yield from ([part["title"]] if part.get("kind") == "box" else [])
        yield from part.get("fields", [])
        for value in part.values():
            yield from htmls(value)
    elif isinstance(part, list):
        for one in part:
            yield from htmls(one)


def with_words(value: Any, words: str) -> Any:
    """Write the words into every text of a block, but not into what names its kind."""
    if isinstance(value, dict):
        named = ("type", "style", "level", "status", "align", "name", "range", "width", "action_id", "block_id")
        return {key: one if key in named else with_words(one, words) for key, one in value.items()}
    if isinstance(value, list):
        return [with_words(one, words) for one in value]
    return words if isinstance(value, str) else value


def test_every_kind_of_block_that_slack_takes_has_a_face() -> None:
    assert set(READERS) == set(IN_MESSAGES) | set(IN_MODALS)


@pytest.mark.parametrize(("_surface", "block"), ALLOWED)
def test_whatever_stands_in_a_block_no_tag_of_its_own_comes_through(_surface: Surface, block: dict[str, Any]) -> None:
    for made in (shown(block), shown(with_words(block, HOSTILE))):
        assert json.loads(json.dumps(made)) == made
        assert [wrong for html in htmls(made) for wrong in tags(html).wrong] == []


def test_a_block_that_nobody_knows_is_a_box_with_its_name() -> None:
    assert shown({"type": "hologram<b>"}) == {
        "kind": "box",
        "title": "A block of the kind “hologram&lt;b&gt;”",
        "parts": [],
    }


def test_an_element_that_nobody_knows_says_its_name() -> None:
    assert element({"type": "lever"}, NAMES)["text"] == "lever"


@pytest.mark.parametrize(
    ("block", "html"),
    [
        ({"type": "header", "text": plain("A <b>")}, '<h4 class="level1">A &lt;b&gt;</h4>'),
        ({"type": "header", "text": plain("A"), "level": 3}, '<h4 class="level3">A</h4>'),
        ({"type": "divider"}, "<hr>"),
        ({"type": "markdown", "text": "**a**"}, "<p><strong>a</strong></p>\n"),
        ({"type": "context", "elements": [plain("a"), {"type": "mrkdwn", "text": "*b*"}]},
         '<div class="context"><span>a</span> <span><b>b</b></span></div>'),
        ({"type": "alert", "level": "error", "text": plain("No")}, '<div class="alert error">No</div>'),
        ({"type": "image", "image_url": "https://a.b/c.png", "alt_text": "A cat"},
         '<p><a href="https://a.b/c.png" rel="noopener noreferrer nofollow" target="_blank">Image: A cat</a></p>'),
        ({"type": "image", "slack_file": {"id": "F1"}, "alt_text": "A cat"}, "<p>Image: A cat</p>"),
        ({"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_number", "value": 1.5}]],
          "column_settings": [None, {"align": "right"}]},
         '<div class="table"><table><tr><td>a</td><td class="right">1.5</td></tr></table></div>'),
        ({"type": "task_card", "task_id": "1", "title": "Look <up>", "status": "complete"},
         '<div class="task"><div><span class="task-complete">✓</span> Look &lt;up&gt;</div></div>'),
    ],
)  # fmt: skip
def test_a_block_of_text_is_html(block: dict[str, Any], html: str) -> None:
    assert shown(block) == {"kind": "html", "html": html}


def test_a_section_has_its_fields_and_what_stands_beside_it() -> None:
    made = shown({**text_block("*a*"), "fields": [plain("f")], "accessory": button("go", "Go")})
    assert (made["html"], made["fields"]) == ("<b>a</b>", ["f"])
    assert (made["accessory"]["kind"], made["accessory"]["action"], made["accessory"]["text"]) == ("button", "go", "Go")


def test_a_button_has_its_style_its_link_and_its_question() -> None:
    asked = {"title": plain("Sure?"), "text": plain("<b>"), "confirm": plain("Yes"), "deny": plain("No")}
    one = {**button("go", "Go"), "style": "danger", "url": "https://a.b", "confirm": {**asked, "style": "danger"}}
    made = shown(actions(one))["elements"][0]
    assert (made["style"], made["url"], made["label"]) == ("danger", "https://a.b", "Go")
    assert made["confirm"] == {"title": "Sure?", "html": "&lt;b&gt;", "yes": "Yes", "no": "No", "danger": True}


def test_an_element_for_others_is_not_shown() -> None:
    trash = {"type": "icon_button", "icon": "trash", "text": plain("Delete"), "action_id": "x"}
    block = {"type": "context_actions", "elements": [{**trash, "visible_to_user_ids": ["U2"]}]}
    assert shown(block)["elements"] == []


def test_feedback_has_two_buttons() -> None:
    good, bad = ({"text": plain(word), "value": word, "accessibility_label": f"{word}!"} for word in ("Good", "Bad"))
    made = element(
        {"type": "feedback_buttons", "action_id": "f", "positive_button": good, "negative_button": bad}, NAMES
    )
    assert (made["good"], made["bad"]) == ({"text": "Good", "label": "Good!"}, {"text": "Bad", "label": "Bad!"})


def test_a_menu_has_its_options_and_what_is_chosen() -> None:
    made = element({"type": "static_select", "action_id": "s", "options": [OPTION], "initial_option": OPTION}, NAMES)
    assert (made["kind"], made["several"], made["chosen"]) == ("select", False, ["a"])
    assert made["options"] == [{"text": "A < B", "value": "a"}]


def test_a_menu_of_people_or_places_offers_those_that_one_sees() -> None:
    people = element({"type": "multi_users_select", "action_id": "u", "initial_users": ["U2"]}, NAMES)
    places = element({"type": "conversations_select", "action_id": "c"}, NAMES)
    assert [option["text"] for option in people["options"]] == ["Ann", "Threadline"]
    assert (people["several"], people["chosen"]) == (True, ["U2"])
    assert [option["text"] for option in places["options"]] == ["#general"]


def test_a_field_has_its_label_and_what_it_holds_at_first() -> None:
    made = shown({**text_input(initial_value="old", multiline=True), "hint": plain("H"), "optional": True})
    assert (made["label"], made["hint"], made["optional"]) == ("Title", "H", True)
    field = made["element"]
    assert (field["kind"], field["input"], field["first"], field["lines"]) == ("typed", "text", "old", True)


def test_a_container_folds_where_it_may() -> None:
    made = shown(
        {
            "type": "container",
            "title": plain("A"),
            "subtitle": plain("b"),
            "is_collapsible": True,
            "default_collapsed": True,
            "child_blocks": [{"type": "divider"}],
        }
    )
    assert made == {
        "kind": "box",
        "title": "A<small>b</small>",
        "folded": True,
        "parts": [{"kind": "html", "html": "<hr>"}],
    }


@pytest.mark.parametrize(
    ("given", "html"),
    [
        (
            {"pretext": "p", "title": "t", "text": "<@U1>"},
            '<p>p</p><p>t</p><p><span class="mention me">@Ann</span></p>',
        ),
        ({"fallback": "<b>"}, "<p>&lt;b&gt;</p>"),
        ("nonsense", ""),
    ],
)
def test_an_attachment_shows_its_texts_else_its_fallback(given: Any, html: str) -> None:
    assert "".join(htmls(attachment(given, NAMES))) == html


@pytest.mark.parametrize("value", [None, "a", [None], [{}], [{"type": None}], [[1]]])
def test_what_are_no_blocks_breaks_nothing(value: Any) -> None:
    assert len(parts(value, NAMES)) <= 1
