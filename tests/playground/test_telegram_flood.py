"""Flood control, on a clock that is moved by hand."""

from typing import Any

import pytest

from playground.telegram import Budget, ChatBudgets, FloodLimits
from tests.playground.telegram_world import Refused, World, telegram_world


async def refused(world: World, method: str, **params: Any) -> Refused:
    with pytest.raises(Refused) as error:
        await world.bot.call(method, **{"chat_id": world.chat.id} | params)
    assert error.value.status == 429
    return error.value


async def test_a_private_chat_takes_five_at_once_and_then_one_a_second() -> None:
    async with telegram_world() as world:
        for number in range(5):
            await world.send(f"{number}")
        error = await refused(world, "sendMessage", text="6")
        assert (error.description, error.parameters, error.headers["Retry-After"]) == (
            "Too Many Requests: retry after 3",
            {"retry_after": 3},
            "3",
        )
        await world.clock.advance(3)
        await world.send("6")
        assert world.telegram.flood_violations == []


async def test_one_call_a_second_goes_on_and_on_but_not_sixty_one_a_minute() -> None:
    async with telegram_world() as world:
        sent = await world.send("0")
        for number in range(1, 180):
            await world.clock.advance(1.0)
            await world.bot.call(
                "editMessageText", chat_id=world.chat.id, message_id=sent["message_id"], text=f"{number}"
            )
        assert world.telegram.refused == []


async def test_a_private_chat_takes_sixty_calls_a_minute_its_burst_included() -> None:
    async with telegram_world() as world:
        for _ in range(5):
            await world.send()
        for _ in range(55):
            await world.clock.advance(1.0)
            await world.send()
        await world.clock.advance(1.0)
        assert (await refused(world, "sendMessage", text="x")).parameters == {"retry_after": 4}


async def test_sends_and_edits_of_a_group_share_twenty_a_minute_over_all_its_topics() -> None:
    async with telegram_world(privacy_mode=False) as world:
        forum = world.telegram.add_group("Team", [world.ann], forum=True)
        threads = [await world.telegram.create_topic(world.ann, forum, name) for name in ("One", "Two")]
        for number in range(10):
            sent = await world.send(chat_id=forum.id, message_thread_id=threads[number % 2])
            await world.bot.call(
                "editMessageText", chat_id=forum.id, message_id=sent["message_id"], text=f"edit {number}"
            )
            await world.clock.advance(2)
        error = await refused(
            world, "editMessageText", chat_id=forum.id, message_id=sent["message_id"], text="one more"
        )
        assert error.parameters == {"retry_after": 40}


async def test_a_call_before_the_time_is_over_doubles_the_wait_and_is_remembered() -> None:
    async with telegram_world() as world:
        for number in range(5):
            await world.send(f"{number}")
        await refused(world, "sendMessage", text="x")
        await world.clock.advance(2.9)
        assert (await refused(world, "sendChatAction", action="typing")).parameters == {"retry_after": 6}
        assert [call.method for call in world.telegram.flood_violations] == ["sendChatAction"]
        await world.clock.advance(6)
        await world.send("x")


async def test_the_wait_never_grows_beyond_eight_thousand_seconds() -> None:
    async with telegram_world() as world:
        world.telegram.flood.close(world.chat.id, 5000)
        assert (await refused(world, "sendMessage", text="x")).parameters == {"retry_after": 8000}


async def test_a_closed_chat_does_not_close_the_others() -> None:
    async with telegram_world() as world:
        bob = world.telegram.add_person("Bob")
        await world.telegram.send(bob, world.telegram.private_chat(bob), "hi")
        world.telegram.flood.close(world.chat.id, 30)
        await world.send(chat_id=bob.id)


async def test_typing_and_drafts_share_twenty_in_five_seconds_and_forty_in_thirty() -> None:
    async with telegram_world() as world:
        draft = {"chat_id": world.chat.id, "draft_id": 1}
        for number in range(10):
            await world.bot.call("sendMessageDraft", text=f"{number}", **draft)
            await world.bot.call("sendChatAction", chat_id=world.chat.id, action="typing")
        assert (await refused(world, "sendMessageDraft", text="x", **draft)).parameters == {"retry_after": 5}
        await world.clock.advance(5.1)
        for number in range(20):
            await world.bot.call("sendMessageDraft", text=f"{number}", **draft)
        await world.clock.advance(5.1)
        assert (await refused(world, "sendMessageDraft", text="x", **draft)).parameters == {"retry_after": 7}


