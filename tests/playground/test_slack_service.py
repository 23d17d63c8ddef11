"""The main job in Slack, from a person's typing to what they read, through the whole service."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.engine import texts
from playground.slack import SlackStandIn
from tests.playground.rig import PATIENCE, Rig, slack_rig
from tests.playground.test_telegram_service import LONG


class Room:
    """One channel and one Messages tab, looked at by a person."""

    def __init__(self, rig: Rig, slack: SlackStandIn) -> None:
        self.rig = rig
        self.slack = slack
        self.ann: Any = slack.add_person("Ann Lee")
        self.bob: Any = slack.add_person("Bob Ray")
        self.channel: Any = slack.add_channel("general", members=[self.ann, self.bob], bot=True)
        self.dm: Any = slack.open_dm(self.ann)

    async def mention(self, text: str, thread: str | None = None, person: Any = None) -> str:
        said = f"<@{self.slack.bot_user_id}> {text}"
        return str(await self.slack.post(person or self.ann, self.channel, said, thread_ts=thread))

    def bot_posts(self, root: str, channel: Any = None) -> list[Any]:
        thread = self.slack.thread(channel or self.channel, root)
        return [message for message in thread if message.user == self.slack.bot_user_id]

    def read(self, root: str, channel: Any = None) -> list[str]:
        """What the bot's messages in a thread say now."""
        place = channel or self.channel
        return [self.slack.rendered(place, message.ts).strip() for message in self.bot_posts(root, place)]

    def shows(self, root: str, text: str, channel: Any = None) -> bool:
        return any(text in said for said in self.read(root, channel))

    async def sees(self, root: str, *expected: str, channel: Any = None) -> None:
        """Wait until the bot's messages in the thread are these, with no button left over."""
        try:
            await self.slack.wait_for(lambda: self.read(root, channel) == list(expected), timeout=PATIENCE)
        except TimeoutError:
            assert self.read(root, channel) == list(expected)
            raise

    def with_button(self, root: str, label: str) -> list[Any]:
        return [post for post in self.bot_posts(root) if label in json.dumps(post.blocks, ensure_ascii=False)]

    async def press(self, root: str, label: str) -> None:
        """Wait for the button, which may come after the text, and press it."""
        await self.slack.wait_for(lambda: bool(self.with_button(root, label)), timeout=PATIENCE)
        post = self.with_button(root, label)[-1]
        button = next(
            e for block in post.blocks for e in block.get("elements", []) if e.get("text", {}).get("text") == label
        )
        await self.slack.press(self.ann, self.channel, post.ts, button["action_id"])

    async def press_until(self, root: str, label: str, said: str) -> None:
        """Press it until the bot says this: pressed in the moment of its coming, a button asks for patience."""
        while self.read(root) != [said]:
            await self.press(root, label)
            await self.rig.clock.sleep(1)


TWICE = ("already_reacted", "no_reaction")
"""What Slack says of a mark that stands or is gone already; two who come by it at once do no harm."""

TOO_EARLY = ("agents.sessions.rename", "not_authorized")
"""What it says of a title that is ready before the session is there; then that is made for it."""


def view_says(room: Room, text: str) -> bool:
    """Whether the newest modal that Ann sees has this in its title or its text."""
    shown = room.slack.views(room.ann)
    return bool(shown) and text in json.dumps(shown[-1]["title"]) + room.slack.rendered_view(shown[-1])


@pytest.fixture(params=["socket", "http"])
async def room(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Room]:
    """A workspace with a fresh service: over both intakes, on both databases."""
    async with slack_rig(database_url, http=request.param == "http") as (rig, slack):
        yield Room(rig, slack)
        refused = [call for call in slack.refused if call.error not in TWICE]
        assert [call for call in refused if (call.method, call.error) != TOO_EARLY] == []
        assert slack.notified == []


