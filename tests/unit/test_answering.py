"""One turn from the queue to the final text."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog.testing

from bot.engine import texts
from bot.engine.answering import MAX_AGE, MAX_TRIES, UNDELIVERABLE
from bot.engine.errors import (
    ContentFiltered,
    ContextTooLong,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelSilent,
    ModelUnreachable,
    PlaceGone,
    PlatformUnavailable,
    RateLimited,
)
from bot.engine.ports import Claim
from bot.engine.posts import Action, Button, Post
from bot.engine.testing.storage import MemoryTurnStore
from bot.engine.turns import Turn, TurnStatus
from tests.unit.world import HERE, World, open_world


async def test_the_final_text_is_stored_before_it_is_shown(world: World) -> None:
    world.messenger.gate.clear()
    world.llm.say("The answer that is long enough to be shown.")
    await world.say("Hi")
    await world.clock.advance(2)
    turn = await world.last_turn()
    assert turn.answer is not None
    assert turn.answer.content == "The answer that is long enough to be shown."
    assert not turn.shown
    world.messenger.gate.set()
    await world.quiet()
    assert (await world.last_turn()).shown


async def test_a_live_reply_has_a_stop_button_and_the_final_one_a_way_to_ask_again(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", " and the end", pause_after=1)
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(1)
    assert [b.label for b in world.messenger.buttons(HERE)] == [texts.STOP.english]
    answer.go.set()
    await world.quiet()
    assert [b.label for b in world.messenger.buttons(HERE)] == [texts.ASK_AGAIN.english]


async def test_a_question_that_waited_too_long_gets_an_apology_and_retry() -> None:
    """The model is not asked: an answer after a quarter of an hour would surprise more than it helps."""
    world = World()
    await world.say("Hi")
    await world.clock.advance(MAX_AGE + 1)
    async with open_world(world):
        await world.quiet()
        assert world.texts() == [texts.FAILURES["late"].english]
        assert (await world.last_turn()).status is TurnStatus.FAILED
        assert not world.llm.prompts
        world.llm.say("Better late than never.")
        await world.press(world.button(texts.RETRY.english))
        await world.quiet()
        assert world.texts() == ["Better late than never."]


async def test_the_turn_left_by_a_dead_process_goes_on_in_the_same_message() -> None:
    first = World()
    answer = first.llm.say("Half of the answer, long enough to show", pause_after=1)
    async with open_world(first):
        await first.say("Hi")
        await answer.paused.wait()
        await first.clock.advance(1)
    posted = first.messenger
    second = World(first.storage)
    second.messenger.posts.update(posted.posts)
    second.messenger.places.update(posted.places)
    second.llm.say("The whole answer.")
    async with open_world(second):
        await second.quiet()
    assert second.texts(HERE) == ["The whole answer."]
    assert second.messenger.count("send") == 0


def successor(first: World) -> World:
    """A second process on the same database and the same platform."""
    second = World(first.storage)
    second.messenger.posts.update(first.messenger.posts)
    second.messenger.places.update(first.messenger.places)
    return second


@asynccontextmanager
async def after_a_death(first: World) -> AsyncIterator[World]:
    async with open_world(successor(first)) as second:
        yield second


async def die_in_the_middle(world: World) -> None:
    """Let the process of this world be killed while it answers: nothing is stored on the way out."""
    answer = world.llm.say("Half of the answer, long enough to show", pause_after=1)
    if not await world.turns():
        await world.say("Hi")
    world.serve()
    await answer.paused.wait()
    await world.clock.advance(1)
    world.storage.broken = True
    await world.close()
    world.storage.broken = False


async def test_an_answer_asked_again_says_so_in_the_same_message_until_it_has_words() -> None:
    first = World()
    await die_in_the_middle(first)
    async with after_a_death(first) as second:
        answer = second.llm.say("", "The whole answer.", pause_after=1)
        await answer.paused.wait()
        await second.clock.advance(1)
        assert second.texts() == [texts.ONCE_MORE.english]
        assert [b.label for b in second.messenger.buttons(HERE)] == [texts.STOP.english]
        answer.go.set()
        await second.quiet()
        assert second.texts() == ["The whole answer."]
        assert second.messenger.count("send") == 0


async def test_after_three_tries_the_turn_ends_as_failed_with_retry() -> None:
    world = World()
    for _ in range(MAX_TRIES):
        await die_in_the_middle(world)
        world = successor(world)
    async with open_world(world):
        await world.quiet()
        assert world.llm.prompts == []
        assert (await world.last_turn()).status is TurnStatus.FAILED
        assert world.texts() == [texts.FAILURES["interrupted"].english]
        world.llm.say("At last.")
        await world.press(world.button(texts.RETRY.english), event="again")
        await world.quiet()
        assert world.texts() == ["At last."]


async def test_a_stop_outlives_the_worker_that_should_have_obeyed() -> None:
    first = World()
    await die_in_the_middle(first)
    async with first.storage() as work:
        chat = await work.chats.current(HERE)
        assert chat is not None
        assert await work.turns.ask_to_stop(chat.id)
        await work.commit()
    async with after_a_death(first) as second:
        await second.quiet()
        assert second.llm.prompts == []
        assert (await second.last_turn()).status is TurnStatus.CANCELLED
        assert second.texts() == [texts.STOPPED.english]


async def test_a_worker_whose_turn_was_taken_over_writes_nothing_more_anywhere() -> None:
    """Race: it was frozen for longer than its lease; its successor has shown the whole answer meanwhile."""
    world = World()
    answer = world.llm.say("Half of the answer, long enough to show", " and the rest", pause_after=1)
    await world.say("Hi")
    stale = asyncio.create_task(world.answering.answer(Claim((await world.last_turn()).id)))
    await answer.paused.wait()
    await world.clock.advance(1)
    async with after_a_death(world) as second:
        second.llm.say("The whole answer.")
        await second.quiet()
    stands, calls = await world.last_turn(), len(world.messenger.calls)
    answer.go.set()
    await world.clock.advance_until(stale.done)
    stale.result()
    assert await world.last_turn() == stands
    assert stands.answer is not None
    assert stands.answer.content == "The whole answer."
    assert len(world.messenger.calls) <= calls + 1  # an edit under way before anything could be noticed


async def test_without_its_lease_a_worker_sends_nothing(world: World) -> None:
    world = World()
    held = True
    answer = world.llm.say("Half of the answer, long enough to show", " and the rest", pause_after=1)
    await world.say("Hi")
    turn = await world.last_turn()
    answering = asyncio.create_task(world.answering.answer(Claim(turn.id, holds=lambda: held)))
    await answer.paused.wait()
    await world.clock.advance(1)
    held, calls = False, len(world.messenger.calls)
    answer.go.set()
    await world.clock.advance_until(answering.done)
    assert len(world.messenger.calls) == calls


async def test_a_lost_lease_does_not_end_the_turn_for_its_successor() -> None:
    """Race: the reply notices first, while the model still writes and nobody has taken the turn up yet."""
    world = World()
    answer = world.llm.say("Half of the answer, long enough to show", " and the rest", pause_after=1)
    await world.say("Hi")
    turn = await world.last_turn()
    answering = asyncio.create_task(world.answering.answer(Claim(turn.id, holds=lambda: False)))
    await answer.paused.wait()
    await world.clock.advance_until(answering.done)
    assert (await world.last_turn()).status is TurnStatus.RUNNING
    assert answer.closed.is_set()
    async with after_a_death(world) as second:
        second.llm.say("The whole answer.")
        await second.quiet()
        assert second.texts() == ["The whole answer."]


async def test_a_stop_in_the_middle_keeps_the_partial_text_and_the_turn_queued() -> None:
    world = World()
    answer = world.llm.say("Half of the answer", pause_after=1)
    async with open_world(world):
        await world.say("Hi")
        await answer.paused.wait()
    assert (await world.last_turn()).status is TurnStatus.QUEUED
    assert answer.closed.is_set()


async def test_a_final_text_that_was_stored_but_not_shown_is_shown_without_asking_the_model() -> None:
    world = World()
    await world.say("Hi")
    turn = await world.last_turn()
    async with world.storage() as work:
        started = await work.turns.start(turn.id)
        assert started is not None
        await work.turns.end(started.turn, TurnStatus.FAILED, "Half", "silent", turn.created_at)
        await work.commit()
    async with open_world(world):
        await world.quiet()
    assert world.texts(HERE) == [f"Half\n\n{texts.failure('silent', partial=True, language='')}"]
    assert [b.label for b in world.messenger.buttons(HERE)] == [texts.RETRY.english]
    assert world.llm.prompts == []


async def test_a_turn_that_is_done_is_not_done_again(world: World) -> None:
    await world.say("Hi")
    await world.quiet()
    calls = len(world.messenger.calls)
    await world.answering.answer(Claim((await world.last_turn()).id))
    assert len(world.messenger.calls) == calls
    assert len(world.llm.prompts) == 1


async def test_a_turn_that_does_not_exist_is_nothing(world: World) -> None:
    await world.answering.answer(Claim(4711))
    assert world.messenger.calls == []


@pytest.mark.parametrize(
    "error",
    [
        ModelUnreachable("refused"),
        ModelBusy("429", 3),
        ModelSilent("60 s"),
        ModelRefused("401"),
        ContentFiltered("no"),
        ModelError("?"),
    ],
)
async def test_a_model_error_is_one_sentence_with_a_retry_button(world: World, error: ModelError) -> None:
    world.llm.fail(error)
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == [texts.failure(error.code, partial=False, language="")]
    assert [b.label for b in world.messenger.buttons(HERE)] == [texts.RETRY.english]
    assert (await world.last_turn()).failure == error.code
    assert "refused" not in world.texts(HERE)[0] or error.code == "refused"


async def test_what_was_shown_stays_marked_as_unfinished_when_the_model_breaks_off(world: World) -> None:
    world.llm.fail(ModelSilent("60 s"), "Half of the answer")
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == [f"Half of the answer\n\n{texts.failure('silent', partial=True, language='')}"]
    assert [m.content for m in await world.messages()] == ["Hi", "Half of the answer"]


async def test_an_empty_answer_is_said_to_be_empty(world: World) -> None:
    world.llm.say(" ", "\n")
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == [texts.EMPTY_ANSWER.english]
    assert [m.content for m in await world.messages()] == ["Hi"]


async def test_an_answer_that_nobody_can_see_is_said_to_be_empty(world: World) -> None:
    world.llm.say("\u2060\u200b")
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE)[-1].endswith(texts.EMPTY_ANSWER.english)
    assert [b.label for b in world.messenger.buttons(HERE)] == [texts.RETRY.english]


async def test_an_error_of_our_own_leaves_a_sentence_and_a_retry_button(world: World) -> None:
    def broken(_: object) -> str:
        raise KeyError("a bug")

    world.llm.when(lambda _: True, broken)
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == [texts.FAILED.english]
    assert [b.label for b in world.messenger.buttons(HERE)] == [texts.RETRY.english]


async def test_a_database_that_is_away_when_the_history_is_read_is_asked_again(world: World) -> None:
    world.messenger.gate.clear()
    await world.say("Hi")
    world.storage.broken = True
    await world.settle()
    world.storage.broken = False
    world.messenger.gate.set()
    await world.quiet()
    assert world.texts(HERE) == ["You said: Hi"]


async def test_an_answer_cut_by_the_model_says_so(world: World) -> None:
    world.llm.say("As I was", cut=True)
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == [f"As I was\n\n{texts.CUT.english}"]


async def test_a_prompt_that_is_too_long_is_shortened_and_asked_once_more(world: World) -> None:
    for number in range(3):
        world.llm.say("word " * 100)
        await world.say(f"question {number}")
        await world.quiet()
    world.llm.fail(ContextTooLong("8192"))
    world.llm.say("fits now")
    await world.say("and now?")
    await world.quiet()
    assert world.texts(HERE)[-1] == "fits now"
    assert len(world.llm.prompts[-1]) < len(world.llm.prompts[-2])


async def test_a_prompt_that_stays_too_long_is_a_failure_with_a_way_on(world: World) -> None:
    world.llm.fail(ContextTooLong("8192"))
    world.llm.fail(ContextTooLong("8192"))
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == [texts.failure("too_long", partial=False, language="")]


async def test_a_context_error_after_the_first_words_is_not_tried_again(world: World) -> None:
    world.llm.fail(ContextTooLong("8192"), "some words")
    await world.say("Hi")
    await world.quiet()
    assert len(world.llm.prompts) == 1
    assert world.texts(HERE) == [f"some words\n\n{texts.failure('too_long', partial=True, language='')}"]


async def test_a_place_that_is_gone_stops_the_model(world: World) -> None:
    world.messenger.fail("send", PlaceGone("blocked"))
    answer = world.llm.say("Some words that are long enough", "more", pause_after=1)
    await world.say("Hi")
    await asyncio.wait_for(answer.closed.wait(), 5)
    await world.quiet()
    turn = await world.last_turn()
    assert (turn.status, turn.failure, turn.shown) == (TurnStatus.FAILED, "undeliverable", True)
    assert turn.answer is not None
    assert turn.answer.content == "Some words that are long enough"


async def test_a_platform_that_is_away_for_long_gets_the_answer_later(world: World) -> None:
    world.messenger.fail("send", *[PlatformUnavailable("502")] * 8)
    world.llm.say("The answer.")
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == ["The answer."]
    assert len(world.llm.prompts) == 1


async def test_a_database_that_is_away_when_the_model_ends_is_waited_for(world: World) -> None:
    answer = world.llm.say("The answer.", pause_after=1)
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(1)
    world.storage.broken = True
    answer.go.set()
    await world.clock.advance(10)
    world.storage.broken = False
    await world.quiet()
    assert world.texts(HERE) == ["The answer."]
    assert (await world.last_turn()).status is TurnStatus.DONE


async def test_a_message_that_could_not_be_stored_is_stored_before_the_next_call(world: World) -> None:
    """Else a process that died behind it would post a second one."""
    answer = world.llm.say("Some words that are long enough", " and the end.", pause_after=1)
    world.messenger.gate.clear()
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(1)
    world.storage.broken = True
    world.messenger.gate.set()
    await world.settle()
    world.storage.broken = False
    assert (await world.last_turn()).replies == ()
    world.messenger.gate.clear()
    answer.go.set()
    await world.clock.advance(10)
    assert (await world.last_turn()).replies == tuple(world.messenger.posts)
    world.messenger.gate.set()
    await world.quiet()


async def test_a_last_message_that_could_not_be_stored_is_stored_when_the_turn_is_over(world: World) -> None:
    """Else nobody could delete it, and Retry would post a second one."""
    world.llm.say("The whole answer that is long enough.")
    world.messenger.gate.clear()
    await world.say("Hi")
    await world.clock.advance(2)
    world.storage.broken = True
    world.messenger.gate.set()
    await world.settle()
    world.storage.broken = False
    await world.clock.advance(10)
    await world.quiet()
    turn = await world.last_turn()
    assert turn.shown
    assert turn.replies == tuple(world.messenger.posts)


async def test_a_last_message_that_could_not_be_stored_goes_with_a_chat_that_is_deleted_meanwhile(world: World) -> None:
    world.llm.say("The whole answer that is long enough.")
    world.messenger.gate.clear()
    await world.say("Hi")
    await world.clock.advance(2)
    turn = await world.last_turn()
    world.storage.broken = True
    world.messenger.gate.set()
    await world.settle()
    assert world.texts(HERE) != []
    world.storage.broken = False
    async with world.storage() as work:
        await work.chats.delete(turn.chat_id)
        await work.commit()
    await world.clock.advance(10)
    await world.quiet()
    assert world.texts(HERE) == []


async def test_the_sign_of_working_is_no_condition_for_an_answer(world: World) -> None:
    world.messenger.fail("working", RateLimited(5))
    await world.say("Hi")
    await world.quiet()
    assert world.texts(HERE) == ["You said: Hi"]


async def test_operators_see_turns_and_seconds_to_first_text(world: World) -> None:
    await world.say("Hi")
    await world.quiet()
    assert world.meter.turns == [("memory", TurnStatus.DONE)]
    assert len(world.meter.first_texts) == 1


async def test_a_long_answer_goes_on_in_further_messages_that_are_all_stored() -> None:
    async with open_world(World(page_size=20)) as world:
        world.llm.say(*["word "] * 20)
        await world.say("Hi")
        await world.quiet()
        assert "".join(world.texts(HERE)) == "word " * 20
        assert (await world.last_turn()).replies == tuple(world.messenger.posts)


async def test_a_platform_that_is_away_while_the_model_writes_gets_the_whole_answer_later(world: World) -> None:
    world.messenger.fail("send", *[PlatformUnavailable("502")] * 8)
    answer = world.llm.say("Some words that are long enough", " and the rest.", pause_after=1)
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(200)
    answer.go.set()
    await world.quiet()
    assert world.texts(HERE) == ["Some words that are long enough and the rest."]
    assert (await world.last_turn()).status is TurnStatus.DONE


async def test_a_person_can_stop_an_answer_while_the_platform_is_away(world: World) -> None:
    world.messenger.fail("send", *[PlatformUnavailable("502")] * 8)
    answer = world.llm.say("Some words that are long enough", " and the rest.", pause_after=1)
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(200)
    await world.command("stop")
    await world.quiet()
    assert world.texts(HERE) == [f"Some words that are long enough\n\n{texts.STOPPED.english}"]


async def test_an_answer_shown_late_is_one_turn_for_log_and_meter(world: World) -> None:
    world.messenger.fail("send", *[PlatformUnavailable("502")] * 8)
    with structlog.testing.capture_logs() as logs:
        await world.say("Hi")
        await world.quiet()
    assert world.texts(HERE) == ["You said: Hi"]
    assert world.meter.turns == [("memory", TurnStatus.DONE)]
    assert [entry["event"] for entry in logs if entry["event"].startswith("turn_")] == ["turn_ended", "turn_shown_late"]


async def test_a_chat_deleted_while_its_pages_are_still_being_posted_leaves_nothing_behind() -> None:
    async with open_world(World(page_size=20)) as world:
        world.messenger.gap = 2
        world.llm.say("word " * 40)
        await world.say("Hi")
        await world.clock.advance(5)
        assert (await world.last_turn()).status is TurnStatus.DONE
        assert 1 < len(world.texts(HERE)) < 10
        await world.press(Button("", Action.DELETE, 1))
        await world.clock.advance(60)
        assert world.texts(HERE) == []


async def test_a_stop_of_the_process_while_the_first_message_is_under_way_does_not_post_it_twice() -> None:
    world = World()
    world.messenger.gate.clear()
    world.llm.say("Half of the answer, long enough to show", pause_after=1)
    world.serve()
    await world.say("Hi")
    await world.settle()
    closing = asyncio.create_task(world.close())
    await world.settle()
    world.messenger.gate.set()
    await closing
    assert (await world.last_turn()).replies == tuple(world.messenger.posts)
    assert len(world.messenger.posts) == 1


async def test_a_database_that_is_away_while_replies_are_stored_stops_nothing(world: World) -> None:
    world.messenger.gate.clear()
    answer = world.llm.say("Some words that are long enough", " and the end", pause_after=1)
    await world.say("Hi")
    await answer.paused.wait()
    await world.settle()
    world.storage.broken = True
    world.messenger.gate.set()
    await world.settle()
    world.storage.broken = False
    answer.go.set()
    await world.quiet()
    assert world.texts(HERE) == ["Some words that are long enough and the end"]


async def test_a_stop_of_the_process_without_a_database_ends_all_the_same() -> None:
    world = World()
    answer = world.llm.say("Half of the answer", pause_after=1)
    async with open_world(world):
        await world.say("Hi")
        await answer.paused.wait()
        world.storage.broken = True
    world.storage.broken = False
    assert (await world.last_turn()).status is TurnStatus.RUNNING


@pytest.mark.parametrize("call", ["send", "edit"])
async def test_what_is_asked_again_before_it_could_be_shown_is_not_shown_any_more(world: World, call: str) -> None:
    """It would come after the new answer, beside it or, where its message is found, over it."""
    world.messenger.fail(call, *[PlatformUnavailable("502")] * 8)
    answer = world.llm.say("Some words that are long enough", " and the rest.", pause_after=1)
    world.llm.say("The new answer.")
    await world.say("Hi")
    await answer.paused.wait()
    await world.clock.advance(1)
    answer.go.set()
    await world.clock.advance(200)
    assert not (await world.last_turn()).shown
    assert await world.command("retry") is None
    await world.quiet()
    assert world.texts(HERE) == ["The new answer."]


async def test_what_is_being_shown_in_this_moment_cannot_be_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.messenger.fail("send", *[PlatformUnavailable("502")] * 8)
    await world.say("Hi")
    await world.clock.advance(200)
    read = MemoryTurnStore.last

    async def read_and_taken_up(store: MemoryTurnStore, chat_id: int) -> Turn | None:
        if (turn := await read(store, chat_id)) is not None:
            await store.start(turn.id)
        return turn

    monkeypatch.setattr(MemoryTurnStore, "last", read_and_taken_up)
    assert await world.command("retry") == Post(texts.STILL_RUNS.english)


async def test_a_sign_of_work_is_shown_again_and_again_until_there_is_something_to_see(world: World) -> None:
    answer = world.llm.say("The answer, when it has been thought over.", pause_after=0)
    await world.say("Think")
    await answer.paused.wait()
    await world.clock.advance(12)
    assert world.messenger.count("working") == 3
    answer.go.set()
    await world.quiet()
    await world.clock.advance(12)
    assert world.messenger.count("working") == 3


async def test_a_chat_whose_place_is_closed_to_us_costs_no_further_model_call_until_somebody_writes_there() -> None:
    async with open_world(World()) as world:
        world.messenger.fail("send", *[PlaceGone("blocked")] * 2)
        answer = world.llm.say("The answer that is long enough to be shown.", pause_after=1)
        await world.say("One")
        await answer.started.wait()
        await world.say("Two")
        answer.go.set()
        await world.quiet()
        assert len(world.llm.prompts) == 1
        assert (await world.last_turn()).failure == UNDELIVERABLE
        await world.say("Three")
        await world.quiet()
        assert len(world.llm.prompts) == 2
        assert world.texts(HERE) == ["You said: Three"]
