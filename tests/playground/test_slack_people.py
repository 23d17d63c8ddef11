"""What people do in the stand-in reaches the app as the events that Slack sends."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.clock import ManualClock
from playground.slack import NotPossible
from tests.playground.slack_world import Json, World, world


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def w(clock: ManualClock) -> AsyncIterator[World]:
    async with world(clock) as running:
        yield running


async def events(w: World, count: int) -> list[Json]:
    """The first attempts so far, once there are so many."""
    await w.slack.wait_for(lambda: len(w.slack.deliveries) >= count)
    return [delivery.event for delivery in w.slack.deliveries if delivery.attempt == 0]


def kinds(told: list[Json]) -> list[str]:
    return [str(event.get("subtype", event["type"])) for event in told]


async def test_a_mention_in_a_channel_comes_twice_with_two_event_ids(w: World) -> None:
    ts = await w.slack.post(w.ann, w.general, f"{w.slack.workspace.bot.mention} a < b")
    told = await events(w, 2)
    assert sorted(kinds(told)) == ["app_mention", "message"]
    assert {event["ts"] for event in told} == {ts}
    assert {event["text"] for event in told} == {f"<@{w.slack.bot_user_id}> a &lt; b"}
    assert len({delivery.event_id for delivery in w.slack.deliveries}) == 2


async def test_a_mention_in_the_messages_tab_comes_once_and_without_a_thread(w: World) -> None:
    await w.slack.post(w.ann, w.dm, f"{w.slack.workspace.bot.mention} hello")
    (told,) = await events(w, 1)
    assert (told["type"], told["channel_type"]) == ("message", "im")
    assert "thread_ts" not in told


async def test_a_reply_names_its_thread_and_moves_the_roots_numbers_hidden(w: World) -> None:
    root = await w.slack.post(w.ann, w.general, "root")
    reply = await w.slack.post(w.bob, w.general, "reply", thread_ts=root)
    _, told, moved = await events(w, 3)
    assert (told["thread_ts"], told["parent_user_id"]) == (root, w.ann.id)
    assert (moved["subtype"], moved["hidden"], moved["message"]["ts"]) == ("message_changed", True, root)
    assert moved["message"]["text"] == moved["previous_message"]["text"] == "root"
    assert (moved["message"]["reply_count"], moved["message"]["latest_reply"]) == (1, reply)


async def test_the_apps_own_messages_come_back_to_it(w: World) -> None:
    await w.post("mine")
    (told,) = await events(w, 1)
    assert (told["bot_id"], told["user"], told["app_id"]) == (w.slack.bot_id, w.slack.bot_user_id, w.slack.app.app_id)


async def test_other_bots_are_seen_by_their_bot_id(w: World) -> None:
    bot = w.slack.add_bot("Weather")
    w.general.members[bot.id] = bot
    await w.slack.post(bot, w.general, "rain")
    (told,) = await events(w, 1)
    assert told["bot_id"] == bot.bot_id != w.slack.bot_id


async def test_an_edit_tells_both_texts_and_makes_no_mention(w: World) -> None:
    ts = await w.slack.post(w.ann, w.general, "before")
    await w.slack.edit(w.ann, w.general, ts, f"{w.slack.workspace.bot.mention} after")
    told = await events(w, 2)
    assert kinds(told) == ["message", "message_changed"]
    assert told[1]["previous_message"]["text"] == "before"
    assert told[1]["message"]["edited"]["user"] == w.ann.id
    assert "hidden" not in told[1]
    with pytest.raises(NotPossible):
        await w.slack.edit(w.bob, w.general, ts, "not mine")


async def test_a_deletion_tells_what_is_gone(w: World) -> None:
    ts = await w.slack.post(w.ann, w.general, "oops")
    await w.slack.delete_message(w.ann, w.general, ts)
    _, told = await events(w, 2)
    assert (told["subtype"], told["deleted_ts"], told["previous_message"]["text"]) == ("message_deleted", ts, "oops")


async def test_housekeeping_comes_as_messages_with_a_subtype(w: World) -> None:
    await w.slack.join(w.slack.add_person("Carol"), w.general)
    await w.slack.set_topic(w.ann, w.general, "tea")
    await w.slack.rename_channel(w.ann, w.general, "tea-room")
    await w.slack.leave(w.bob, w.general)
    await w.slack.archive(w.ann, w.general)
    told = await events(w, 5)
    assert kinds(told) == ["channel_join", "channel_topic", "channel_name", "channel_leave", "channel_archive"]
    with pytest.raises(NotPossible):
        await w.slack.post(w.bob, w.general, "I have left")


async def test_the_app_hears_nothing_of_places_it_is_not_in(w: World) -> None:
    await w.slack.kick(w.ann, w.general)
    await w.slack.post(w.ann, w.general, f"{w.slack.workspace.bot.mention} hello?")
    await w.slack.invite(w.ann, w.general)
    await w.slack.post(w.ann, w.general, "back again")
    told = await events(w, 2)
    assert [event["text"] for event in told] == [f"<@{w.slack.bot_user_id}> has joined the channel", "back again"]


@pytest.mark.parametrize("missing", ["subscription", "scope"])
async def test_the_app_hears_only_what_it_is_subscribed_to_and_has_the_scope_for(w: World, missing: str) -> None:
    if missing == "scope":
        w.slack.app.scopes.discard("im:history")
    else:
        w.slack.app.events.discard("message.im")
    await w.slack.post(w.ann, w.dm, "unheard")
    await w.slack.post(w.ann, w.general, "heard")
    assert [event["text"] for event in await events(w, 1)] == ["heard"]


async def test_a_group_conversation_needs_a_mention_like_a_channel(w: World) -> None:
    group = w.slack.add_group_dm([w.ann, w.bob])
    await w.slack.post(w.ann, group, f"{w.slack.workspace.bot.mention} hello")
    told = await events(w, 2)
    assert sorted(kinds(told)) == ["app_mention", "message"]
    assert {event.get("channel_type", "mpim") for event in told} == {"mpim"}


async def test_both_tabs_of_the_app_tell_when_they_are_opened(w: World) -> None:
    await w.slack.open_home(w.ann)
    await w.slack.open_messages_tab(w.ann)
    home, messages = await events(w, 2)
    assert (home["tab"], messages["tab"], home["channel"]) == ("home", "messages", w.dm.id)
    w.slack.app.home_tab = w.slack.app.messages_tab = False
    with pytest.raises(NotPossible):
        await w.slack.open_home(w.ann)
    with pytest.raises(NotPossible):
        await w.slack.open_messages_tab(w.ann)


async def test_an_agent_is_told_what_a_person_looks_at(w: World) -> None:
    await w.slack.look_at(w.ann, w.general)
    await w.slack.open_messages_tab(w.ann)
    changed, opened = await events(w, 2)
    assert (changed["type"], changed["user"]) == ("app_context_changed", w.ann.id)
    assert [entity["value"] for entity in changed["context"]["entities"]] == [w.general.id]
    assert opened["context"] == changed["context"]
    w.slack.app.scopes.discard("assistant:write")
    await w.slack.look_at(w.ann, w.general)
    assert len(w.slack.deliveries) == 2


async def test_a_text_that_begins_with_a_slash_never_reaches_the_app(w: World) -> None:
    with pytest.raises(NotPossible):
        await w.slack.post(w.ann, w.general, "/chats")
    assert w.slack.messages(w.general) == []


async def test_uninstalling_takes_the_token_away_and_tells_it_twice(w: World) -> None:
    await w.slack.uninstall()
    told = await events(w, 2)
    assert sorted(kinds(told)) == ["app_uninstalled", "tokens_revoked"]
    assert await w.refusal("auth.test") == "account_inactive"


async def test_a_title_that_a_person_gives_is_told_with_the_one_before(w: World) -> None:
    root = await w.slack.post(w.ann, w.dm, "hello")
    with pytest.raises(NotPossible):
        await w.slack.rename_session(w.ann, w.dm, root, "No session yet")
    await w.call("agents.sessions.setStatus", channel_id=w.dm.id, thread_ts=root, status="active", title="a: b/c")
    await w.slack.rename_session(w.ann, w.dm, root, "By hand")
    told = (await events(w, 3))[-1]
    assert (told["type"], told["title"], told["previous_title"]) == ("agent_session_title_changed", "By hand", "a_ b_c")


@pytest.mark.parametrize(
    ("method", "args", "error"),
    [
        ("setStatus", {"status": "nonsense"}, "invalid_status"),
        ("setStatus", {"status": "active", "title": "a" * 201}, "invalid_arguments"),
        ("setStatus", {"status": "active", "thread_ts": ""}, "thread_ts_required"),
        ("setStatus", {"status": "active", "channel_id": "C0NOWHERE1"}, "channel_not_found"),
        ("setStatus", {"status": "active", "initiator_user_id": "U0NOBODY"}, "user_not_found"),
        ("rename", {"title": "x"}, "not_authorized"),
        ("rename", {"title": ""}, "invalid_name"),
        ("rename", {"title": "a" * 201}, "invalid_name"),
    ],
)
async def test_what_slack_refuses_of_sessions_is_refused(w: World, method: str, args: Json, error: str) -> None:
    root = await w.slack.post(w.ann, w.dm, "hello")
    given = {"channel_id": w.dm.id, "thread_ts": root, **args}
    assert await w.refusal(f"agents.sessions.{method}", **given) == error


async def test_a_workspace_can_be_without_sessions(w: World) -> None:
    w.slack.app.sessions = False
    root = await w.slack.post(w.ann, w.dm, "hello")
    where: dict[str, Any] = {"channel_id": w.dm.id, "thread_ts": root}
    assert await w.refusal("agents.sessions.setStatus", **where, status="active") == "feature_disabled"
    assert await w.refusal("agents.sessions.rename", **where, title="x") == "feature_disabled"


async def test_a_session_is_renamed_and_processing_ends_by_itself_after_an_hour(w: World, clock: ManualClock) -> None:
    root = await w.slack.post(w.ann, w.dm, "hello")
    where: dict[str, Any] = {"channel_id": w.dm.id, "thread_ts": root}
    await w.call("agents.sessions.setStatus", **where, status="processing")
    await w.call("agents.sessions.rename", **where, title="Tea")
    session = w.slack.session(w.dm, root)
    assert session is not None
    assert (session.title, session.state) == ("Tea", "processing")
    await clock.advance(3600)
    assert w.slack.session(w.dm, root) is session
    assert session.state == "active"


async def test_a_status_goes_after_two_minutes_or_with_the_next_message(w: World, clock: ManualClock) -> None:
    root = await w.slack.post(w.ann, w.general, "hello")
    where: dict[str, Any] = {"channel_id": w.general.id, "thread_ts": root}
    await w.call("assistant.threads.setStatus", **where, status="is thinking…")
    assert w.slack.status(w.general, root) == "is thinking…"
    await w.post(thread_ts=root)
    assert w.slack.status(w.general, root) == ""
    await w.call("assistant.threads.setStatus", **where, status="is thinking…", loading_messages=["a" * 50] * 10)
    await clock.advance(120)
    assert w.slack.status(w.general, root) == ""


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"thread_ts": "1790000000.000001"}, "invalid_thread_ts"),
        ({"loading_messages": ["a"] * 11}, "invalid_arguments"),
        ({"loading_messages": ["a" * 51]}, "invalid_arguments"),
        ({"username": "x"}, "missing_scope"),
        ({"channel_id": "C0NOWHERE1"}, "channel_not_found"),
    ],
)
async def test_what_slack_refuses_of_a_status_is_refused(w: World, args: Json, error: str) -> None:
    root = await w.slack.post(w.ann, w.general, "hello")
    given = {"channel_id": w.general.id, "thread_ts": root, "status": "x", **args}
    assert await w.refusal("assistant.threads.setStatus", **given) == error


async def test_prompts_are_at_most_four_and_for_agents_only(w: World) -> None:
    prompt = {"title": "Tea?", "message": "Tell me about tea"}
    method = "assistant.threads.setSuggestedPrompts"
    assert await w.refusal(method, channel_id=w.dm.id, prompts=[prompt] * 4) == ""
    assert await w.refusal(method, channel_id=w.dm.id, prompts=[prompt] * 5) == "invalid_arguments"
    assert await w.refusal(method, channel_id=w.dm.id, prompts=[{"title": "x"}]) == "invalid_arguments"
    w.slack.app.agent_view = False
    assert await w.refusal(method, channel_id=w.dm.id, prompts=[prompt]) == "not_agent_app"


async def test_a_thread_title_is_for_conversations_with_the_agent(w: World) -> None:
    root = await w.slack.post(w.ann, w.dm, "hello")
    method = "assistant.threads.setTitle"
    assert await w.refusal(method, channel_id=w.dm.id, thread_ts=root, title="Tea") == ""
    session = w.slack.session(w.dm, root)
    assert session is not None
    assert session.title == "Tea"
    root = await w.slack.post(w.ann, w.general, "hello")
    assert await w.refusal(method, channel_id=w.general.id, thread_ts=root, title="Tea") == "channel_not_found"


async def test_reactions_are_told_to_who_is_subscribed(w: World) -> None:
    w.slack.app.events.add("reaction_added")
    w.slack.app.scopes.add("reactions:read")
    ts = await w.slack.post(w.ann, w.general, "hello")
    await w.slack.react(w.bob, w.general, ts, "eyes")
    told = (await events(w, 2))[-1]
    assert (told["type"], told["reaction"], told["item"]["ts"]) == ("reaction_added", "eyes", ts)


async def test_the_apps_own_reactions_come_back_to_it_and_so_does_taking_them_away(w: World) -> None:
    w.slack.app.events |= {"reaction_added", "reaction_removed"}
    w.slack.app.scopes.add("reactions:read")
    ts = await w.slack.post(w.ann, w.general, "hello")
    where = {"channel": w.general.id, "timestamp": ts, "name": "eyes"}
    await w.call("reactions.add", **where)
    await w.slack.react(w.ann, w.general, ts, "eyes")
    await w.call("reactions.remove", **where)
    await w.slack.unreact(w.ann, w.general, ts, "eyes")
    told = (await events(w, 5))[1:]
    assert [(event["type"], event["user"]) for event in told] == [
        ("reaction_added", w.slack.bot_user_id),
        ("reaction_added", w.ann.id),
        ("reaction_removed", w.slack.bot_user_id),
        ("reaction_removed", w.ann.id),
    ]
    assert w.slack.message(w.general, ts).reactions == {}
    with pytest.raises(NotPossible):
        await w.slack.unreact(w.ann, w.general, ts, "eyes")


async def test_who_is_subscribed_hears_who_comes_and_goes_and_what_becomes_of_a_place(w: World) -> None:
    names = ("channel_archive", "channel_rename", "channel_unarchive", "member_joined_channel", "member_left_channel")
    w.slack.app.events = set(names)
    carol = w.slack.add_person("Carol")
    await w.slack.join(carol, w.general)
    await w.slack.leave(carol, w.general)
    await w.slack.rename_channel(w.ann, w.general, "tea")
    await w.slack.archive(w.ann, w.general)
    await w.slack.unarchive(w.ann, w.general)
    assert sorted(kinds(await events(w, 5))) == sorted(names)
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="back again") == ""
    w.slack.app.scopes.discard("channels:read")
    await w.slack.join(carol, w.general)
    assert len(w.slack.deliveries) == 5


@pytest.mark.parametrize("switch", ["messages_tab", "messages_read_only"])
async def test_people_write_to_the_app_only_where_its_manifest_lets_them(w: World, switch: str) -> None:
    setattr(w.slack.app, switch, switch == "messages_read_only")
    with pytest.raises(NotPossible, match="turned off"):
        await w.slack.post(w.ann, w.dm, "hello")
    assert w.slack.messages(w.dm) == []
