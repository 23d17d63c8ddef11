"""What every storage promises of its turns."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.engine.chats import Chat, ChatFilter, Message, Role
from bot.engine.errors import StorageUnavailable, TakenOver
from bot.engine.ports import Storage, UnitOfWork
from bot.engine.turns import Exchange, Turn, TurnStatus
from tests.contracts.samples import ANN, BOB, LATER, NOW, OTHER_THREAD, THREAD, add_chat, ask, end, reread

PAST = NOW - timedelta(days=30)


async def start(storage: Storage, turn: Turn) -> Turn | None:
    async with storage() as work:
        started = await work.turns.start(turn.id)
        await work.commit()
    return started.turn if started else None


async def answers(work: UnitOfWork, turn: Turn, most: int = 10) -> list[str]:
    """The answers in what was said before the turn, as it is taken up."""
    started = await work.turns.start(turn.id, most)
    assert started is not None
    return [said.answer for said in started.history]


async def delete(storage: Storage, turn: Turn) -> None:
    async with storage() as work:
        await work.chats.delete(turn.chat_id)
        await work.commit()


async def test_a_question_is_a_queued_turn_with_its_message(storage: Storage) -> None:
    chat = await add_chat(storage)
    turn = await ask(storage, chat, "Why?", BOB)
    question = Message(turn.question.id, chat.id, Role.USER, "Why?", NOW, BOB, "17.1")
    assert turn == Turn(turn.id, chat.id, question, None, TurnStatus.QUEUED, (), None, None, False, NOW)
    assert await reread(storage, turn) == turn


async def test_a_question_moves_its_chat_to_the_top_of_the_lists(storage: Storage) -> None:
    chat, newer = await add_chat(storage), await add_chat(storage, OTHER_THREAD, now=LATER)
    turn = await ask(storage, chat)
    async with storage() as work:
        hours = [NOW + timedelta(hours=number) for number in (1, 2)]
        for now, asking in (
            (hours[0], work.turns.ask(chat.id, "Why?", ANN, None, hours[0])),
            (hours[1], work.turns.ask_again(turn, hours[1])),
        ):
            await asking
            first, second = await work.chats.list_of(ChatFilter(THREAD, ANN.id, everywhere=False), 10)
            assert (first.chat.id, first.active_at, first.chat.updated_at) == (chat.id, now, now)
            assert second.chat.id == newer.id


async def test_questions_of_a_chat_are_numbered_in_the_order_of_their_commits(storage: Storage) -> None:
    """Race: a chat's later question must not be visible before an earlier one, or it would be answered first."""
    chat = await add_chat(storage)
    seen: list[list[int]] = []

    async def accept() -> None:
        async with storage() as work:
            turn = await work.turns.ask(chat.id, "Why?", ANN, None, NOW)
            await work.events.claim(str(turn.id), NOW)
            await work.commit()

    async def look() -> None:
        async with storage() as work:
            seen.append([turn.id for turn in await work.turns.all_of(chat.id)])

    await asyncio.gather(*(each() for _ in range(12) for each in (accept, look)))
    await look()
    asked = sorted(seen[-1])
    assert len(asked) == 12
    assert all(visible == asked[: len(visible)] for visible in seen)


async def test_questions_that_wait_are_kept_in_the_order_in_which_they_were_written(storage: Storage) -> None:
    """Race: two messages written right behind one another come in over two connections, the second one first."""
    chat = await add_chat(storage)
    asked = []
    async with storage() as work:
        for source in ("900.5", "1000.1", "900.7", "950.0", None, "100.0"):
            asked.append(await work.turns.ask(chat.id, f"at {source}", ANN, source, NOW))
            if source == "900.5":
                await work.turns.start(asked[0].id)
        await work.commit()
    order = [(await reread(storage, turn)).question.content for turn in asked]
    assert order == ["at 900.5", "at 100.0", "at 900.7", "at 950.0", "at None", "at 1000.1"]
    assert asked[-1].question.content == "at 1000.1"


