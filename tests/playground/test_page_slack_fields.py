"""A modal's fields: what the page sends for them becomes Slack's state."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.slack_fields import MISSING, problems, state_of

OPTIONS = [{"text": {"type": "plain_text", "text": word.upper()}, "value": word} for word in ("a", "b", "c")]
A, B, _ = OPTIONS


def block(kind: str, optional: bool = False, **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": "f", "optional": optional, "element": {"type": kind, "action_id": "x", **more}}


def filled(field: dict[str, Any], given: Any) -> Any:
    state = state_of([{"type": "divider", "block_id": "d"}, field], {} if given is None else {"f": given})
    return state.get("f", {}).get("x")


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        (block("plain_text_input"), "Hi", {"value": "Hi"}),
        (block("plain_text_input"), "", {"value": ""}),
        (block("plain_text_input", initial_value="old"), None, {"value": "old"}),
        (block("email_text_input"), "a@b.c", {"value": "a@b.c"}),
        (block("number_input"), "7", {"value": "7"}),
        (block("datepicker", initial_date="2026-01-02"), None, {"selected_date": "2026-01-02"}),
        (block("timepicker"), "10:00", {"selected_time": "10:00"}),
        (block("datetimepicker"), "1700000000", {"selected_date_time": 1700000000}),
        (block("datetimepicker", initial_date_time=1700000000), None, {"selected_date_time": 1700000000}),
        (block("static_select", options=OPTIONS), ["b"], {"selected_option": B}),
        (block("static_select", options=OPTIONS, initial_option=A), None, {"selected_option": A}),
        (block("static_select", option_groups=[{"options": OPTIONS}]), ["b"], {"selected_option": B}),
        (block("radio_buttons", options=OPTIONS), ["a"], {"selected_option": A}),
        (block("checkboxes", options=OPTIONS), ["b", "a"], {"selected_options": [A, B]}),
        (block("checkboxes", options=OPTIONS, initial_options=[A, B]), None, {"selected_options": [A, B]}),
        (block("multi_static_select", options=OPTIONS), ["a"], {"selected_options": [A]}),
        (block("users_select"), ["U1"], {"selected_user": "U1"}),
        (block("multi_users_select", initial_users=["U1"]), None, {"selected_users": ["U1"]}),
        (block("conversations_select"), ["C1"], {"selected_conversation": "C1"}),
    ],
)
def test_a_field_holds_its_value_in_its_elements_own_shape(field: dict[str, Any], given: Any, value: Any) -> None:
    assert filled(field, given) == {"type": field["element"]["type"], **value}


@pytest.mark.parametrize("given", [None, [], "", ["z"], 7, {"a": 1}])
def test_what_is_no_choice_is_none(given: Any) -> None:
    assert filled(block("static_select", options=OPTIONS), given) is None


def test_a_rich_text_field_holds_rich_text() -> None:
    value = filled(block("rich_text_input"), "a <b>")
    assert value["rich_text_value"]["elements"][0]["elements"] == [{"type": "text", "text": "a <b>"}]


@pytest.mark.parametrize("field", [block("plain_text_input"), block("static_select", options=OPTIONS)])
def test_a_field_that_must_be_filled_in_says_so(field: dict[str, Any]) -> None:
    assert problems([field], state_of([field], {"f": ""})) == {"f": MISSING}


def test_a_field_that_need_not_be_filled_in_may_be_empty() -> None:
    field = block("plain_text_input", optional=True)
    assert problems([field], state_of([field], {})) == {}


@pytest.mark.parametrize(("text", "sentence"), [("a", "2 to 3"), ("ab", ""), ("abc", ""), ("abcd", "2 to 3")])
def test_a_text_is_as_long_as_its_field_takes(text: str, sentence: str) -> None:
    field = block("plain_text_input", min_length=2, max_length=3)
    found = problems([field], state_of([field], {"f": text}))
    assert found == ({"f": f"This field takes {sentence} characters."} if sentence else {})


@given(st.recursive(st.none() | st.text() | st.integers(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)))
def test_a_browser_may_send_anything(given: Any) -> None:
    fields = [block("plain_text_input"), block("checkboxes", options=OPTIONS), block("datetimepicker")]
    for field in fields:
        state_of([field], given)
        problems([field], state_of([field], {"f": given}))