@pytest.fixture
async def plain(sqlite_url: str) -> AsyncIterator[Room]:
    """A workspace with a fresh service: Socket Mode, SQLite."""
    async with slack_rig(sqlite_url) as (rig, slack):
        yield Room(rig, slack)


async def test_a_thread_is_a_chat_that_is_remembered_named_renamed_and_deleted(room: Room) -> None:
    root = await room.mention("I like tea")
    await room.sees(root, "You said: I like tea")
    await room.slack.post(room.ann, room.channel, "What do I like?", thread_ts=root)
    await room.sees(root, "You said: I like tea", "You said: What do I like?")
    last = [r for r in room.rig.endpoint.requests if r.question == "What do I like?"][-1]
    assert [m["content"] for m in last.messages][1:-1] == ["I like tea", "You said: I like tea"]

    await room.mention("rename Ann and her tea", root)
    await room.slack.wait_for(lambda: room.shows(root, "Ann and her tea"), timeout=PATIENCE)
    listed = await room.slack.slash(room.ann, room.channel, "/chats", "")
    assert "Ann and her tea" in json.dumps(listed, ensure_ascii=False)
    await room.mention("delete", root)
    await room.slack.wait_for(lambda: room.shows(root, "Delete “Ann and her tea”?"), timeout=PATIENCE)
    await room.press(root, texts.DELETE.english)
    await room.sees(root, texts.DELETED("", title="Ann and her tea"))


async def test_a_message_in_the_messages_tab_is_a_chat_in_its_own_thread(room: Room) -> None:
    first = str(await room.slack.post(room.ann, room.dm, "I like tea"))
    second = str(await room.slack.post(room.ann, room.dm, "What do I like?"))
    await room.sees(first, "You said: I like tea", channel=room.dm)
    await room.sees(second, "You said: What do I like?", channel=room.dm)
    asked = [r for r in room.rig.endpoint.requests if r.question == "What do I like?"][-1]
    assert len([m for m in asked.messages if m["role"] == "user"]) == 1


async def test_several_people_in_one_thread_are_told_apart_by_name(room: Room) -> None:
    root = await room.mention("I like tea")
    await room.sees(root, "You said: I like tea")
    await room.slack.post(room.bob, room.channel, f"and <@{room.ann.id}> likes coffee", thread_ts=root)
    await room.slack.wait_for(lambda: len(room.read(root)) == 2, timeout=PATIENCE)
    asked = room.rig.endpoint.requests[-1]
    said = [m["content"] for m in asked.messages if m["role"] == "user"]
    assert said == ["Ann Lee: I like tea", "Bob Ray: and @Ann Lee likes coffee"]


async def test_what_is_written_right_behind_a_mention_is_answered_too_in_order(room: Room) -> None:
    room.slack.slow("users.info", 1.0, times=2)
    root = await room.mention("one")
    await room.slack.post(room.ann, room.channel, f"two, <@{room.bob.id}>", thread_ts=root)
    await room.slack.post(room.ann, room.channel, "three", thread_ts=root)
    await room.sees(root, "You said: one", "You said: two, @Bob Ray", "You said: three")


async def test_the_answer_can_be_stopped_and_asked_again(room: Room) -> None:
    room.rig.endpoint.say("word " * 400, rate=40.0)
    root = await room.mention("Tell me a long story")
    await room.slack.wait_for(lambda: room.shows(root, "word word word"), timeout=PATIENCE)
    await room.press(root, texts.STOP.english)
    await room.slack.wait_for(lambda: room.shows(root, "Stopped."), timeout=PATIENCE)
    assert room.rig.endpoint.closed_early == 1
    room.rig.endpoint.say("A short story.")
    await room.press(root, texts.RETRY.english)
    await room.sees(root, "A short story.")