async def test_a_question_in_a_deleted_chat_is_refused_so_that_the_platform_repeats_it(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    await delete(storage, turn)
    async with storage() as work:
        with pytest.raises(StorageUnavailable):
            await work.turns.ask(turn.chat_id, "Why?", ANN, None, NOW)
        with pytest.raises(StorageUnavailable):
            await work.turns.ask_again(turn, NOW)


async def test_a_queued_turn_starts_and_stays_started_with_one_try_more_each_time(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    assert turn.tries == 0
    for tries in (1, 2):
        started = await start(storage, turn)
        assert started is not None
        assert (started.status, started.tries) == (TurnStatus.RUNNING, tries)


async def test_who_took_a_turn_up_before_cannot_write_any_more(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    earlier, later = await start(storage, turn), await start(storage, turn)
    assert earlier is not None
    assert later is not None
    async with storage() as work:
        for write in (
            work.turns.save_replies(earlier, ["post"]),
            work.turns.save_partial(earlier, "Bec"),
            work.turns.end(earlier, TurnStatus.DONE, "Because.", None, NOW),
            work.turns.mark_shown(earlier),
        ):
            with pytest.raises(TakenOver):
                await write
        assert await work.turns.end(later, TurnStatus.DONE, "Because.", None, NOW)
        with pytest.raises(TakenOver):
            await work.turns.mark_shown(earlier)
        await work.commit()
    assert (await reread(storage, turn)).replies == ()


async def test_of_two_who_take_a_turn_up_at_once_one_can_write(storage: Storage) -> None:
    """Race: a worker that was thought dead comes back in the moment in which its turn is taken over."""
    turn = await ask(storage, await add_chat(storage))
    started = await asyncio.gather(*(start(storage, turn) for _ in range(4)))
    assert sorted(one.tries for one in started if one) == [1, 2, 3, 4]


async def test_a_question_that_finds_another_one_open_has_waited(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    first, second, elsewhere = await ask(storage, chat), await ask(storage, chat), await ask(storage, other)
    assert [turn.waited for turn in (first, second, elsewhere)] == [False, True, False]
    for turn in (first, second):
        await end(storage, turn)
    third = await ask(storage, chat)
    assert not third.waited
    assert (await reread(storage, second)).waited


@pytest.mark.parametrize("status", [TurnStatus.DONE, TurnStatus.FAILED, TurnStatus.CANCELLED])
async def test_an_ended_turn_does_not_start_again(storage: Storage, status: TurnStatus) -> None:
    turn = await ask(storage, await add_chat(storage))
    await end(storage, turn, status=status)
    assert await start(storage, turn) == await reread(storage, turn)
    assert (await reread(storage, turn)).status is status


async def test_a_turn_that_is_shown_is_not_taken_up_again(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    await end(storage, turn)
    async with storage() as work:
        await work.turns.mark_shown(turn)
        await work.commit()
    shown = await reread(storage, turn)
    assert await start(storage, turn) == shown


async def test_a_deleted_turn_starts_not_and_takes_no_replies_and_no_answer(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    await start(storage, turn)
    await delete(storage, turn)
    assert await start(storage, turn) is None
    async with storage() as work:
        assert not await work.turns.save_replies(turn, ["post"])
        await work.turns.save_partial(turn, "Bec")
        await work.turns.mark_shown(turn)
        assert not await work.turns.end(turn, TurnStatus.DONE, "Because.", None, NOW)
        await work.commit()


async def test_the_answer_and_the_status_are_stored_together(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    async with storage() as work:
        assert await work.turns.end(turn, TurnStatus.FAILED, "Bec", "silent", LATER)
        await work.commit()
    found = await reread(storage, turn)
    assert found.answer is not None
    assert found.answer == Message(found.answer.id, turn.chat_id, Role.ASSISTANT, "Bec", LATER)
    assert (found.status, found.failure, found.shown) == (TurnStatus.FAILED, "silent", False)


async def test_an_empty_answer_makes_no_message(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    assert await end(storage, turn, "", TurnStatus.CANCELLED)
    assert (await reread(storage, turn)).answer is None


async def test_a_turn_ends_once_however_often_it_is_told(storage: Storage) -> None:
    """The answer to a commit can be lost: who tries again must not store the answer twice, nor change it."""
    turn = await ask(storage, await add_chat(storage))
    assert all(await asyncio.gather(*(end(storage, turn, f"Answer {n}") for n in range(6))))
    stands = await reread(storage, turn)
    assert await end(storage, turn, "", TurnStatus.FAILED)
    assert await reread(storage, turn) == stands


async def test_replies_are_replaced_as_a_whole_in_page_order(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    for replies in (["a"], ["a", "b", "c"], ["a", "x"], [], ["y"]):
        async with storage() as work:
            assert await work.turns.save_replies(turn, replies)
            await work.commit()
        assert (await reread(storage, turn)).replies == tuple(replies)
        async with storage() as work:
            assert await work.chats.posts(turn.chat_id) == replies


async def test_a_turn_stopped_in_the_middle_waits_again(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    started = await start(storage, turn) or turn
    async with storage() as work:
        await work.turns.save_partial(started, "Bec")
        await work.commit()
    left = await reread(storage, turn)
    assert (left.status, left.partial, left.answer) == (TurnStatus.QUEUED, "Bec", None)
    await end(storage, left)
    assert (await reread(storage, turn)).partial == ""


async def test_a_late_partial_text_does_not_bring_an_ended_turn_back(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    await end(storage, turn)
    stands = await reread(storage, turn)
    async with storage() as work:
        await work.turns.save_partial(turn, "Bec")
        await work.commit()
    assert await reread(storage, turn) == stands


async def test_turns_wait_until_their_end_is_shown(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    queued, running, ended = await ask(storage, chat), await ask(storage, other), await ask(storage, chat)
    shown = await ask(storage, other)
    await start(storage, running)
    for turn in (ended, shown):
        await end(storage, turn)
    async with storage() as work:
        for turn in (queued, running, shown):
            await work.turns.mark_shown(await work.turns.get(turn.id) or turn)
        await work.commit()
    async with storage() as work:
        waiting = [(turn.chat_id, turn.id) for turn in (queued, running, ended)]
        assert await work.turns.waiting() == waiting
    assert (await reread(storage, shown)).shown


async def test_a_stop_is_noted_with_the_turn_that_was_taken_up(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    running, next_one, elsewhere = await ask(storage, chat), await ask(storage, chat), await ask(storage, other)
    async with storage() as work:
        assert not await work.turns.ask_to_stop(chat.id)
        await work.turns.start(running.id)
        await work.turns.start(elsewhere.id)
        assert await work.turns.ask_to_stop(chat.id)
        await work.commit()
    assert [(await reread(storage, t)).stopping for t in (running, next_one, elsewhere)] == [True, False, False]
    await end(storage, running)
    async with storage() as work:
        assert not await work.turns.ask_to_stop(chat.id)


async def test_turns_of_one_chat_that_nobody_took_up_are_cancelled_and_nothing_else(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    running, left, first, second = [await ask(storage, chat) for _ in range(4)]
    elsewhere = await ask(storage, other)
    await start(storage, running)
    async with storage() as work:
        started = await work.turns.start(left.id)
        assert started is not None
        await work.turns.save_partial(started.turn, "Bec")
        await work.commit()
    async with storage() as work:
        cancelled_turns = await work.turns.cancel_queued(chat.id)
        await work.commit()
    assert cancelled_turns == [await reread(storage, first), await reread(storage, second)]
    async with storage() as work:
        assert await work.turns.cancel_queued(chat.id) == []
        waiting = [(chat.id, running.id), (chat.id, left.id), (other.id, elsewhere.id)]
        assert await work.turns.waiting() == waiting
    cancelled = await start(storage, first)
    assert cancelled is not None
    assert (cancelled.status, cancelled.shown) == (TurnStatus.CANCELLED, True)


async def test_asking_again_takes_the_question_and_the_replies_over(storage: Storage) -> None:
    turn = await ask(storage, await add_chat(storage))
    await end(storage, turn)
    async with storage() as work:
        await work.turns.save_replies(turn, ["a", "b"])
        again = await work.turns.ask_again(await work.turns.get(turn.id) or turn, LATER)
        await work.commit()
    asked = Turn(
        again.id, turn.chat_id, turn.question, None, TurnStatus.QUEUED, ("a", "b"), turn.id, None, False, LATER
    )
    assert again == asked
    assert await reread(storage, again) == asked
    assert (await reread(storage, turn)).replies == ()
    async with storage() as work:
        assert await work.chats.posts(turn.chat_id) == ["a", "b"]
        await work.turns.save_replies(again, ["a"])
        assert await work.chats.posts(turn.chat_id) == ["a"]


async def test_of_the_answers_to_a_question_the_newest_stands_until_another_is_made_to(storage: Storage) -> None:
    chat, (first, second) = await _with_two_answers(storage)
    following = await ask(storage, await add_chat(storage, OTHER_THREAD))
    async with storage() as work:
        assert await work.turns.last(chat.id) == second
        assert await work.turns.stand(first)
        await work.commit()
    first, second = await reread(storage, first), await reread(storage, second)
    assert (first.standing, first.shown, first.replies) == (True, False, ("a", "b"))
    assert (second.standing, second.shown, second.replies) == (False, True, ())
    async with storage() as work:
        assert await work.turns.last(chat.id) == first
        assert await work.turns.waiting() == [(chat.id, first.id), (following.chat_id, following.id)]
        started = await work.turns.start(first.id, 10)
        assert started is not None
        assert (list(started.others), list(started.history), started.turn.replies) == ([second.id], [], ("a", "b"))


async def test_the_history_has_the_answer_that_stands(storage: Storage) -> None:
    chat, (first, second) = await _with_two_answers(storage)
    async with storage() as work:
        await work.turns.stand(first)
        await work.commit()
    following = await ask(storage, chat)
    async with storage() as work:
        assert await answers(work, following) == ["One."]
        started = await work.turns.start(following.id)
        assert started is not None
        assert list(started.others) == []
        assert (await reread_in(work, second)).standing is False


async def test_no_other_answer_stands_before_what_is_there_is_shown(storage: Storage) -> None:
    _, (first, second) = await _with_two_answers(storage)
    async with storage() as work:
        again = await work.turns.ask_again(second, LATER)
        assert not await work.turns.stand(first)
        assert (await reread_in(work, again)).standing
        await work.commit()
    await end(storage, again, "Three.")
    async with storage() as work:
        assert not await work.turns.stand(first)


async def test_an_earlier_question_shows_no_other_answer_any_more(storage: Storage) -> None:
    chat, (first, second) = await _with_two_answers(storage)
    await ask(storage, chat)
    async with storage() as work:
        assert not await work.turns.stand(first)
        assert (await reread_in(work, second)).replies == ("a", "b")


async def test_the_replies_of_a_turn_that_still_runs_are_taken_over_when_the_next_one_is_taken_up(
    storage: Storage,
) -> None:
    """Its worker writes its last words into them first."""
    running = await start(storage, await ask(storage, await add_chat(storage)))
    assert running is not None
    async with storage() as work:
        again = await work.turns.ask_again(running, LATER)
        await work.turns.save_replies(running, ["a"])
        await work.turns.end(running, TurnStatus.CANCELLED, "Bec", None, NOW)
        await work.turns.mark_shown(running)
        await work.commit()
    assert again.replies == ()
    taken = await start(storage, again)
    assert taken is not None
    assert taken.replies == ("a",)
    assert (await reread(storage, running)).replies == ()


async def _with_two_answers(storage: Storage) -> tuple[Chat, tuple[Turn, Turn]]:
    """A chat with a question, and the two turns that answered it; both are shown, the second one stands."""
    chat = await add_chat(storage)
    turn = await ask(storage, chat)
    await end(storage, turn, "One.")
    async with storage() as work:
        ended = await reread_in(work, turn)
        await work.turns.save_replies(ended, ["a", "b"])
        await work.turns.mark_shown(ended)
        again = await work.turns.ask_again(await reread_in(work, turn), LATER)
        await work.commit()
    await end(storage, again, "Two.")
    async with storage() as work:
        await work.turns.mark_shown(await reread_in(work, again))
        await work.commit()
    return chat, (await reread(storage, turn), await reread(storage, again))


async def reread_in(work: UnitOfWork, turn: Turn) -> Turn:
    found = await work.turns.get(turn.id)
    assert found is not None
    return found


async def test_a_question_is_found_by_its_message_and_reworded_for_all_its_answers(storage: Storage) -> None:
    chat, (first, second) = await _with_two_answers(storage)
    await ask(storage, await add_chat(storage, OTHER_THREAD))
    async with storage() as work:
        found = await work.turns.asked_in(chat.key, "17.1")
        assert found == second
        assert await work.turns.asked_in(chat.key, "17.9") is None
        await work.turns.reword(second, "Why\x00 not?")
        await work.commit()
    for turn in (first, second):
        assert (await reread(storage, turn)).question.content == "Why not?"
    async with storage() as work:
        other = await work.turns.asked_in(OTHER_THREAD, "17.1")
        assert other is not None
        assert other.question.content == "Why?"
        again = await work.turns.ask_again(second, LATER)
        assert again.question.content == "Why not?"


async def test_what_was_said_is_copied_into_another_chat_without_its_messages_on_the_platform(storage: Storage) -> None:
    chat, (first, second) = await _with_two_answers(storage)
    running, branch = await ask(storage, chat), await add_chat(storage, OTHER_THREAD)
    async with storage() as work:
        assert await work.turns.told_in(chat.key, "a") == second
        assert await work.turns.told_in(chat.key, "17.9") is None
        assert await work.turns.told_in(OTHER_THREAD, "a") is None
        assert await work.turns.copy(running, branch.id) == 1
        await work.commit()
    async with storage() as work:
        copied = await work.turns.last(branch.id)
        assert copied is not None
        assert copied.answer is not None
        assert (copied.question.content, copied.question.author, copied.question.source) == ("Why?", ANN, None)
        assert (copied.answer.content, copied.shown, copied.replies, copied.status) == (
            "Two.",
            True,
            (),
            TurnStatus.DONE,
        )
        assert await work.chats.posts(branch.id) == []
        following = await work.turns.ask(branch.id, "And then?", ANN, None, LATER)
        assert await answers(work, following) == ["Two."]
    assert (await reread(storage, first)).chat_id == chat.id


async def test_what_a_question_was_changed_to_too_late_is_noted_beside_it(storage: Storage) -> None:
    chat = await add_chat(storage)
    first, second = await ask(storage, chat), await ask(storage, chat, "And?")
    for turn in (first, second):
        await end(storage, turn, "Because.")
    branch = await add_chat(storage, OTHER_THREAD)
    async with storage() as work:
        assert await work.turns.noted_edit(second) is None
        await work.turns.note_edit(second, "And\x00 then?")
        assert await work.turns.noted_edit(second) == "And then?"
        assert (await reread_in(work, second)).question.content == "And?"
        assert await work.turns.copy(second, branch.id, before=True) == 1
        assert await work.turns.copy(first, branch.id, before=True) == 0


async def test_first_and_last_turn_of_a_chat(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    first, _, last = [await ask(storage, chat) for _ in range(3)]
    await ask(storage, other)
    async with storage() as work:
        assert await work.turns.first(chat.id) == first
        assert await work.turns.last(chat.id) == last
        assert await work.turns.first(999) is None
        assert await work.turns.last(999) is None


async def test_the_history_is_what_was_said_before_newest_first(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    done = await ask(storage, chat, "Who?", BOB)
    stopped, unanswered, queued, now, later = [await ask(storage, chat) for _ in range(5)]
    for turn, answer in ((done, "Ann."), (await ask(storage, other), "Elsewhere."), (later, "Later.")):
        await end(storage, turn, answer)
    await end(storage, stopped, "Bec", TurnStatus.CANCELLED)
    await end(storage, unanswered, "", TurnStatus.FAILED)
    async with storage() as work:
        started = await work.turns.start(now.id, 10)
        assert started is not None
        assert list(started.history) == [Exchange("Why?", ANN, "Bec"), Exchange("Who?", BOB, "Ann.")]
        assert await answers(work, now, 1) == ["Bec"]
        assert await answers(work, queued, 0) == []


async def test_a_replaced_turn_is_no_part_of_the_history(storage: Storage) -> None:
    chat = await add_chat(storage)
    kept, replaced = await ask(storage, chat), await ask(storage, chat)
    for turn, answer in ((kept, "Kept."), (replaced, "Replaced.")):
        await end(storage, turn, answer)
    async with storage() as work:
        again = await work.turns.ask_again(replaced, LATER)
        await work.commit()
    async with storage() as work:
        assert await answers(work, again) == ["Kept."]
    await end(storage, again, "Better.")
    following = await ask(storage, chat)
    async with storage() as work:
        assert await answers(work, following) == ["Better.", "Kept."]


async def test_all_turns_of_a_chat_come_with_their_messages_oldest_first(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    first, second = await ask(storage, chat, "Who?", BOB), await ask(storage, chat)
    await ask(storage, other)
    await end(storage, first)
    async with storage() as work:
        await work.turns.save_replies(await work.turns.get(first.id) or first, ["a", "b"])
        again = await work.turns.ask_again(await work.turns.get(first.id) or first, LATER)
        await work.commit()
    async with storage() as work:
        found = await work.turns.all_of(chat.id)
        assert await work.turns.all_of(999) == []
    assert found == [await reread(storage, turn) for turn in (first, second, again)]
    assert [turn.replies for turn in found] == [(), (), ("a", "b")]


def past(chat: Chat, question: Message | None = None, replaces: int | None = None, answer: str = "Because.") -> Turn:
    """A turn as a file tells of it: without numbers, and some time ago."""
    asked = question or Message(0, chat.id, Role.USER, "Why?", PAST, BOB, "16.1")
    said = Message(0, chat.id, Role.ASSISTANT, answer, PAST) if answer else None
    status, failure = (TurnStatus.DONE, None) if answer else (TurnStatus.FAILED, "busy")
    return Turn(0, chat.id, asked, said, status, (), replaces, failure, True, PAST)


async def test_a_turn_that_is_put_back_is_as_it_was_and_waits_for_nobody(storage: Storage) -> None:
    chat = await add_chat(storage)
    async with storage() as work:
        failed = await work.turns.put_back(past(chat, answer=""))
        again = await work.turns.put_back(past(chat, failed.question, failed.id))
        await work.commit()
    assert again.answer is not None
    asked, said = failed.question, again.answer
    assert asked == Message(asked.id, chat.id, Role.USER, "Why?", PAST, BOB, "16.1")
    assert said == Message(said.id, chat.id, Role.ASSISTANT, "Because.", PAST)
    assert failed == replace(past(chat, asked, answer=""), id=failed.id)
    assert again == replace(past(chat, asked, failed.id), id=again.id, answer=said)
    async with storage() as work:
        assert await work.turns.all_of(chat.id) == [failed, again]
        assert await work.turns.waiting() == []
        found = await work.chats.get(chat.id)
    assert found is not None
    assert (found.updated_at, found.created_at) == (PAST, NOW)


async def test_what_was_put_back_is_history_and_can_be_gone_on_with(storage: Storage) -> None:
    chat = await add_chat(storage)
    async with storage() as work:
        await work.turns.put_back(past(chat))
        await work.commit()
    following = await ask(storage, chat)
    assert not following.waited
    async with storage() as work:
        assert await answers(work, following) == ["Because."]


async def test_nothing_is_put_back_into_a_deleted_chat(storage: Storage) -> None:
    turn = await ask(storage, chat := await add_chat(storage))
    await delete(storage, turn)
    async with storage() as work:
        with pytest.raises(StorageUnavailable):
            await work.turns.put_back(past(chat))


async def test_deleting_a_chat_while_its_turn_ends_leaves_nothing_behind(storage: Storage) -> None:
    """Race: whoever comes first, the end finds the turn or says that it is gone; nothing waits for ever."""
    for _ in range(5):
        chat = await add_chat(storage)
        turns = [await ask(storage, chat) for _ in range(4)]
        await asyncio.gather(*(end(storage, turn) for turn in turns), delete(storage, turns[0]))
        async with storage() as work:
            assert [await work.turns.get(turn.id) for turn in turns] == [None] * 4


async def test_a_question_is_removed_with_all_that_was_answered_to_it(storage: Storage) -> None:
    chat = await add_chat(storage)
    first, other = await ask(storage, chat, "Why?"), await ask(storage, chat, "How?")
    await end(storage, first)
    async with storage() as work:
        answered = await work.turns.get(first.id) or first
        await work.turns.save_replies(answered, ["page 1", "page 2"])
        again = await work.turns.ask_again(answered, LATER)
        await work.chats.add_post(chat.id, "note")
        await work.turns.remove(again)
        await work.commit()
    async with storage() as work:
        assert [turn.id for turn in await work.turns.all_of(chat.id)] == [other.id]
        assert [await work.turns.get(turn.id) for turn in (first, again)] == [None, None]
        assert await work.chats.posts(chat.id) == ["note"]
        assert await work.turns.waiting() == [(chat.id, other.id)]


async def test_each_person_has_one_opinion_of_an_answer_the_later_one(storage: Storage) -> None:
    chat = await add_chat(storage)
    turn, other = await ask(storage, chat), await ask(storage, chat)
    async with storage() as work:
        for person, good in ((ANN, True), (BOB, False), (ANN, False), (BOB, True)):
            await work.turns.rate(turn, person.id, good, NOW)
        await work.commit()
    async with storage() as work:
        assert await work.turns.ratings(turn) == {ANN.id: False, BOB.id: True}
        assert await work.turns.ratings(other) == {}
        await work.chats.delete(chat.id)
        await work.turns.rate(turn, ANN.id, True, LATER)
        assert await work.turns.ratings(turn) == {}
