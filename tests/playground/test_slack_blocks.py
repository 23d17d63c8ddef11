"""The stand-in's Block Kit takes what the reference allows and nothing else."""

from typing import Any

import pytest

from playground.slack.blocks import Surface, problems, read_blocks
from playground.slack.errors import Refusal
from playground.slack.views import read_view
from tests.playground.slack_world import actions, button, modal, text_block, text_input

PLAIN = {"type": "plain_text", "text": "a"}


def option(text: str = "a", value: str = "v") -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def select(count: int) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "s", "options": [option(value=str(n)) for n in range(count)]}


def overflow(count: int) -> dict[str, Any]:
    return {"type": "overflow", "action_id": "o", "options": [option(value=str(n)) for n in range(count)]}


def buttons(count: int) -> dict[str, Any]:
    return actions(*(button(f"b{number}") for number in range(count)))


def table(rows: int, columns: int) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


CONFIRM = {"title": PLAIN, "text": PLAIN, "confirm": PLAIN, "deny": PLAIN}
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "f",
    "positive_button": {"text": PLAIN, "value": "good"},
    "negative_button": {"text": PLAIN, "value": "bad"},
}

ICON = {"type": "icon_button", "action_id": "i", "icon": "trash", "text": PLAIN}
IMAGE = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}
SOURCE = {"type": "url", "url": "https://example.com", "text": "a"}


def sized(length: int) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": "a" * length}


def card(**fields: Any) -> dict[str, Any]:
    return {"type": "card", "title": sized(1), **fields}


def carousel(count: int) -> dict[str, Any]:
    return {"type": "carousel", "elements": [card()] * count}


def container(*blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "container", "title": PLAIN, "child_blocks": list(blocks) or [text_block("a")], **fields}


def rich(*elements: dict[str, Any], kind: str = "rich_text_section", **fields: Any) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": kind, "elements": list(elements), **fields}]}


def task(**fields: Any) -> dict[str, Any]:
    return {"type": "task_card", "task_id": "t", "title": "a", "status": "complete", **fields}


def alert(length: int, **fields: Any) -> dict[str, Any]:
    return {"type": "alert", "text": sized(length), **fields}


WORD = {"type": "text", "text": "a", "style": {"bold": True}}
LINK = {"type": "link", "url": "https://example.com", "text": "a"}

ALLOWED: list[tuple[Surface, dict[str, Any]]] = [
    ("message", text_block("a" * 3000)),
    ("message", {"type": "section", "fields": [PLAIN] * 10}),
    ("message", {"type": "section", "text": PLAIN, "accessory": overflow(5)}),
    ("message", {"type": "header", "text": {"type": "plain_text", "text": "a" * 150, "emoji": True}}),
    ("message", {"type": "context", "elements": [PLAIN] * 10}),
    ("message", {"type": "context_actions", "elements": [FEEDBACK]}),
    ("message", {"type": "markdown", "text": "a" * 12_000, "block_id": "m"}),
    ("message", {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}),
    ("message", buttons(25)),
    ("message", actions({**button(value="v" * 2000), "style": "danger", "confirm": CONFIRM})),
    ("message", actions(select(100))),
    ("message", table(100, 20)),
    ("message", {**table(1, 2), "column_settings": [None, {"align": "right", "is_wrapped": True}]}),
    ("message", {"type": "table", "rows": [[{"type": "raw_number", "value": 1.5, "text": "1.5"}, rich(WORD)]]}),
    ("message", {"type": "context_actions", "elements": [ICON]}),
    ("message", card(title=sized(150), subtitle=sized(150), body=sized(200), actions=[button()])),
    ("message", {"type": "card", "hero_image": IMAGE}),
    ("message", carousel(10)),
    ("message", container(*[text_block("a")] * 10, width="full", is_collapsible=True, default_collapsed=True)),
    ("message", container(carousel(1), rich_text_title=rich(WORD), has_header_divider=True, icon=IMAGE)),
    ("message", {"type": "plan", "title": "a", "tasks": [task()] * 50}),
    ("message", task(details=rich(WORD), output=rich(WORD), sources=[SOURCE])),
    ("message", rich(WORD, LINK, {"type": "emoji", "name": "tea"}, {"type": "broadcast", "range": "here"})),
    ("message", rich({"type": "rich_text_section", "elements": [WORD]}, kind="rich_text_list", style="bullet")),
    ("message", rich(WORD, LINK, kind="rich_text_preformatted", border=0, language="python")),
    ("modal", alert(200, level="warning")),
    ("message", actions({"type": "datetimepicker", "action_id": "d", "initial_date_time": 1_790_000_000})),
    ("message", {"type": "section", "text": PLAIN, "accessory": {"type": "multi_users_select", "action_id": "u"}}),
    ("modal", {**text_input(), "element": {"type": "rich_text_input", "initial_value": rich(WORD)}}),
    ("modal", {**text_input(), "element": {"type": "file_input", "filetypes": ["png"], "max_files": 10}}),
    ("modal", {**text_input(), "element": {"type": "multi_channels_select", "max_selected_items": 3}}),
    ("home", actions(select(1))),
    ("modal", text_input()),
]

