"""What a person does in Slack on the page: it reaches the app once, as that person, or is refused with a sentence."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from bot.service.manifest import manifest
from bot.service.settings import Settings
from playground.clock import Clock
from playground.page import World
from playground.page.actions import Refused, Visit
from playground.page.slack_actions import ACTIONS, CLOSED
from playground.page.slack_fields import MISSING
from playground.page.slack_places import GONE, NO_SUCH_PLACE
from playground.page.slack_view import slack_part
from playground.slack import NotPossible
from playground.slack.methods_chat import permalink
from tests.playground.page_world import page_world, slack_call
from tests.playground.slack_page_app import PageApp, page_app
from tests.playground.slack_world import actions, button, modal, text_block, text_input

Json = dict[str, Any]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with page_world(Clock()) as world:
        world.slack.rates.enabled = False
        world.slack.install(manifest(Settings()))
        yield world


@pytest.fixture
async def app(world: World) -> AsyncIterator[PageApp]:
    async with page_app(world.slack) as app:
        yield app


@pytest.fixture
def ann(world: World) -> Visit:
    return Visit(world, world.guests["ann"])


@pytest.fixture
def ben(world: World) -> Visit:
    return Visit(world, world.guests["ben"])


async def act(visit: Visit, name: str, **arguments: Any) -> Any:
    return await ACTIONS[f"slack.{name}"](visit, **arguments)


def dm_of(visit: Visit) -> str:
    return visit.world.slack.open_dm(visit.guest.slack).id


async def say(world: World, **content: Any) -> str:
    """Let the app post into #general; gives the ts."""
    answer = await slack_call(world, "chat.postMessage", channel=world.general.id, **content)
    assert answer["ok"], answer
    return str(answer["ts"])


async def open_modal(world: World, app: PageApp, visit: Visit, view: Json) -> Json:
    """Let the person choose a shortcut, and the app open a modal with its trigger."""
    await act(visit, "shortcut", callback="list_chats")
    await slack_call(world, "views.open", trigger_id=app.interactions[-1]["trigger_id"], view=view)
    shown: Json = slack_part(visit)["modal"]
    return shown


async def test_a_mention_reaches_the_app_and_opens_its_thread(world: World, app: PageApp, ann: Visit) -> None:
    await act(ann, "post", channel=world.general.id, text=" @threadline what is this? ")
    (message,) = world.slack.messages(world.general)
    assert message.text == f"{world.slack.workspace.bot.mention} what is this?"
    assert slack_part(ann)["thread"]["root"] == message.ts
    await world.slack.wait_for(lambda: {"message", "app_mention"} <= set(app.kinds()))


async def test_a_word_to_others_opens_no_thread(world: World, ann: Visit) -> None:
    await act(ann, "post", channel=world.general.id, text="Hi all")
    assert slack_part(ann)["thread"] is None


async def test_a_message_to_the_app_opens_its_thread(ann: Visit) -> None:
    dm = dm_of(ann)
    await act(ann, "open", channel=dm)
    await act(ann, "post", channel=dm, text="Hi")
    assert slack_part(ann)["thread"]["messages"][0]["typed"] == "Hi"