async def test_an_answer_asked_again_leaves_the_one_before_within_reach(room: Room) -> None:
    room.rig.endpoint.say("One answer.")
    root = await room.mention("Why?")
    await room.sees(root, "One answer.")
    room.rig.endpoint.say("Another answer.")
    await room.press_until(root, texts.ASK_AGAIN.english, "Another answer.")
    await room.press_until(root, "‹", "One answer.")
    assert len(room.rig.endpoint.requests) == 3
    [post] = room.bot_posts(root)
    (row, _) = [block["elements"] for block in post.blocks if "elements" in block]
    labels = [element["text"]["text"] for element in row]
    assert labels == ["‹", "1/2", "›", texts.ASK_AGAIN.english]


async def test_a_branch_goes_on_in_a_thread_of_its_own(room: Room) -> None:
    root = await room.mention("one")
    await room.sees(root, "You said: one")
    await room.mention("branch", thread=root)
    await room.slack.wait_for(lambda: room.shows(root, "It goes on in a thread of its own"), timeout=PATIENCE)
    channel = room.slack.workspace.channels[room.channel.id].messages.values()
    branch = next(m.ts for m in channel if m.user == room.slack.bot_user_id and "Branched from" in json.dumps(m.blocks))
    await room.slack.post(room.ann, room.channel, "two", thread_ts=branch)
    await room.slack.wait_for(lambda: room.shows(branch, "You said: two"), timeout=PATIENCE)
    said = [message["content"] for message in room.rig.endpoint.requests[-1].messages]
    assert said[1:] == ["one", "You said: one", "two"]


async def test_what_people_think_of_an_answer_is_stored_with_its_turn(room: Room) -> None:
    root = await room.mention("one")
    await room.sees(root, "You said: one")
    (post,) = room.bot_posts(root)
    await room.slack.wait_for(lambda: "feedback_buttons" in json.dumps(post.blocks), timeout=PATIENCE)
    (feedback,) = next(block["elements"] for block in post.blocks if block["type"] == "context_actions")
    for value in ("positive", "negative"):
        await room.slack.press(room.ann, room.channel, post.ts, feedback["action_id"], value)
    await room.slack.wait_for(lambda: len(room.slack.ephemerals(room.ann)) == 2, timeout=PATIENCE)


async def test_a_deleted_question_takes_its_answer_along(room: Room) -> None:
    root = await room.mention("one")
    await room.sees(root, "You said: one")
    second = await room.slack.post(room.ann, room.channel, "two", thread_ts=root)
    await room.sees(root, "You said: one", "You said: two")
    await room.slack.delete_message(room.ann, room.channel, second)
    await room.sees(root, "You said: one")
    await room.slack.delete_message(room.ann, room.channel, root)
    await room.slack.wait_for(lambda: room.bot_posts(root) == [], timeout=PATIENCE)


async def test_an_edited_question_is_answered_anew_in_place(room: Room) -> None:
    root = await room.mention("one")
    await room.sees(root, "You said: one")
    await room.slack.edit(room.ann, room.channel, root, f"<@{room.slack.bot_user_id}> two")
    await room.sees(root, "You said: two")
    second = await room.slack.post(room.ann, room.channel, "three", thread_ts=root)
    await room.sees(root, "You said: two", "You said: three")
    await room.slack.edit(room.ann, room.channel, second, "four")
    await room.sees(root, "You said: two", "You said: four")


async def test_a_message_during_an_answer_has_an_hourglass_until_its_turn_comes(room: Room) -> None:
    room.rig.endpoint.say("word " * 100, rate=40.0)
    root = await room.mention("Tell me a story")
    await room.slack.wait_for(lambda: room.shows(root, "word word word"), timeout=PATIENCE)
    second = await room.slack.post(room.ann, room.channel, "And then?", thread_ts=root)
    question = room.slack.message(room.channel, second)
    hourglass = {"hourglass_flowing_sand": [room.slack.bot_user_id]}
    await room.slack.wait_for(lambda: question.reactions == hourglass, timeout=PATIENCE)
    await room.press(root, texts.STOP.english)
    await room.slack.wait_for(lambda: room.shows(root, "You said: And then?"), timeout=PATIENCE)
    await room.slack.wait_for(lambda: question.reactions == {}, timeout=PATIENCE)