async def test_a_broadcast_reaches_thirty_chats_a_second() -> None:
    async with telegram_world() as world:
        people = [world.telegram.add_person(f"Person{number}") for number in range(31)]
        for person in people:
            await world.telegram.send(person, world.telegram.private_chat(person), "hi")
        for person in people:
            await world.send(chat_id=person.id)
        await world.clock.advance(61)
        for person in people[:30]:
            await world.send(chat_id=person.id)
        assert (await refused(world, "sendMessage", chat_id=people[30].id, text="x")).parameters == {"retry_after": 3}


async def test_creating_and_renaming_a_topic_count_as_messages() -> None:
    async with telegram_world(topics_enabled=True) as world:
        for number in range(5):
            await world.bot.call("createForumTopic", chat_id=world.chat.id, name=f"Topic {number}")
        await refused(world, "createForumTopic", name="One more")


async def test_answers_to_buttons_cost_nothing() -> None:
    async with telegram_world() as world:
        world.telegram.flood.close(world.chat.id, 30)
        assert "query is too old" in await world.bot.refusal("answerCallbackQuery", callback_query_id="1")
        assert (await world.bot.call("getMe"))["is_bot"]
        assert world.telegram.flood_violations == []


async def test_a_refused_edit_that_changes_nothing_costs_as_much_as_any() -> None:
    async with telegram_world() as world:
        sent = await world.send("same")
        for _ in range(4):
            await world.bot.refusal(
                "editMessageText", chat_id=world.chat.id, message_id=sent["message_id"], text="same"
            )
        error = await refused(world, "editMessageText", message_id=sent["message_id"], text="other")
        assert error.parameters == {"retry_after": 9}


async def test_limits_can_be_lifted() -> None:
    async with telegram_world() as world:
        world.telegram.flood.enabled = False
        for number in range(30):
            await world.send(f"{number}")


async def test_squeezed_limits_leave_a_share_of_every_budget() -> None:
    async with telegram_world() as world:
        world.telegram.flood.squeeze = 0.2
        await world.send()
        assert (await refused(world, "sendMessage", text="x")).parameters == {"retry_after": 5}
        group = world.telegram.add_group("Team", [world.ann])
        for _ in range(4):
            await world.send(chat_id=group.id)
        assert (await refused(world, "sendMessage", chat_id=group.id, text="x")).parameters == {"retry_after": 60}
        world.telegram.flood.squeeze = 1.0
        await world.clock.advance(60)
        for _ in range(5):
            await world.send()


async def test_even_the_smallest_share_leaves_one_call() -> None:
    squeezed = FloodLimits().squeezed(0.001)
    assert (squeezed.private, squeezed.group, squeezed.typing) == ((1, 60.0), (1, 60.0), ((1, 5.0), (1, 30.0)))


async def test_the_budgets_tell_what_each_chat_has_used_and_how_long_it_is_closed() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        await world.send(chat_id=group.id)
        for _ in range(2):
            await world.send()
            await world.bot.call("sendMessageDraft", chat_id=world.chat.id, draft_id=1, text="x")
        world.telegram.flood.close(group.id, 30)
        await world.clock.advance(0.5)
        in_group, in_private = world.telegram.flood.budgets()
        assert in_group == ChatBudgets(
            group.id,
            29.5,
            (Budget("messages", 1, 20, 60.0), Budget("typing", 0, 20, 5.0), Budget("typing", 0, 40, 30.0)),
        )
        assert (in_private.chat_id, in_private.closed_for) == (world.chat.id, 0)
        assert in_private.budgets == (
            Budget("messages", 2, 60, 60.0),
            Budget("burst", 2, 5, 5.0),
            Budget("typing", 2, 20, 5.0),
            Budget("typing", 2, 40, 30.0),
        )


async def test_a_chat_that_was_quiet_for_a_minute_is_in_no_budget() -> None:
    async with telegram_world() as world:
        await world.send()
        await world.clock.advance(60)
        assert world.telegram.flood.budgets() == []