async def test_a_reply_stands_in_the_thread(world: World, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    await act(ann, "post", channel=world.general.id, text="More", thread=root)
    assert [reply.text for reply in world.general.replies(root)] == ["More"]


async def test_opening_the_apps_tabs_is_told_to_the_app_once_each(world: World, app: PageApp, ann: Visit) -> None:
    dm = dm_of(ann)
    for tab in ("messages", "messages", "home"):
        await act(ann, "open", channel=dm, tab=tab)
    await world.slack.wait_for(lambda: app.kinds().count("app_home_opened") == 2)
    assert sorted(event["tab"] for event in app.events) == ["home", "messages"]


async def test_a_place_that_one_is_not_in_does_not_open(world: World, ann: Visit, ben: Visit) -> None:
    private = world.slack.add_channel("secret", [ben.guest.slack], private=True)
    wrong: tuple[object, ...] = (private.id, dm_of(ben), "C0", None, 7, {})
    for channel in wrong:
        with pytest.raises(Refused, match=NO_SUCH_PLACE):
            await act(ann, "open", channel=channel)
        with pytest.raises(Refused, match=NO_SUCH_PLACE):
            await act(ann, "post", channel=channel, text="Hi")
    assert slack_part(ann)["place"]["name"] == "general"


async def test_a_thread_that_is_not_there_opens_its_channel_alone(world: World, ann: Visit) -> None:
    wrong: tuple[object, ...] = ("1.0", 7, None, {})
    for thread in wrong:
        await act(ann, "open", channel=world.general.id, tab="nonsense", thread=thread)
        assert (slack_part(ann)["thread"], slack_part(ann)["place"]["tab"]) == (None, "messages")


async def test_one_cannot_write_into_a_thread_that_is_gone(world: World, ann: Visit) -> None:
    with pytest.raises(Refused, match=GONE):
        await act(ann, "post", channel=world.general.id, text="Hi", thread="1.0")


async def test_nothing_is_not_sent(world: World, ann: Visit) -> None:
    with pytest.raises(Refused):
        await act(ann, "post", channel=world.general.id, text=" \n ")


async def test_a_permalink_opens_its_thread(world: World, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    reply = await world.slack.post(ann.guest.slack, world.general, "More", root)
    for url in (
        permalink(world.general, world.general.messages[reply]),
        f"https://threadline-test.slack.com/archives/{world.general.id}/p{root.replace('.', '')}"
        f"?thread_ts={root}&cid={world.general.id}",
    ):
        await act(ann, "open", channel=dm_of(ann))
        assert await act(ann, "follow", url=url) is True
        assert slack_part(ann)["thread"]["root"] == root


async def test_a_permalink_without_a_message_opens_the_place(world: World, ann: Visit) -> None:
    await act(ann, "open", channel=dm_of(ann))
    assert await act(ann, "follow", url=f"https://threadline-test.slack.com/archives/{world.general.id}")
    assert (slack_part(ann)["place"]["name"], slack_part(ann)["thread"]) == ("general", None)


async def test_a_permalink_of_others_or_of_what_is_gone_is_refused(world: World, ann: Visit, ben: Visit) -> None:
    base = "https://threadline-test.slack.com/archives/"
    with pytest.raises(Refused, match=NO_SUCH_PLACE):
        await act(ann, "follow", url=base + dm_of(ben))
    with pytest.raises(Refused, match=GONE):
        await act(ann, "follow", url=f"{base}{world.general.id}/p1234567890123456")


@pytest.mark.parametrize("url", ["https://example.com/archives/C1", "https://[", "", None, 7])
async def test_every_other_link_is_not_followed_here(ann: Visit, url: object) -> None:
    assert await act(ann, "follow", url=url) is False


async def test_a_command_is_typed_like_a_message_and_answered_for_its_person(
    world: World, app: PageApp, ann: Visit, ben: Visit
) -> None:
    app.answers = lambda _: {"response_type": "ephemeral", "text": "Your chats"}
    await act(ann, "post", channel=world.general.id, text="/chat-rename  with @Ben & co ")
    (command,) = app.commands
    assert (command["command"], command["user_id"]) == ("/chat-rename", ann.guest.slack.id)
    assert command["text"] == f"with <@{ben.guest.slack.id}|ben> & co"
    assert slack_part(ann)["place"]["messages"][0]["ephemeral"] is True
    assert slack_part(ben)["place"]["messages"] == []


async def test_slack_refuses_a_command_in_a_thread_with_the_agent_and_one_that_nobody_has(
    world: World, app: PageApp, ann: Visit
) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    with pytest.raises(NotPossible, match="not supported in threads"):
        await act(ann, "post", channel=world.general.id, text="/chats", thread=root)
    with pytest.raises(NotPossible, match="pane of an agent"):
        await act(ann, "post", channel=dm_of(ann), text="/chats")
    with pytest.raises(NotPossible, match="not a valid command"):
        await act(ann, "post", channel=world.general.id, text="/nonsense")
    assert app.commands == []


async def test_ones_own_message_is_edited_and_deleted(world: World, app: PageApp, ann: Visit, ben: Visit) -> None:
    ts = await world.slack.post(ann.guest.slack, world.general, "Hi")
    await act(ann, "edit", channel=world.general.id, ts=ts, text="Hi @Ben")
    assert world.slack.message(world.general, ts).text == f"Hi {ben.guest.slack.mention}"
    await act(ann, "delete", channel=world.general.id, ts=ts)
    assert world.slack.messages(world.general) == []
    with pytest.raises(Refused, match=GONE):
        await act(ann, "delete", channel=world.general.id, ts=ts)


async def test_an_edit_that_changes_nothing_is_none(world: World, ann: Visit) -> None:
    ts = await world.slack.post(ann.guest.slack, world.general, "a <b> & https://a.b")
    await act(ann, "edit", channel=world.general.id, ts=ts, text="a <b> & https://a.b")
    assert world.slack.message(world.general, ts).edited is None


async def test_nobody_changes_the_words_of_others(world: World, ann: Visit, ben: Visit) -> None:
    ts = await world.slack.post(ann.guest.slack, world.general, "Hi")
    for name, more in (("edit", {"text": "Ha"}), ("delete", {})):
        with pytest.raises(NotPossible, match="author"):
            await act(ben, name, channel=world.general.id, ts=ts, **more)
    assert world.slack.message(world.general, ts).text == "Hi"


async def test_a_button_is_pressed_as_the_person_who_presses_it(world: World, app: PageApp, ben: Visit) -> None:
    ts = await say(world, text="Sure?", blocks=[actions(button("yes", "Yes", "y"))])
    await act(ben, "press", channel=world.general.id, ts=ts, action="yes")
    (press,) = app.interactions
    assert (press["user"]["id"], press["actions"][0]["value"]) == (ben.guest.slack.id, "y")


async def test_a_choice_is_told_with_its_value(world: World, app: PageApp, ann: Visit) -> None:
    option = {"text": {"type": "plain_text", "text": "A"}, "value": "a"}
    menu = {"type": "overflow", "action_id": "more", "options": [option]}
    ts = await say(world, text="Menu", blocks=[actions(menu)])
    await act(ann, "press", channel=world.general.id, ts=ts, action="more", value="a")
    assert app.interactions[0]["actions"][0]["selected_option"]["value"] == "a"
    with pytest.raises(NotPossible):
        await act(ann, "press", channel=world.general.id, ts=ts, action="more", value="z")


async def test_a_button_for_ones_own_eyes_nobody_else_presses(
    world: World, app: PageApp, ann: Visit, ben: Visit
) -> None:
    told = {"channel": world.general.id, "user": ann.guest.slack.id, "text": "Sure?"}
    await slack_call(world, "chat.postEphemeral", **told, blocks=[actions(button("yes"))])
    (shown,) = slack_part(ann)["place"]["messages"]
    with pytest.raises(NotPossible):
        await act(ben, "press", channel=world.general.id, ts=shown["ts"], action="yes")
    await act(ann, "press", channel=world.general.id, ts=shown["ts"], action="yes")
    assert len(app.interactions) == 1


async def test_a_button_of_an_app_that_fails_says_so(world: World, app: PageApp, ann: Visit) -> None:
    app.status = 500
    ts = await say(world, text="Sure?", blocks=[actions(button("yes"))])
    with pytest.raises(NotPossible, match="500"):
        await act(ann, "press", channel=world.general.id, ts=ts, action="yes")


async def test_a_message_shortcut_tells_of_its_message(world: World, app: PageApp, ann: Visit) -> None:
    ts = await world.slack.post(ann.guest.slack, world.general, "Hi")
    await act(ann, "message_shortcut", channel=world.general.id, ts=ts, callback="rename_chat")
    assert (app.interactions[0]["type"], app.interactions[0]["message_ts"]) == ("message_action", ts)
    with pytest.raises(NotPossible, match="no message shortcut"):
        await act(ann, "message_shortcut", channel=world.general.id, ts=ts, callback="nonsense")


async def test_a_modal_opens_for_its_person_alone(world: World, app: PageApp, ann: Visit, ben: Visit) -> None:
    shown = await open_modal(world, app, ann, modal(text_input()))
    assert (shown["title"], shown["submit"], shown["close"]) == ("Rename", "OK", "Close")
    assert slack_part(ben)["modal"] is None
    for name in ("submit", "close_view"):
        with pytest.raises(Refused, match=CLOSED):
            await act(ben, name, view=shown["id"])


async def test_a_modal_is_submitted_with_what_was_filled_in(world: World, app: PageApp, ann: Visit) -> None:
    shown = await open_modal(world, app, ann, modal(text_input()))
    assert await act(ann, "submit", view=shown["id"], values={"title": "New", "other": "x"}) == {"errors": {}}
    state = app.interactions[-1]["view"]["state"]["values"]
    assert state == {"title": {"text": {"type": "plain_text_input", "value": "New"}}}
    assert slack_part(ann)["modal"] is None


async def test_what_cannot_be_written_does_not_get_as_far_as_the_app(world: World, app: PageApp, ann: Visit) -> None:
    shown = await open_modal(world, app, ann, modal(text_input()))
    with pytest.raises(Refused):
        await act(ann, "submit", view=shown["id"], values={"title": "\ud800"})
    assert len(app.interactions) == 1


async def test_a_field_that_must_be_filled_in_keeps_the_modal_from_the_app(
    world: World, app: PageApp, ann: Visit
) -> None:
    shown = await open_modal(world, app, ann, modal(text_input()))
    assert await act(ann, "submit", view=shown["id"], values={}) == {"errors": {"title": MISSING}}
    assert [one["type"] for one in app.interactions] == ["shortcut"]


async def test_what_the_app_says_of_a_field_comes_back_and_the_modal_stays(
    world: World, app: PageApp, ann: Visit
) -> None:
    shown = await open_modal(world, app, ann, modal(text_input()))
    app.answers = lambda _: {"response_action": "errors", "errors": {"title": "Too short"}}
    assert await act(ann, "submit", view=shown["id"], values={"title": "x"}) == {"errors": {"title": "Too short"}}
    assert slack_part(ann)["modal"]["id"] == shown["id"]


async def test_a_modal_can_push_another_one_and_both_close(world: World, app: PageApp, ann: Visit) -> None:
    first = await open_modal(world, app, ann, modal(text_block("First")))
    app.answers = lambda _: {"response_action": "push", "view": modal(text_block("Second"))}
    await act(ann, "submit", view=first["id"])
    second = slack_part(ann)["modal"]
    assert (second["parts"][0]["html"], second["depth"]) == ("Second", 2)
    with pytest.raises(Refused, match=CLOSED):
        await act(ann, "close_view", view=first["id"])
    await act(ann, "close_view", view=second["id"])
    assert slack_part(ann)["modal"]["id"] == first["id"]
    await act(ann, "close_view", view=first["id"])
    assert slack_part(ann)["modal"] is None


async def test_a_button_in_a_view_is_pressed_there(world: World, app: PageApp, ann: Visit) -> None:
    view = {"type": "home", "blocks": [actions(button("new", "New chat"))]}
    await slack_call(world, "views.publish", user_id=ann.guest.slack.id, view=view)
    await act(ann, "open", channel=dm_of(ann), tab="home")
    home = slack_part(ann)["place"]["home"]
    await act(ann, "press_in_view", view=home["id"], action="new")
    assert app.interactions[0]["container"] == {"type": "view", "view_id": home["id"]}
    with pytest.raises(Refused, match=CLOSED):
        await act(ann, "close_view", view=home["id"])


async def test_the_app_is_brought_into_a_channel_once(world: World, app: PageApp, ann: Visit) -> None:
    random = next(one for one in world.slack.workspace.channels.values() if one.name == "random")
    for _ in "ab":
        await act(ann, "invite", channel=random.id)
    (joined,) = world.slack.messages(random)
    assert (random.bot_in, joined.subtype) == (True, "channel_join")


async def test_a_session_is_renamed_and_stopped(world: World, app: PageApp, ann: Visit) -> None:
    root = await world.slack.post(ann.guest.slack, world.general, "Question")
    where = {"channel": world.general.id, "thread": root}
    with pytest.raises(NotPossible, match="no agent session"):
        await act(ann, "rename", **where, title="Names")
    place = {"channel_id": world.general.id, "thread_ts": root}
    await slack_call(world, "agents.sessions.setStatus", **place, status="processing", title="Old")
    await act(ann, "rename", **where, title=" New  name ")
    await act(ann, "stop", **where)
    await world.slack.wait_for(lambda: {"agent_session_title_changed", "agent_session_stopped"} <= set(app.kinds()))
    assert world.slack.session(world.general, root).title == "New name"  # type: ignore[union-attr]  # it is there
    with pytest.raises(Refused, match="1 to 200"):
        await act(ann, "rename", **where, title=" ")


async def test_the_sessions_of_others_are_not_touched(world: World, app: PageApp, ann: Visit, ben: Visit) -> None:
    dm = dm_of(ann)
    await act(ann, "post", channel=dm, text="Hi")
    root = slack_part(ann)["thread"]["root"]
    await slack_call(world, "agents.sessions.setStatus", channel_id=dm, thread_ts=root, status="processing")
    for name, more in (("rename", {"title": "Ha"}), ("stop", {})):
        with pytest.raises(Refused, match=NO_SUCH_PLACE):
            await act(ben, name, channel=dm, thread=root, **more)


NONSENSE: tuple[object, ...] = (None, 7, True, [], {}, [1], {"a": 1}, "", "x", "\ud800")


@pytest.mark.parametrize("name", sorted(ACTIONS))
@pytest.mark.parametrize("value", NONSENSE)
async def test_a_browser_may_send_anything_and_gets_a_sentence(
    world: World, app: PageApp, ann: Visit, name: str, value: Any
) -> None:
    ts = await world.slack.post(ann.guest.slack, world.general, "Hi")
    known: Json = {"channel": world.general.id, "ts": ts, "text": "Hi", "thread": ts, "action": "x", "view": "V1"}
    known |= {"callback": "list_chats", "title": "T", "url": "https://a.b", "tab": "home", "value": "v", "values": {}}
    code = ACTIONS[name].__code__
    names = code.co_varnames[1 : code.co_argcount]
    for wrong in names:
        arguments = {one: value if one == wrong else known[one] for one in names}
        with suppress(Refused, NotPossible):
            await ACTIONS[name](ann, **arguments)
        json.dumps(slack_part(ann), ensure_ascii=False).encode()