async def test_slacks_own_stop_is_there_while_the_answer_is_written_and_stops_it(room: Room) -> None:
    room.rig.endpoint.say("word " * 400, rate=40.0)
    root = await room.mention("Tell me a long story")
    await room.slack.wait_for(lambda: room.shows(root, "word word word"), timeout=PATIENCE)
    await room.slack.wait_for(lambda: room.slack.session(room.channel, root), timeout=PATIENCE)
    session = room.slack.session(room.channel, root)
    assert session is not None
    await room.slack.wait_for(lambda: session.state == "processing", timeout=PATIENCE)
    await room.slack.press_stop(room.ann, room.channel, root)
    await room.slack.wait_for(lambda: room.shows(root, "Stopped."), timeout=PATIENCE)
    assert room.rig.endpoint.closed_early == 1
    await room.slack.wait_for(lambda: session.state == "active", timeout=PATIENCE)


async def test_a_connection_that_slack_closes_in_the_middle_loses_nothing(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url, settings={"slack_connections": 2}) as (_, slack):
        ann = slack.add_person("Ann")
        channel = slack.add_channel("general", [ann])
        assert len(slack.sockets.open) == 2
        roots = []
        for number in range(6):
            if number == 3:
                await slack.sockets.refresh(slack.sockets.open[0])
            roots.append(await slack.post(ann, channel, f"<@{slack.bot_user_id}> question {number}"))

        def answers() -> list[str]:
            return [slack.rendered(channel, m.ts) for root in roots for m in slack.thread(channel, root)[1:]]

        await slack.wait_for(lambda: answers() == [f"You said: question {number}" for number in range(6)], PATIENCE)


async def test_talk_without_a_mention_other_bots_and_housekeeping_get_no_answer(plain: Room) -> None:
    alone = str(await plain.slack.post(plain.ann, plain.channel, "just talking"))
    await plain.slack.post(plain.bob, plain.channel, "me too", thread_ts=alone)
    await plain.slack.join(plain.bob, plain.channel)
    await plain.slack.set_topic(plain.ann, plain.channel, "tea")
    root = await plain.mention("Hello")
    await plain.sees(root, "You said: Hello")
    assert plain.read(alone) == []
    assert len([r for r in plain.rig.endpoint.requests if "You name" not in str(r.messages[0])]) == 1


async def test_what_the_model_writes_can_notify_nobody(plain: Room) -> None:
    plain.rig.endpoint.say(f"Hey <!channel> and <@{plain.bob.id}> and @here and `<!everyone>` and [x](<!here>)")
    root = await plain.mention("Shout")
    await plain.slack.wait_for(lambda: plain.shows(root, "Hey"), timeout=PATIENCE)
    await plain.mention("and again", root)
    await plain.slack.wait_for(lambda: len(plain.read(root)) == 2, timeout=PATIENCE)
    assert plain.slack.notified == []


async def test_a_long_answer_goes_on_in_further_messages_whole(plain: Room) -> None:
    plain.rig.endpoint.say(LONG)
    root = await plain.mention("Write a lot")
    words = LONG.split()
    await plain.slack.wait_for(lambda: " ".join(plain.read(root)).split() == words, timeout=60)
    assert len(plain.read(root)) >= 2
    assert plain.slack.refused == []


async def test_an_answer_of_3500_characters_at_300_a_second_leaves_updates_for_others(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url, speed=2.0) as (rig, slack):
        room = Room(rig, slack)
        text = ("All work and no play makes a dull day. " * 90)[:3500].strip()
        rig.endpoint.say(text, rate=300.0)
        root = await room.mention("Write")
        await room.sees(root, text)
        assert len(slack.calls_of("chat.update")) <= 45
        assert slack.refused == []


