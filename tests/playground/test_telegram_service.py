"""The main job in Telegram, from a person's typing to what they read, through the whole service."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.engine import texts
from tests.playground.rig import PATIENCE, WEBHOOK_SECRET, telegram_rig
from tests.playground.telegram_room import Room

LONG = "\n\n".join(f"Paragraph {n}. " + "All work and no play makes a dull day, they say. " * 8 for n in range(30))


@pytest.fixture(params=["polling", "webhook"])
async def room(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Room]:
    """A private chat with a fresh service: over both intakes, on both databases."""
    async with telegram_rig(database_url, webhook=request.param == "webhook") as (rig, telegram):
        yield Room(rig, telegram)
        assert telegram.refused == []
        assert telegram.flood_violations == []


@pytest.fixture
async def plain(sqlite_url: str) -> AsyncIterator[Room]:
    """A private chat with a fresh service: polling, SQLite."""
    async with telegram_rig(sqlite_url) as (rig, telegram):
        yield Room(rig, telegram)


async def test_a_conversation_is_remembered_named_renamed_and_deleted(room: Room) -> None:
    for question, answer in [("I am Ann", "Hello Ann."), ("I like tea", "Noted."), ("What do I like?", "Tea.")]:
        room.rig.endpoint.say(answer)
        await room.say(question)
        await room.shows(answer)
    await room.sees("Hello Ann.", "Noted.", "Tea.")
    last = [r for r in room.rig.endpoint.requests if r.question == "What do I like?"][-1]
    assert [m["content"] for m in last.messages][1:-1] == ["I am Ann", "Hello Ann.", "I like tea", "Noted."]

    await room.say("/chats")
    await room.telegram.wait_for(lambda: "About I am Ann" in room.labels(), timeout=PATIENCE)
    await room.say("/rename Ann and her tea")
    await room.telegram.wait_for(lambda: texts.RENAMED("", title="Ann and her tea") in room.read(), timeout=PATIENCE)
    await room.say("/delete")
    await room.telegram.wait_for(lambda: texts.DELETE.english in room.labels(), timeout=PATIENCE)
    await room.press(texts.DELETE.english)
    await room.sees(texts.DELETED("", title="Ann and her tea"))
    await room.say("What do I like?")
    await room.telegram.wait_for(lambda: len(room.read()) == 2, timeout=PATIENCE)
    assert [m["role"] for m in room.rig.endpoint.requests[-1].messages].count("user") == 1


async def test_the_answer_grows_before_ones_eyes_and_can_be_stopped_and_asked_again(room: Room) -> None:
    room.rig.endpoint.say("word " * 400, rate=40.0)
    await room.say("Tell me a long story")
    await room.telegram.wait_for(lambda: len(room.draft()) > 60, timeout=PATIENCE)
    await room.telegram.press_stop(room.person, room.chat)
    await room.telegram.wait_for(lambda: texts.RETRY.english in room.labels(), timeout=PATIENCE)
    assert room.read()[0].endswith("Stopped.")
    assert room.read()[0].startswith("word word")
    assert room.rig.endpoint.closed_early == 1
    room.rig.endpoint.say("A short story.")
    await room.ask_again()
    await room.sees("A short story.")


async def test_a_message_during_an_answer_has_eyes_until_its_turn_comes(room: Room) -> None:
    room.rig.endpoint.say("word " * 100, rate=40.0)
    await room.say("Tell me a story")
    await room.telegram.wait_for(room.draft, timeout=PATIENCE)
    question = room.telegram.message(room.chat, await room.say("And then?"))
    eyes = [{"type": "emoji", "emoji": "👀"}]
    await room.telegram.wait_for(lambda: question.reactions == eyes, timeout=PATIENCE)
    await room.telegram.press_stop(room.person, room.chat)
    await room.shows("You said: And then?")
    await room.telegram.wait_for(lambda: question.reactions == [], timeout=PATIENCE)


async def test_an_update_that_arrives_twice_is_answered_once(room: Room) -> None:
    await room.say("Hello")
    await room.sees("You said: Hello")
    room.telegram.redeliver(room.telegram.last_update_id)
    await room.say("Again")
    await room.sees("You said: Hello", "You said: Again")


async def test_a_long_answer_goes_on_in_further_messages_whole(plain: Room) -> None:
    plain.rig.endpoint.say(LONG)
    await plain.say("Write a lot")
    words = LONG.split()
    await plain.telegram.wait_for(lambda: " ".join(plain.read()).split() == words, timeout=60)
    assert len(plain.read()) >= 3
    assert max(len(text) for text in plain.read()) <= 4096
    assert plain.telegram.refused == []


async def test_markdown_arrives_as_entities_and_nothing_is_lost(plain: Room) -> None:
    plain.rig.endpoint.say("Use `List<String>` and a < b, **bold**, 2*3*4, snake_case.")
    await plain.say("Format")
    await plain.sees("Use List<String> and a < b, bold, 2*3*4, snake_case.")
    kinds = [entity["type"] for entity in plain.telegram.bot_messages(plain.chat)[0].entities]
    assert {"code", "bold"} <= set(kinds)


async def test_a_model_that_fails_leaves_a_sentence_and_a_retry_button(plain: Room) -> None:
    plain.rig.endpoint.fail(500)
    await plain.say("Hello")
    await plain.sees(texts.failure("unreachable", partial=False, language=""))
    assert plain.labels() == [texts.RETRY.english]
    await plain.ask_again()
    await plain.sees("You said: Hello")


async def test_an_answer_asked_again_leaves_the_one_before_within_reach(plain: Room) -> None:
    plain.rig.endpoint.say("One answer.")
    await plain.say("Why?")
    await plain.sees("One answer.")
    plain.rig.endpoint.say("Another answer.")
    await plain.until_heard(texts.ASK_AGAIN.english)
    await plain.sees("Another answer.")
    await plain.until_heard("‹")
    await plain.sees("One answer.")
    assert plain.labels() == ["‹", "1/2", "›", texts.ASK_AGAIN.english]


async def test_a_branch_becomes_the_chat_where_there_are_no_topics(plain: Room) -> None:
    for text in ("one", "two"):
        await plain.say(text)
        await plain.shows(f"You said: {text}")
    first = plain.telegram.bot_messages(plain.chat)[0].message_id
    await plain.telegram.send(plain.person, plain.chat, "/branch", reply_to=first)
    await plain.telegram.wait_for(lambda: "Branched from" in plain.read()[-1], timeout=PATIENCE)
    await plain.say("three")
    await plain.shows("You said: three")
    said = [message["content"] for message in plain.rig.endpoint.requests[-1].messages]
    assert said[1:] == ["one", "You said: one", "three"]


async def test_an_edited_question_is_answered_anew_in_place(plain: Room) -> None:
    number = await plain.say("one")
    await plain.sees("You said: one")
    await plain.telegram.edit(plain.person, plain.chat, number, "two")
    await plain.sees("You said: two")


async def test_a_chat_that_bears_no_typing_gets_its_answer_when_telegram_says(plain: Room) -> None:
    plain.telegram.fail("sendChatAction", 429, retry_after=5)
    await plain.say("Tell me")
    await plain.sees("You said: Tell me")
    assert plain.telegram.flood_violations == []


async def test_an_answer_of_3500_characters_at_300_a_second_is_shown_without_a_refusal(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, speed=2.0) as (rig, telegram):
        room = Room(rig, telegram)
        text = ("All work and no play makes a dull day. " * 90)[:3500].strip()
        rig.endpoint.say(text, rate=300.0)
        await room.say("Write")
        await room.sees(text)
        assert telegram.refused == []


async def test_topics_of_a_private_chat_are_chats_with_their_own_titles(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, topics_enabled=True, users_create_topics=True) as (rig, telegram):
        room = Room(rig, telegram)
        await room.say("/new about tea")
        await telegram.wait_for(lambda: "You said: about tea" in room.read(), timeout=PATIENCE)
        (topic,) = room.chat.topics.values()
        await telegram.wait_for(lambda: topic.name == "About about tea", timeout=PATIENCE)
        await room.say("more", thread=topic.thread)
        await room.sees("You said: about tea", "You said: more", thread=topic.thread)
        await telegram.rename_topic(room.person, room.chat, topic.thread, "Her own title")
        await room.say("/chats", thread=topic.thread)
        await telegram.wait_for(lambda: "Her own title" in room.labels(), timeout=PATIENCE)
        await room.say("/new", thread=topic.thread)
        await telegram.wait_for(lambda: texts.FRESH.english in room.read(), timeout=PATIENCE)
        assert len(room.chat.topics) == 2
        assert telegram.refused == []


async def test_in_a_group_only_what_is_meant_for_the_bot_is_answered_and_people_have_names(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url) as (rig, telegram):
        ann, bob = telegram.add_person("Ann Lee"), telegram.add_person("Bob Ray")
        group = telegram.add_group("Team", [ann, bob])
        await telegram.send(ann, group, "just talking")
        await telegram.send(ann, group, f"@{telegram.username} I like tea")
        await telegram.wait_for(lambda: len(telegram.bot_messages(group)) == 1, timeout=PATIENCE)
        answer = telegram.bot_messages(group)[0]
        await telegram.send(bob, group, "me too", reply_to=answer.message_id)
        await telegram.wait_for(lambda: len(telegram.bot_messages(group)) == 2, timeout=PATIENCE)
        asked = [m["content"] for m in rig.endpoint.requests[-1].messages if m["role"] == "user"]
        assert asked == ["Ann Lee: I like tea", "Bob Ray: me too"]
        assert telegram.refused == []


async def test_each_topic_of_a_forum_is_a_chat_of_its_own(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url) as (rig, telegram):
        ann = telegram.add_person("Ann Lee")
        forum = telegram.add_group("Team", [ann], forum=True)
        tea = await telegram.create_topic(ann, forum, "Tea")
        coffee = await telegram.create_topic(ann, forum, "Coffee")
        for topic in (tea, coffee):
            await telegram.send(ann, forum, f"@{telegram.username} what is this about?", thread=topic)
            await telegram.wait_for(
                lambda topic=topic: bool(telegram.bot_messages(forum, topic)),  # type: ignore[misc]  # the loop's topic
                timeout=PATIENCE,
            )
        asked = [r for r in rig.endpoint.requests if r.question == "what is this about?"]
        assert all(len([m for m in request.messages if m["role"] == "user"]) == 1 for request in asked)
        assert [topic.name for topic in forum.topics.values()] == ["Tea", "Coffee"]
        assert telegram.refused == []


async def test_a_broken_update_does_not_block_those_behind_it(plain: Room) -> None:
    await plain.say("first")
    await plain.sees("You said: first")
    plain.telegram.push_raw({"message": {"message_id": "not a number", "chat": 5}})
    plain.telegram.push_raw({"message": None, "callback_query": {"id": 7}})
    await plain.say("second")
    await plain.sees("You said: first", "You said: second")


async def test_a_restart_goes_on_with_what_was_left(plain: Room) -> None:
    plain.rig.endpoint.say("word " * 400, rate=20.0)
    await plain.say("Tell me a long story")
    await plain.telegram.wait_for(lambda: len(plain.read()) == 1, timeout=PATIENCE)
    await plain.rig.stop()
    await plain.say("and then?")
    plain.rig.endpoint.say("The whole story.")
    plain.rig.endpoint.say("The end.")
    await plain.rig.start()
    await plain.sees("The whole story.", "The end.")


async def test_a_webhook_without_the_secret_is_refused_and_nothing_is_stored(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, webhook=True) as (rig, telegram), aiohttp.ClientSession() as http:
        room = Room(rig, telegram)
        await room.say("real")
        await room.sees("You said: real")
        forged = {
            "update_id": 1,
            "message": {"message_id": 1, "date": 1, "chat": {"id": room.chat.id, "type": "private"}},
        }
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
            async with http.post(rig.url("/telegram/webhook"), json=forged, headers=headers) as response:
                assert response.status == 401
        good = {"X-Telegram-Bot-Api-Secret-Token": WEBHOOK_SECRET}
        for body in (b"{", b"[]", b'{"update_id": "x"}'):
            async with http.post(rig.url("/telegram/webhook"), data=body, headers=good) as response:
                assert response.status == 400
        assert len(room.read()) == 1


async def test_who_is_not_on_the_list_gets_one_sentence(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, settings={"allowed_telegram_users": frozenset({"1"})}) as (rig, telegram):
        room = Room(rig, telegram)
        await room.say("Hello")
        await room.sees(texts.NOT_ALLOWED.english)
        assert rig.endpoint.requests == []


async def test_health_and_metrics_tell_the_truth(plain: Room) -> None:
    await plain.say("Hello")
    await plain.say("And the turn after it has begun")
    await plain.telegram.wait_for(lambda: len(plain.read()) == 2, timeout=PATIENCE)
    async with aiohttp.ClientSession() as http:
        for path in ("/healthz", "/readyz"):
            async with http.get(plain.rig.url(path)) as response:
                assert response.status == 200
        async with http.get(plain.rig.url("/metrics")) as response:
            metrics = await response.text()
    assert 'threadline_turns_total{platform="telegram",status="done"}' in metrics
    assert 'method="sendMessage"' in metrics