REFUSED: list[tuple[Surface, dict[str, Any]]] = [
    ("message", {"type": "nonsense"}),
    ("message", {"type": "section"}),
    ("message", text_block("")),
    ("message", text_block("a" * 3001)),
    ("message", {"type": "section", "text": "a"}),
    ("message", {"type": "section", "text": {"type": "mrkdwn", "text": "a", "emoji": True}}),
    ("message", {"type": "section", "text": {**PLAIN, "verbatim": True}}),
    ("message", {"type": "section", "text": PLAIN, "nonsense": 1}),
    ("message", {"type": "section", "fields": [PLAIN] * 11}),
    ("message", {"type": "header", "text": {"type": "mrkdwn", "text": "a"}}),
    ("message", {"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}),
    ("message", {"type": "context", "elements": [PLAIN] * 11}),
    ("message", {"type": "markdown", "text": "a" * 12_001}),
    ("message", {"type": "markdown", "text": ""}),
    ("message", {"type": "image", "alt_text": "a"}),
    ("message", {"type": "divider", "block_id": "a" * 256}),
    ("message", buttons(26)),
    ("message", actions()),
    ("message", actions(button(label="a" * 76))),
    ("message", actions(button(value="v" * 2001))),
    ("message", actions({**button(), "style": "warning"})),
    ("message", actions({**button(), "url": "https://example.com/" + "a" * 3000})),
    ("message", actions(button("a" * 256))),
    ("message", actions(select(101))),
    ("message", actions({"type": "static_select", "action_id": "s"})),
    ("message", actions({**select(1), "options": [option("a" * 76)]})),
    ("message", actions({**select(1), "options": [option(value="v" * 151)]})),
    ("message", actions(overflow(6))),
    ("message", actions({**button(), "confirm": {**CONFIRM, "title": {**PLAIN, "text": "a" * 101}}})),
    ("message", {"type": "context_actions", "elements": [FEEDBACK] * 6}),
    ("message", table(101, 1)),
    ("message", {**table(1, 1), "column_settings": [{"align": "middle"}]}),
    ("message", {**table(1, 1), "column_settings": [None] * 21}),
    ("message", {"type": "table", "rows": [[{"type": "raw_number", "value": "1", "text": "1"}]]}),
    ("message", {"type": "context_actions", "elements": [{**ICON, "icon": "bin"}]}),
    ("message", {"type": "context_actions", "elements": [{**ICON, "visible_to_user_ids": ["U1"] * 11}]}),
    ("message", {"type": "card", "subtitle": sized(1)}),
    ("message", card(title=sized(151))),
    ("message", card(subtitle=sized(151))),
    ("message", card(body=sized(201))),
    ("message", card(actions=[overflow(1)])),
    ("message", carousel(0)),
    ("message", carousel(11)),
    ("message", {"type": "carousel", "elements": [text_block("a")]}),
    ("message", container(*[text_block("a")] * 11)),
    ("message", {"type": "container", "child_blocks": [text_block("a")]}),
    ("message", {"type": "container", "title": PLAIN, "child_blocks": []}),
    ("message", container(container())),
    ("message", container(title={**PLAIN, "text": "a" * 151})),
    ("message", container(width="huge")),
    ("message", container(default_collapsed=True)),
    ("message", container(is_collapsible=True, has_header_divider=True)),
    ("message", container(actions(button()), actions(button()))),
    ("message", {"type": "plan", "title": "a", "tasks": [task()] * 51}),
    ("message", {"type": "plan", "title": "a" * 257}),
    ("message", task(status="nearly")),
    ("message", task(details="a")),
    ("message", task(sources=[{**SOURCE, "type": "file"}])),
    ("message", rich({"type": "nonsense"})),
    ("message", rich({"type": "broadcast", "range": "all"})),
    ("message", rich(WORD, kind="rich_text_list", style="bullet")),
    ("message", rich({"type": "emoji", "name": "tea"}, kind="rich_text_preformatted")),
    ("message", rich(WORD, kind="rich_text_quote", border=2)),
    ("message", alert(1)),
    ("modal", alert(201)),
    ("message", actions({"type": "datetimepicker", "initial_date_time": 1})),
    ("message", actions({"type": "multi_users_select"})),
    ("modal", {**text_input(), "element": {"type": "file_input", "max_files": 11}}),
    ("modal", {**text_input(), "element": {"type": "multi_static_select", "options": [option()] * 101}}),
    ("modal", alert(1, level="loud")),
    ("home", card()),
    ("message", table(1, 21)),
    ("modal", {"type": "markdown", "text": "a"}),
    ("home", {"type": "markdown", "text": "a"}),
    ("home", {"type": "context_actions", "elements": [FEEDBACK]}),
    ("modal", text_input(max_length=3001)),
]


@pytest.mark.parametrize(("surface", "block"), ALLOWED)
def test_what_the_reference_allows_is_taken(surface: Surface, block: dict[str, Any]) -> None:
    assert problems([block], surface) == []


@pytest.mark.parametrize(("surface", "block"), REFUSED)
def test_what_the_reference_forbids_is_refused(surface: Surface, block: dict[str, Any]) -> None:
    assert problems([block], surface) != []


def test_a_refusal_says_where() -> None:
    with pytest.raises(Refusal) as caught:
        read_blocks([text_block("a"), actions(button(label="a" * 76))])
    assert caught.value.body["response_metadata"]["messages"] == [
        "[ERROR] must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]"
    ]


def test_ids_are_unique_in_a_payload() -> None:
    assert problems([actions(button("a")), actions(button("a"))], "message") == ["`action_id` must be unique: a"]
    same = [{"type": "divider", "block_id": "d"}] * 2
    assert problems(same, "message") == ["`block_id` must be unique: d"]


def test_a_message_has_one_table_and_50_blocks_a_view_100() -> None:
    assert problems([table(1, 1), table(1, 1)], "message") == ["only one table is allowed in a message"]
    rows = [{"type": "divider"}] * 51
    assert problems(rows, "message") == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert problems(rows, "modal") == []
    assert problems(rows * 2, "home") == ["no more than 100 items allowed [json-pointer:/blocks]"]


@pytest.mark.parametrize(
    "value", ["text", 1, [1], [None], [[]], [{"type": ["section"]}], [{"type": "section", "text": 1}]]
)
def test_nonsense_is_refused_and_breaks_nothing(value: Any) -> None:
    with pytest.raises(Refusal):
        read_blocks(value)


@pytest.mark.parametrize(
    "view",
    [
        None,
        {"type": "message", "blocks": []},
        {"type": "modal", "blocks": []},
        modal(blocks=[]),
        {"type": "home", "blocks": []},
        modal(title={"type": "plain_text", "text": "a" * 25}),
        modal(submit={"type": "plain_text", "text": "a" * 25}),
        modal(private_metadata="a" * 3001),
        modal(callback_id="a" * 256),
        modal(nonsense=1),
        modal({"type": "markdown", "text": "a"}),
        {name: value for name, value in modal(text_input()).items() if name != "submit"},
    ],
)
def test_a_view_that_slack_refuses_is_refused(view: Any) -> None:
    with pytest.raises(Refusal, match="invalid_arguments"):
        read_view(view, "modal", "home")


def test_a_view_is_at_most_250_kilobytes() -> None:
    blocks = [text_block("语" * 3000) for _ in range(20)]
    with pytest.raises(Refusal, match="view_too_large"):
        read_view(modal(*blocks), "modal")


def test_ids_inside_of_containers_count_with_the_others() -> None:
    blocks = [container(actions(button("a"))), card(actions=[button("a")])]
    assert problems(blocks, "message") == ["`action_id` must be unique: a"]
    assert problems([container(table(1, 1)), table(1, 1)], "message") == ["only one table is allowed in a message"]
