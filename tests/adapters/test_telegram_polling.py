"""Long polling: nothing lost, nothing blocked, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.telegram.refusals import TelegramRefused
from bot.engine import texts
from bot.engine.errors import StorageUnavailable
from tests.adapters.scripted_bot_api import TOKEN
from tests.adapters.telegram_payloads import payload
from tests.adapters.telegram_set_up import SetUp, set_up


@pytest.fixture
async def parts() -> AsyncIterator[SetUp]:
    async with set_up() as parts:
        yield parts


def said(text: str, update_id: int) -> dict[str, Any]:
    update = payload("private_text")
    update["update_id"] = update_id
    update["message"]["text"] = text
    return update


async def confirmed(parts: SetUp, offset: int) -> None:
    """Wait until Telegram was asked for what comes after."""
    await parts.api.wait_for(lambda: any(call["offset"] == offset for call in parts.api.of("getUpdates")))


async def until_ready_says(parts: SetUp, word: str) -> None:
    """Only the failing call is waited for; the clock stands still, so the pause after it does not end."""
    async with asyncio.timeout(5):
        while word not in (parts.adapter.ready() or ""):
            await asyncio.sleep(0.001)


async def test_updates_are_handed_over_in_order_and_confirmed_after_the_commit(parts: SetUp) -> None:
    await parts.api.add(said("one", 11), said("two", 12), said("three", 13))
    await parts.adapter.start(parts.engine)
    await confirmed(parts, 14)
    assert parts.engine.texts == ["one", "two", "three"]
    assert await parts.stored_offset() == 14


async def test_the_next_batch_is_not_asked_for_while_one_is_being_handled(parts: SetUp) -> None:
    """Asking confirms: a crash in the middle would lose what was not committed yet."""
    parts.engine.gate.clear()
    await parts.api.add(said("one", 11))
    await parts.adapter.start(parts.engine)
    await parts.engine.wait_for(lambda: parts.engine.entered == 1)
    assert (len(parts.api.of("getUpdates")), await parts.stored_offset()) == (1, 0)
    parts.engine.gate.set()
    await confirmed(parts, 12)


async def test_polling_asks_for_the_kinds_that_it_handles(parts: SetUp) -> None:
    await parts.adapter.start(parts.engine)
    await parts.api.wait_for(lambda: bool(parts.api.of("getUpdates")))
    assert parts.api.of("getUpdates")[0] == {
        "offset": 0,
        "timeout": 30,
        "allowed_updates": [
            "message",
            "edited_message",
            "callback_query",
            "my_chat_member",
            "stopped_message_generation",
        ],
    }


async def test_a_webhook_from_before_is_removed_and_what_waits_is_kept(parts: SetUp) -> None:
    await parts.adapter.start(parts.engine)
    assert parts.api.of("deleteWebhook") == [{"drop_pending_updates": "false"}]


async def test_commands_are_announced_for_private_chats_and_groups(parts: SetUp) -> None:
    await parts.adapter.start(parts.engine)
    announced = parts.api.of("setMyCommands")
    assert {call["scope"]["type"] for call in announced} == {"all_private_chats", "all_group_chats"}
    assert [command["command"] for command in announced[0]["commands"]] == list(texts.COMMANDS)


async def test_commands_that_cannot_be_announced_do_not_stop_the_start(parts: SetUp) -> None:
    parts.api.refuse("setMyCommands", 400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
    await parts.adapter.start(parts.engine)
    await parts.api.add(said("still here", 11))
    await confirmed(parts, 12)
    assert parts.engine.texts == ["still here"]


async def test_without_storage_the_same_batch_is_asked_for_again(parts: SetUp) -> None:
    """The second update cannot be stored: the offset stays, the whole batch comes again, repeats are dropped."""
    await parts.api.add(said("one", 11), said("two", 12))
    parts.engine.failures = [None, StorageUnavailable("disk full")]
    await parts.adapter.start(parts.engine)
    assert await parts.clock.advance_to_next() == 1.0
    await confirmed(parts, 13)
    assert [call["offset"] for call in parts.api.of("getUpdates")] == [0, 0, 13]
    assert (parts.engine.texts, parts.engine.entered) == (["one", "two"], 4)


async def test_a_failing_storage_is_waited_for_ever_longer_up_to_30_seconds(parts: SetUp) -> None:
    await parts.api.add(said("one", 11))
    parts.engine.failures.extend([StorageUnavailable("gone")] * 7)
    await parts.adapter.start(parts.engine)
    assert [await parts.clock.advance_to_next() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    await confirmed(parts, 12)


async def test_an_update_that_breaks_its_promise_is_put_aside_and_blocks_nothing(parts: SetUp) -> None:
    broken = payload("broken_message") | {"update_id": 11}
    await parts.api.add(broken, said("next", 12))
    await parts.adapter.start(parts.engine)
    await confirmed(parts, 13)
    assert parts.engine.aside == [("telegram:5550001111:11", "KeyError")]
    assert parts.engine.texts == ["next"]


async def test_a_bug_in_handling_puts_that_update_aside_only(parts: SetUp) -> None:
    parts.engine.failures = [ZeroDivisionError()]
    await parts.api.add(said("one", 11), said("two", 12))
    await parts.adapter.start(parts.engine)
    await confirmed(parts, 13)
    assert parts.engine.aside == [("telegram:5550001111:11", "ZeroDivisionError")]
    assert parts.engine.texts == ["two"]


async def test_a_put_aside_that_cannot_be_stored_is_no_reason_to_lose_the_update(parts: SetUp) -> None:
    parts.engine.failures = [ZeroDivisionError(), StorageUnavailable("gone")]
    await parts.api.add(said("one", 11))
    await parts.adapter.start(parts.engine)
    await parts.clock.advance_to_next()
    await confirmed(parts, 12)
    assert parts.engine.texts == ["one"]


async def test_an_update_without_a_number_is_passed_over(parts: SetUp) -> None:
    await parts.api.add({"message": {}}, said("next", 12))
    await parts.adapter.start(parts.engine)
    await confirmed(parts, 13)
    assert parts.engine.texts == ["next"]


async def test_ids_that_begin_anew_and_lower_are_followed(parts: SetUp) -> None:
    """After a quiet week Telegram may number from a new random start (facts: 6.1)."""
    async with parts.storage() as work:
        await work.events.move_offset("telegram:5550001111", 900_000)
        await work.commit()
    await parts.api.add(said("after the pause", 17))
    await parts.adapter.start(parts.engine)
    await confirmed(parts, 18)
    assert await parts.stored_offset() == 18
    assert parts.engine.texts == ["after the pause"]


async def test_a_restart_goes_on_where_the_last_commit_was(parts: SetUp) -> None:
    await parts.api.add(said("one", 11))
    await parts.adapter.start(parts.engine)
    await confirmed(parts, 12)
    await parts.adapter.close()
    parts.api.calls.clear()
    await parts.build().start(parts.engine)
    await parts.api.wait_for(lambda: bool(parts.api.of("getUpdates")))
    assert parts.api.of("getUpdates")[0]["offset"] == 12


async def test_an_idle_bot_is_ready_from_the_start(parts: SetUp) -> None:
    """The first long poll of a quiet bot takes 30 seconds."""
    await parts.adapter.start(parts.engine)
    assert parts.adapter.ready() is None


async def test_a_second_poller_is_told_in_readiness_until_it_is_gone(parts: SetUp) -> None:
    parts.api.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    await parts.adapter.start(parts.engine)
    await until_ready_says(parts, "another program")
    await parts.clock.advance_until(lambda: parts.adapter.ready() is None)


async def test_a_token_revoked_later_ends_polling_with_a_clear_word(parts: SetUp) -> None:
    parts.api.refuse("getUpdates", 401, "Unauthorized")
    await parts.adapter.start(parts.engine)
    await until_ready_says(parts, "TELEGRAM_BOT_TOKEN")
    assert len(parts.api.of("getUpdates")) == 1


async def test_a_flood_wait_is_kept(parts: SetUp) -> None:
    parts.api.refuse("getUpdates", 429, "Too Many Requests: retry after 17", retry_after=17)
    await parts.adapter.start(parts.engine)
    assert await parts.clock.advance_to_next() == 17.0


async def test_server_errors_pages_and_cut_connections_are_waited_out(parts: SetUp) -> None:
    parts.api.refuse("getUpdates", 500, "Internal Server Error")
    parts.api.answer_raw("getUpdates", 502, "<html>Bad Gateway</html>")
    parts.api.answer_raw("getUpdates", 200, "not json")
    parts.api.hang_up("getUpdates")
    await parts.api.add(said("one", 11))
    await parts.adapter.start(parts.engine)
    assert [await parts.clock.advance_to_next() for _ in range(4)] == [1, 2, 4, 8]
    await confirmed(parts, 12)
    assert parts.engine.texts == ["one"]


async def test_stopping_does_not_wait_for_the_long_poll(parts: SetUp) -> None:
    await parts.adapter.start(parts.engine)
    await parts.api.wait_for(lambda: bool(parts.api.of("getUpdates")))
    await asyncio.wait_for(parts.adapter.stop_intake(), 2)
    assert parts.adapter.ready() == "Telegram: stopped"


async def test_stopping_lets_the_batch_in_hand_finish(parts: SetUp) -> None:
    parts.engine.gate.clear()
    await parts.api.add(said("one", 11), said("two", 12))
    await parts.adapter.start(parts.engine)
    await parts.engine.wait_for(lambda: parts.engine.entered == 1)
    stopping = asyncio.create_task(parts.adapter.stop_intake())
    await parts.clock.settle()
    assert not stopping.done()
    parts.engine.gate.set()
    await asyncio.wait_for(stopping, 2)
    assert (parts.engine.texts, await parts.stored_offset()) == (["one", "two"], 13)
    assert len(parts.api.of("getUpdates")) == 1


async def test_stopping_waits_only_so_long_for_the_batch(parts: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that hangs; the updates are not confirmed, so they come again."""
    monkeypatch.setattr("adapters.telegram.app.PATIENCE", 0.05)
    parts.engine.gate.clear()
    await parts.api.add(said("one", 11))
    await parts.adapter.start(parts.engine)
    await parts.engine.wait_for(lambda: parts.engine.entered == 1)
    await asyncio.wait_for(parts.adapter.stop_intake(), 2)
    await asyncio.wait_for(parts.adapter.close(), 2)
    assert (parts.engine.texts, await parts.stored_offset()) == ([], 0)


