"""What a person sees of Slack on the page, with the bot's calls made by hand."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.service.manifest import manifest
from bot.service.settings import Settings
from playground.clock import Clock
from playground.page import World
from playground.page.actions import Visit
from playground.page.slack_actions import ACTIONS
from playground.page.slack_view import MOST_MESSAGES, slack_part
from tests.playground.page_world import page_world, slack_call
from tests.playground.slack_world import actions, button

Json = dict[str, Any]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with page_world(Clock()) as world:
        world.slack.rates.enabled = False
        yield world


@pytest.fixture
def ann(world: World) -> Visit:
    return Visit(world, world.guests["ann"])


@pytest.fixture
def ben(world: World) -> Visit:
    return Visit(world, world.guests["ben"])


async def act(visit: Visit, name: str, **arguments: Any) -> Any:
    return await ACTIONS[f"slack.{name}"](visit, **arguments)


def entry(visit: Visit, name: str) -> Json:
    found: Json = next(one for one in slack_part(visit)["channels"] if one["name"] == name)
    return found


async def open_dm(visit: Visit, tab: str = "messages") -> str:
    dm: str = entry(visit, "Threadline")["id"]
    await act(visit, "open", channel=dm, tab=tab)
    return dm


def texts(messages: list[Json]) -> list[str]:
    return ["".join(part.get("html", "") for part in message["parts"]) for message in messages]


def place(visit: Visit) -> Json:
    shown: Json = slack_part(visit)["place"]
    return shown


def thread(visit: Visit) -> Json:
    shown: Json = slack_part(visit)["thread"]
    return shown


def test_a_newcomer_sees_the_first_channel_of_all_that_one_is_in(ann: Visit) -> None:
    shown = slack_part(ann)
    assert [one["name"] for one in shown["channels"]] == ["general", "launch", "random", "Threadline"]
    assert (shown["place"]["name"], shown["thread"], shown["chosen"]) == ("general", None, False)


async def test_a_newcomer_sees_the_thread_of_the_first_question(world: World, ann: Visit) -> None:
    ts = await world.slack.post(ann.guest.slack, world.general, f"{world.slack.workspace.bot.mention} Hi")
    assert thread(ann)["root"] == ts


def test_a_channel_without_the_app_says_so(world: World, ann: Visit) -> None:
    ann.slack |= {"channel": next(c.id for c in world.slack.workspace.channels.values() if c.name == "random")}
    ann.slack |= {"tab": "messages", "thread": None}
    assert (place(ann)["name"], place(ann)["here"]) == ("random", False)


async def test_nobody_sees_what_stands_in_the_direct_messages_of_others(ann: Visit, ben: Visit) -> None:
    dm = await open_dm(ann)
    await act(ann, "post", channel=dm, text="A secret")
    await open_dm(ben)
    assert place(ben)["messages"] == []
    assert dm not in str(slack_part(ben))


async def test_a_place_is_new_while_others_write_in_it_and_read_once_it_is_open(ann: Visit, ben: Visit) -> None:
    slack_part(ann)
    launch = entry(ben, "launch")["id"]
    await act(ben, "open", channel=launch)
    await act(ben, "post", channel=launch, text="Look")
    assert (entry(ann, "launch")["unread"], entry(ben, "launch")["unread"]) == (True, False)
    await act(ann, "open", channel=launch)
    assert entry(ann, "launch")["unread"] is False


async def test_replies_stand_in_their_thread_and_are_counted_under_its_root(world: World, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    for number in "12":
        await slack_call(world, "chat.postMessage", channel=world.general.id, thread_ts=root, text=f"Answer {number}")
    (shown,) = place(ann)["messages"]
    assert (shown["replies"], shown["last"]) == (2, float(list(world.general.messages)[-1]))
    await act(ann, "open", channel=world.general.id, thread=root)
    assert texts(thread(ann)["messages"]) == ["Question", "Answer 1", "Answer 2"]


async def test_only_the_newest_messages_are_shown(world: World, ann: Visit) -> None:
    for number in range(MOST_MESSAGES + 2):
        await world.slack.post(ann.guest.slack, world.general, str(number))
    shown = texts(place(ann)["messages"])
    assert (len(shown), shown[0], shown[-1]) == (MOST_MESSAGES, "2", str(MOST_MESSAGES + 1))


async def test_a_long_thread_keeps_its_root(world: World, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    for number in range(MOST_MESSAGES):
        await world.slack.post(ann.guest.slack, world.general, str(number), root)
    await act(ann, "open", channel=world.general.id, thread=root)
    shown = texts(thread(ann)["messages"])
    assert (len(shown), shown[0], shown[1], shown[-1]) == (MOST_MESSAGES, "Question", "1", str(MOST_MESSAGES - 1))


async def test_what_is_for_one_person_only_that_person_sees(world: World, ann: Visit, ben: Visit) -> None:
    slack_part(ann)
    told = {"channel": world.general.id, "user": ann.guest.slack.id, "text": "Psst"}
    await slack_call(world, "chat.postEphemeral", **told)
    (shown,) = place(ann)["messages"]
    assert (shown["ephemeral"], shown.get("mine")) == (True, None)
    assert place(ben)["messages"] == []


async def test_a_message_that_was_deleted_with_replies_leaves_its_place(world: World, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Oops")
    await world.slack.post(ann.guest.slack, world.general, "Reply", root)
    await world.slack.delete_message(ann.guest.slack, world.general, root)
    (shown,) = place(ann)["messages"]
    assert (shown["deleted"], texts([shown]), shown["replies"]) == (True, ["This message was deleted."], 1)
    await act(ann, "open", channel=world.general.id, thread=root)
    assert thread(ann)["locked"] is True


async def test_a_thread_that_is_gone_closes(world: World, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Oops")
    await act(ann, "open", channel=world.general.id, thread=root)
    await world.slack.delete_message(ann.guest.slack, world.general, root)
    assert slack_part(ann)["thread"] is None


async def test_a_stream_grows_where_it_stands_until_it_ends(world: World, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    await act(ann, "open", channel=world.general.id, thread=root)
    where = {"channel": world.general.id, "recipient_user_id": ann.guest.slack.id, "recipient_team_id": "T"}
    where["recipient_team_id"] = world.slack.team_id
    started = await slack_call(world, "chat.startStream", **where, thread_ts=root, markdown_text="**a**")
    stream = {"channel": world.general.id, "ts": started["ts"]}
    growing = thread(ann)["messages"][-1]
    assert (growing["streaming"], growing["growing"], texts([growing])) == (True, True, ["<p><strong>a</strong></p>\n"])
    await slack_call(world, "chat.appendStream", **stream, markdown_text=" b")
    await slack_call(world, "chat.stopStream", **stream, blocks=[actions(button("retry", "Retry"))])
    ended = thread(ann)["messages"][-1]
    assert ("streaming" in ended, texts([ended])) == (False, ["<p><strong>a</strong> b</p>\n"])
    assert ended["parts"][-1]["elements"][0]["text"] == "Retry"


async def test_a_session_shows_its_title_its_stop_and_the_line_under_the_thread(world: World, ann: Visit) -> None:
    dm = await open_dm(ann)
    await act(ann, "post", channel=dm, text="Question")
    root = thread(ann)["root"]
    place_of = {"channel_id": dm, "thread_ts": root}
    await slack_call(world, "agents.sessions.setStatus", **place_of, status="processing", title="Names")
    await slack_call(world, "assistant.threads.setStatus", **place_of, status="is thinking…")
    shown = thread(ann)
    assert shown["session"] == {"title": "Names", "stop": True, "by": "Threadline"}
    assert shown["status"] == "Threadline is thinking…"
    assert (place(ann)["messages"][0]["title"], place(ann)["messages"][0]["status"]) == ("Names", shown["status"])
    await slack_call(world, "chat.postMessage", channel=dm, thread_ts=root, text="An answer")
    assert (thread(ann)["messages"][-1]["growing"], thread(ann)["status"]) == (True, "")
    await slack_call(world, "agents.sessions.setStatus", **place_of, status="active")
    assert (thread(ann)["session"]["stop"], "growing" in thread(ann)["messages"][-1]) == (False, False)


async def test_an_app_that_does_not_hear_of_it_has_no_stop(world: World, ann: Visit) -> None:
    world.slack.app.events.discard("agent_session_stopped")
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    await act(ann, "open", channel=world.general.id, thread=root)
    where = {"channel_id": world.general.id, "thread_ts": root}
    await slack_call(world, "agents.sessions.setStatus", **where, status="processing")
    assert thread(ann)["session"]["stop"] is False


async def test_an_empty_messages_tab_suggests_what_the_manifest_says_until_the_app_says_more(
    world: World, ann: Visit
) -> None:
    world.slack.install(manifest(Settings()))
    dm = await open_dm(ann)
    assert [one["title"] for one in place(ann)["prompts"]] == ["Explain something", "Draft a message", "Review code"]
    given = [{"title": "Hello", "message": "Say hello."}]
    await slack_call(world, "assistant.threads.setSuggestedPrompts", channel_id=dm, prompts=given)
    assert place(ann)["prompts"] == given
    await act(ann, "post", channel=dm, text="Hi")
    assert place(ann)["prompts"] == []


def test_the_composer_completes_commands_and_everybody_else(world: World, ann: Visit) -> None:
    world.slack.install(manifest(Settings()))
    found = {one["insert"]: one for one in slack_part(ann)["offers"]}
    assert list(found) == ["/chats", "/chat-new", "/chat-rename", "/chat-delete", "@Threadline", "@Ben", "@Cleo"]
    assert found["/chat-rename"] == {
        "insert": "/chat-rename",
        "hint": "Rename your latest chat here · New title",
        "first": True,
    }


def test_the_shortcuts_are_those_of_the_manifest(world: World, ann: Visit) -> None:
    world.slack.install(manifest(Settings()))
    kinds = [(one["kind"], one["callback"]) for one in slack_part(ann)["shortcuts"]]
    assert kinds == [
        ("global", "list_chats"),
        ("global", "new_chat"),
        ("message", "rename_chat"),
        ("message", "delete_chat"),
        ("message", "branch_chat"),
    ]


async def test_the_home_tab_is_empty_until_the_app_publishes_it(world: World, ann: Visit) -> None:
    await open_dm(ann, "home")
    assert (place(ann)["tab"], place(ann)["home"]) == ("home", None)
    view = {"type": "home", "blocks": [actions(button("new", "New chat"))]}
    await slack_call(world, "views.publish", user_id=ann.guest.slack.id, view=view)
    assert place(ann)["home"]["parts"][0]["elements"][0]["text"] == "New chat"


async def test_an_app_whose_messages_tab_is_closed_takes_no_message(world: World, ann: Visit) -> None:
    await open_dm(ann)
    world.slack.app.messages_tab = False
    assert (place(ann)["closed"], place(ann)["tabs"]) == (True, ["home"])


async def test_one_may_edit_ones_own_words_and_nobody_elses(world: World, ann: Visit, ben: Visit) -> None:
    await world.slack.post(ann.guest.slack, world.general, f"{ben.guest.slack.mention} a <b>")
    (mine,), (others,) = place(ann)["messages"], place(ben)["messages"]
    assert (mine["mine"], mine["typed"]) == (True, "@Ben a <b>")
    assert {"mine", "typed"}.isdisjoint(others)
    assert texts([mine]) == ['<span class="mention">@Ben</span> a &lt;b&gt;']
    assert texts([others]) == ['<span class="mention me">@Ben</span> a &lt;b&gt;']


async def test_edits_files_and_reactions_are_shown(world: World, ann: Visit) -> None:
    slack, person = world.slack, ann.guest.slack
    ts = await slack.upload(person, world.general, "notes.txt", b"x", "See")
    await slack.react(person, world.general, ts, "eyes")
    await slack.edit(person, world.general, ts, "Look")
    (shown,) = place(ann)["messages"]
    assert (shown["files"], shown["edited"]) == (["notes.txt"], True)
    assert shown["reactions"] == [{"name": "eyes", "count": 1}]
