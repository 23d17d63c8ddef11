"""Posts and views in Block Kit, within its limits."""

from adapters.slack import blocks, views
from adapters.slack.inbound import read_place
from bot.engine.posts import Action, Button, Post
from playground.slack.blocks import problems
from tests.adapters.slack_payloads import ANN, GENERAL, ME, ROOT, payload

KEY = ME.key(GENERAL, ROOT)
STOP = Button("Stop", Action.STOP, 7)
QUESTION = Post("Delete it?", ((Button("Delete", Action.DELETE, 3, danger=True), Button("Keep", Action.KEEP, 3)),))


def test_a_post_is_one_markdown_block_with_plain_text_beside_it() -> None:
    shown = blocks.message(Post("**Hello** <!channel>"))
    assert [block["type"] for block in shown["blocks"]] == ["markdown"]
    assert "<" not in shown["text"] + shown["blocks"][0]["text"]


def test_a_post_without_text_is_not_empty() -> None:
    """Slack answers no_text."""
    shown = blocks.message(Post(""))
    assert (shown["text"], shown["blocks"][0]["text"]) == (blocks.EMPTY, blocks.EMPTY)


def test_half_written_markdown_is_closed_in_a_live_post_only() -> None:
    live, final = (blocks.message(Post("```py\nprint(1)", live=live))["blocks"][0]["text"] for live in (True, False))
    assert live.rstrip().endswith("```")
    assert len(final) > 0


def test_buttons_are_unique_in_a_message() -> None:
    rows = blocks.message(Post("x", ((STOP, STOP), (STOP,))))["blocks"][1:]
    ids = [element["action_id"] for row in rows for element in row["elements"]]
    assert ids == ["threadline:0:0", "threadline:0:1", "threadline:1:0"]


def test_a_button_carries_its_data_and_its_danger() -> None:
    element = blocks.message(QUESTION)["blocks"][1]["elements"][0]
    assert (element["value"], element["style"], element["text"]["text"]) == ("delete:3", "danger", "Delete")


def test_a_link_is_a_button_that_nobody_listens_to() -> None:
    link = Button("Plans", Action.OPEN, 3, url="https://example.slack.com/archives/C1")
    element = blocks.message(Post("x", ((link,),)))["blocks"][1]["elements"][0]
    assert element["url"] == link.url
    assert not element["action_id"].startswith(blocks.BUTTON_PREFIX)


def test_a_long_label_is_cut_to_75_characters() -> None:
    element = blocks.message(Post("x", ((Button("a" * 200, Action.OPEN, 1),),)))["blocks"][1]["elements"][0]
    assert element["text"]["text"] == "a" * 74 + "…"


def test_more_rows_than_slack_takes_are_left_out() -> None:
    assert len(blocks.message(Post("x", ((STOP,),) * 200))["blocks"]) == 50
    assert len(blocks.view_blocks(Post("x", ((STOP,),) * 200))) <= 100


def test_a_view_has_no_markdown_block() -> None:
    """Slack takes them in messages only."""
    assert {block["type"] for block in blocks.view_blocks(QUESTION)} == {"section", "actions"}


def test_a_modal_that_asks_has_the_danger_as_its_submit_button() -> None:
    view = views.modal(QUESTION, "Delete chat", KEY, "")
    assert (view["callback_id"], view["submit"]["text"]) == (views.ANSWER, "Delete")
    assert [block["type"] for block in view["blocks"]] == ["section"]
    assert '"delete:3"' in view["private_metadata"]


def test_a_modal_that_shows_has_no_submit_button() -> None:
    view = views.modal(Post("Your chats", ((STOP,),)), "Your chats", KEY, "")
    assert "submit" not in view
    assert read_place(view["private_metadata"], ME, ANN.id) == KEY


def test_titles_of_modals_fit() -> None:
    assert len(views.modal(Post("x"), "a" * 99, KEY, "")["title"]["text"]) == 24


def test_a_note_stands_above_what_a_view_shows_and_takes_the_place_of_an_older_one() -> None:
    view = views.with_note(views.with_note(payload("press_in_modal")["view"], "first <b>"), "second <b>")
    assert [block["block_id"] for block in view["blocks"]] == [views.NOTE, "s1", "a1"]
    assert view["blocks"][0]["text"]["text"] == "second &lt;b&gt;"


def test_a_view_that_is_sent_back_has_only_what_slack_takes() -> None:
    view = views.with_note(payload("press_in_modal")["view"], "note")
    assert set(view) == {"type", "title", "close", "callback_id", "private_metadata", "blocks"}


def test_what_people_think_of_an_answer_has_slacks_own_buttons() -> None:
    post = Post(
        "x", ((Button("Ask again", Action.RETRY, 7),), (Button("Good", Action.GOOD, 7), Button("Bad", Action.BAD, 7)))
    )
    shown = blocks.message(post)["blocks"]
    assert problems(shown, "message") == []
    (feedback,) = shown[2]["elements"]
    assert (shown[2]["type"], feedback["type"]) == ("context_actions", "feedback_buttons")
    assert [feedback[side]["value"] for side in ("positive_button", "negative_button")] == ["good:7", "bad:7"]