async def test_a_refused_token_stops_the_start_with_one_sentence(parts: SetUp) -> None:
    parts.api.refuse("getMe", 401, "Unauthorized")
    with pytest.raises(TelegramRefused, match="TELEGRAM_BOT_TOKEN") as caught:
        await parts.adapter.start(parts.engine)
    assert TOKEN not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_where_telegram_cannot_be_reached_the_start_goes_on_trying(parts: SetUp) -> None:
    """An outage at Telegram's must not keep Slack from being served."""
    parts.api.hang_up("getMe")
    parts.api.refuse("getMe", 502, "Bad Gateway")
    await parts.api.add(said("one", 11))
    await parts.adapter.start(parts.engine)
    assert "cannot connect" in (parts.adapter.ready() or "")
    assert [await parts.clock.advance_to_next() for _ in range(2)] == [1, 2]
    await confirmed(parts, 12)
    assert parts.adapter.ready() is None


async def test_stopping_while_telegram_cannot_be_reached_is_quick(parts: SetUp) -> None:
    parts.api.hang_up("getMe")
    await parts.adapter.start(parts.engine)
    await asyncio.wait_for(parts.adapter.stop_intake(), 2)


async def test_calls_are_counted_with_their_outcome(parts: SetUp) -> None:
    parts.api.refuse("getUpdates", 500, "Internal Server Error")
    await parts.adapter.start(parts.engine)
    await parts.clock.advance_to_next()
    await parts.api.add(said("one", 11))
    await confirmed(parts, 12)
    outcomes = [outcome for _, method, outcome in parts.meter.calls if method == "getUpdates"]
    assert outcomes[:2] == ["unavailable", "ok"]
    assert ("telegram", "getMe", "ok") in parts.meter.calls