async def test_slash_commands_act_on_the_latest_chat_and_offer_a_choice(plain: Room) -> None:
    first = await plain.mention("about tea")
    await plain.sees(first, "You said: about tea")
    renamed = await plain.slack.slash(plain.ann, plain.channel, "/chat-rename", "Tea")
    assert "Tea" in json.dumps(renamed, ensure_ascii=False)
    second = await plain.mention("about coffee")
    await plain.sees(second, "You said: about coffee")
    choice = json.dumps(await plain.slack.slash(plain.ann, plain.channel, "/chat-delete", ""), ensure_ascii=False)
    assert texts.WHICH_DELETE.english in choice
    hint = json.dumps(await plain.slack.slash(plain.ann, plain.channel, "/chats-unknown", ""), ensure_ascii=False)
    assert "do not know" in hint


async def test_the_message_shortcut_renames_by_a_modal(plain: Room) -> None:
    root = await plain.mention("about tea")
    await plain.sees(root, "You said: about tea")
    await plain.slack.message_shortcut(plain.ann, plain.channel, plain.bot_posts(root)[0].ts, "rename_chat")
    await plain.slack.wait_for(lambda: plain.slack.views(plain.ann), timeout=PATIENCE)
    view = plain.slack.views(plain.ann)[-1]
    field = next(block for block in view["blocks"] if block["type"] == "input")
    values = {field["block_id"]: {field["element"]["action_id"]: {"type": "plain_text_input", "value": "By modal"}}}
    await plain.slack.submit(plain.ann, view["id"], values)
    listed = json.dumps(await plain.slack.slash(plain.ann, plain.channel, "/chats", ""), ensure_ascii=False)
    assert "By modal" in listed


async def test_shortcuts_on_a_message_outside_every_chat_touch_no_other_chat(plain: Room) -> None:
    root = await plain.mention("about tea")
    await plain.sees(root, "You said: about tea")
    lunch = str(await plain.slack.post(plain.ann, plain.channel, "lunch?"))
    await plain.slack.message_shortcut(plain.ann, plain.channel, lunch, "rename_chat")
    await plain.slack.wait_for(lambda: plain.slack.views(plain.ann), timeout=PATIENCE)
    view = plain.slack.views(plain.ann)[-1]
    field = next(block for block in view["blocks"] if block["type"] == "input")
    values = {field["block_id"]: {field["element"]["action_id"]: {"type": "plain_text_input", "value": "Lunch"}}}
    await plain.slack.submit(plain.ann, view["id"], values)
    assert view_says(plain, texts.NO_CHAT.english)
    await plain.slack.message_shortcut(plain.ann, plain.channel, lunch, "delete_chat")
    await plain.slack.wait_for(
        lambda: view_says(plain, "Delete chat") and view_says(plain, texts.NO_CHAT.english), timeout=PATIENCE
    )
    listed = json.dumps(await plain.slack.slash(plain.ann, plain.channel, "/chats", ""), ensure_ascii=False)
    assert "About about tea" in listed


async def test_a_forged_or_old_delivery_is_refused_and_nothing_is_stored(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url, http=True) as (rig, slack), aiohttp.ClientSession() as http:
        room = Room(rig, slack)
        body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}})
        now = str(int(rig.clock.now()))

        def signed(timestamp: str, secret: str) -> dict[str, str]:
            digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
            return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}

        bad = [
            {},
            signed(now, "wrong"),
            signed("1000000000", slack.signing_secret),
            signed("soon", slack.signing_secret),
        ]
        for headers in bad:
            headers = {"Content-Type": "application/json", **headers}
            async with http.post(rig.url("/slack/events"), data=body, headers=headers) as response:
                assert response.status == 401
        root = await room.mention("Hello")
        await room.sees(root, "You said: Hello")
