"""What of Slack's events reaches the engine."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack.people import KEPT_UNKNOWN
from bot.engine.chats import Author
from bot.engine.incoming import Command, IncomingMessage, TitleChange
from bot.engine.posts import Post
from tests.adapters.scripted_slack import Answer, refusal
from tests.adapters.slack_desk import Desk, desk
from tests.adapters.slack_payloads import ANN, DM, GENERAL, ME, ROOT, payload

KEY = ME.key(GENERAL, ROOT)


@pytest.fixture
async def slack() -> AsyncIterator[Desk]:
    async with desk() as running:
        yield running


def mention(text: str, **changes: Any) -> dict[str, Any]:
    body = payload("app_mention")
    body["event"].update(text=f"<@{ME.user}> {text}", **changes)
    return body


async def test_a_mention_reaches_the_engine_once_with_names(slack: Desk) -> None:
    await slack.deliver(payload("app_mention"))
    await slack.deliver(payload("message_channel_mention"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert taken.author == ANN


async def test_auth_test_is_asked_once(slack: Desk) -> None:
    for name in ("app_mention", "slash_chats", "press_in_thread"):
        await slack.deliver(payload(name))
    assert len(slack.slack.calls_of("auth.test")) == 1


async def test_a_name_is_looked_up_once(slack: Desk) -> None:
    for name in ("message_im_root", "message_im_thread"):
        await slack.deliver(payload(name))
    assert len(slack.slack.calls_of("users.info")) == 1


async def test_a_slow_look_up_of_a_name_holds_nothing_up(slack: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.people.PATIENCE", 0.05)
    slack.slack.answer("users.info", Answer({}, hang=True))
    await slack.deliver(payload("message_im_root"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert taken.author == Author(ANN.id, ANN.id)


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "a\x00b\x1b[31m", "🙂🙂", "<@U0BEN00001>" * 1000, "<" * 5000, "\ud800"]
)
async def test_odd_texts_reach_the_engine_which_judges_them(slack: Desk, text: str) -> None:
    body = payload("message_im_root")
    body["event"]["text"] = text
    assert (await slack.deliver(body))[0] == 200
    assert (len(slack.engine.taken), slack.engine.aside) == (1, [])
    assert len(slack.slack.calls_of("users.info")) <= 20


async def test_a_failed_look_up_is_tried_again_later(slack: Desk) -> None:
    slack.slack.answer("users.info", refusal("internal_error"))
    await slack.deliver(payload("message_im_root"))
    await slack.clock.advance(KEPT_UNKNOWN)
    await slack.deliver(payload("message_im_thread"))
    assert [getattr(taken, "author", None) for taken in slack.engine.taken] == [Author(ANN.id, ANN.id), ANN]


async def test_nobody_is_looked_up_for_messages_between_others(slack: Desk) -> None:
    await slack.deliver(payload("message_channel_plain"))
    assert slack.slack.calls_of("users.info") == []


async def test_a_refusal_is_shown_in_the_thread(slack: Desk) -> None:
    slack.engine.post = Post("Too long.")
    await slack.deliver(payload("app_mention"))
    assert slack.engine.shown == [(KEY, Post("Too long."), ROOT)]


async def test_a_word_after_the_mention_is_a_command(slack: Desk) -> None:
    await slack.deliver(mention("stop"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, Command)
    assert (taken.name, taken.key, taken.source) == ("stop", KEY, ROOT)


async def test_rename_is_a_message_where_no_chat_lives(slack: Desk) -> None:
    await slack.deliver(mention("rename the variables in this function"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)


async def test_rename_is_a_command_where_a_chat_lives(slack: Desk) -> None:
    slack.engine.add_chat(KEY)
    await slack.deliver(mention("rename Plans"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, Command)
    assert taken.argument == "Plans"


async def test_a_command_between_people_is_left_to_them(slack: Desk) -> None:
    body = payload("message_thread_reply")
    body["event"]["text"] = "!delete"
    await slack.deliver(body)
    assert (slack.engine.taken, slack.slack.calls_of("users.info")) == ([], [])


async def test_a_reply_where_a_chat_lives_goes_on_with_it(slack: Desk) -> None:
    slack.engine.add_chat(KEY)
    await slack.deliver(payload("message_thread_reply"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert (taken.ref.key, taken.addressed) == (KEY, False)


async def test_a_reply_that_overtakes_the_mention_waits_for_it(slack: Desk) -> None:
    """Race: the two come over different connections, perhaps to different processes."""
    body = payload("message_thread_reply")
    body["event"]["ts"] = f"{float(ROOT) + 2:.6f}"
    delivering = asyncio.create_task(slack.deliver(body))
    await slack.clock.advance_until(lambda: slack.clock.sleeping > 0)
    assert slack.engine.taken == []
    slack.engine.add_chat(KEY)
    await slack.clock.advance_until(delivering.done)
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)


async def overtaking_reply(slack: Desk, root: str) -> str:
    """Deliver a reply, 2 s after a root that nobody stored; what the adapter did about it."""
    slack.slack.answer(
        "conversations.replies", Answer({"ok": True, "messages": [{"user": ANN.id, "ts": ROOT, "text": root}]})
    )
    body = payload("message_thread_reply")
    body["event"]["ts"] = f"{float(ROOT) + 2:.6f}"
    delivering = asyncio.create_task(slack.post(json.dumps(body), **{"Content-Type": "application/json"}))
    await slack.clock.advance_until(delivering.done)
    status, _ = await delivering
    return "received" if status == 200 else "to be repeated"


async def test_a_reply_whose_threads_question_was_lost_comes_again_with_it(slack: Desk) -> None:
    """Race: the process that had the question died before it was stored. Slack repeats that a minute later."""
    assert await overtaking_reply(slack, f"<@{ME.user}> What is a tide?") == "to be repeated"
    assert slack.engine.taken == []


@pytest.mark.parametrize("root", ["Lunch?", f"<@{ME.user}> help", ""])
async def test_a_reply_in_a_thread_of_others_is_received_and_left_alone(slack: Desk, root: str) -> None:
    assert await overtaking_reply(slack, root) == "received"
    assert slack.engine.taken == []


async def test_a_reply_whose_thread_cannot_be_read_is_left_alone(slack: Desk) -> None:
    slack.slack.answer("conversations.replies", refusal("missing_scope"))
    assert await overtaking_reply(slack, "") == "received"


async def test_a_reply_in_an_older_thread_of_others_waits_for_nothing(slack: Desk) -> None:
    await slack.deliver(payload("message_thread_reply"))
    assert slack.engine.taken == []


async def test_a_bang_command_where_a_chat_lives_is_one(slack: Desk) -> None:
    slack.engine.add_chat(KEY)
    body = payload("message_thread_reply")
    body["event"]["text"] = "!delete"
    await slack.deliver(body)
    assert [type(taken) for taken in slack.engine.taken] == [Command]


async def test_a_title_given_in_slack_reaches_the_engine(slack: Desk) -> None:
    await slack.deliver(payload("agent_session_title_changed"))
    assert [type(taken) for taken in slack.engine.taken] == [TitleChange]


async def test_slacks_own_stop_ends_the_answer_and_the_sessions_processing(slack: Desk) -> None:
    await slack.deliver(payload("agent_session_stopped"))
    key = ME.key(DM, "1790000004.000100")
    assert slack.engine.stopped == [key]
    assert await slack.called("agents.sessions.setStatus") == {
        "channel_id": DM,
        "thread_ts": key.thread,
        "status": "active",
    }


async def test_slacks_own_stop_that_is_delivered_again_leaves_the_next_answer_alone(slack: Desk) -> None:
    for _ in range(2):
        await slack.deliver(payload("agent_session_stopped"))
        await slack.called("agents.sessions.setStatus")
    await slack.adapter.close()
    assert len(slack.engine.stopped) == 1
    assert len(slack.slack.calls_of("agents.sessions.setStatus")) == 1


@pytest.mark.parametrize("name", ["app_uninstalled", "tokens_revoked"])
async def test_without_the_workspace_the_adapter_is_not_ready(slack: Desk, name: str) -> None:
    assert slack.adapter.ready() is None
    await slack.deliver(payload(name))
    assert slack.adapter.ready()