async def test_a_token_refused_after_an_outage_is_told_in_readiness(parts: SetUp) -> None:
    parts.api.hang_up("getMe")
    parts.api.refuse("getMe", 401, "Unauthorized")
    await parts.adapter.start(parts.engine)
    await parts.clock.advance_until(lambda: "TELEGRAM_BOT_TOKEN" in (parts.adapter.ready() or ""))
    assert not parts.api.of("getUpdates")


async def test_an_update_that_cannot_even_be_put_aside_blocks_nothing(parts: SetUp) -> None:
    parts.engine.failures = [ZeroDivisionError(), ZeroDivisionError()]
    await parts.api.add(said("one", 11), said("two", 12))
    await parts.adapter.start(parts.engine)
    await confirmed(parts, 13)
    assert (parts.engine.aside, parts.engine.texts) == ([], ["two"])


async def test_who_only_sends_learns_what_the_bot_may_do_and_polls_nothing(parts: SetUp) -> None:
    parts.api.hang_up("getMe")
    await parts.adapter.start_sending()
    assert "cannot connect" in (parts.adapter.ready() or "")
    await parts.clock.advance_until(lambda: parts.adapter.ready() is None)
    assert parts.adapter.messenger.topics
    assert {call.method for call in parts.api.calls} == {"getMe"}


async def test_who_only_sends_does_not_start_with_a_refused_token(parts: SetUp) -> None:
    parts.api.refuse("getMe", 401, "Unauthorized")
    with pytest.raises(TelegramRefused, match="TELEGRAM_BOT_TOKEN"):
        await parts.adapter.start_sending()
