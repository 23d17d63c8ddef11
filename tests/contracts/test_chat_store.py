"""What every storage promises of its chats."""

import asyncio
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest

from bot.engine.chats import Chat, ChatFilter, ChatKey, Cursor, MessageRef, Preferences, TitleSource
from bot.engine.ports import Storage
from tests.contracts.samples import (
    ANN,
    BOB,
    LATER,
    NOW,
    OTHER_CHANNEL,
    OTHER_PLATFORM,
    OTHER_THREAD,
    OTHER_WORKSPACE,
    THREAD,
    add_chat,
    ask,
    end,
)

ANNS = ChatFilter(THREAD, ANN.id, everywhere=False)


async def rename(storage: Storage, chat: Chat, title: str, source: TitleSource) -> bool:
    async with storage() as work:
        done = await work.chats.rename(chat.id, title, source)
        await work.commit()
    return done


async def test_a_new_chat_is_the_current_one_of_its_place_only(storage: Storage) -> None:
    chat = await add_chat(storage)
    assert chat == Chat(chat.id, THREAD, ANN.id, None, None, True, NOW, NOW)
    async with storage() as work:
        assert await work.chats.current(THREAD) == chat
        assert await work.chats.get(chat.id) == chat
        for elsewhere in (OTHER_THREAD, OTHER_CHANNEL, OTHER_WORKSPACE, OTHER_PLATFORM):
            assert await work.chats.current(elsewhere) is None


async def test_a_further_chat_takes_over_its_place(storage: Storage) -> None:
    first, elsewhere = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    second = await add_chat(storage)
    async with storage() as work:
        assert await work.chats.current(THREAD) == second
        assert await work.chats.current(OTHER_THREAD) == elsewhere
        former = await work.chats.get(first.id)
        assert former is not None
        assert not former.current


async def test_an_older_chat_is_made_current_again(storage: Storage) -> None:
    first, second = await add_chat(storage), await add_chat(storage)
    async with storage() as work:
        await work.chats.make_current(first.id)
        await work.chats.make_current(first.id)
        await work.commit()
    async with storage() as work:
        current, former = await work.chats.current(THREAD), await work.chats.get(second.id)
    assert current is not None
    assert current.id == first.id
    assert former is not None
    assert not former.current


async def test_making_a_deleted_chat_current_leaves_its_place_alone(storage: Storage) -> None:
    chat = await add_chat(storage)
    async with storage() as work:
        await work.chats.make_current(chat.id + 1)
        assert await work.chats.current(THREAD) == chat


async def test_chats_added_at_once_leave_one_current(storage: Storage) -> None:
    added = await asyncio.gather(*(add_chat(storage) for _ in range(8)))
    async with storage() as work:
        found = [await work.chats.get(chat.id) for chat in added]
    assert sum(chat is not None and chat.current for chat in found) == 1


async def test_chats_made_current_at_once_leave_one_current(storage: Storage) -> None:
    chats = [await add_chat(storage) for _ in range(4)]

    async def switch(chat: Chat) -> None:
        async with storage() as work:
            await work.chats.make_current(chat.id)
            await work.commit()

    await asyncio.gather(*(switch(chat) for chat in chats * 3))
    async with storage() as work:
        found = [await work.chats.get(chat.id) for chat in chats]
    assert sum(chat is not None and chat.current for chat in found) == 1


async def test_first_messages_at_one_place_find_one_chat(storage: Storage) -> None:
    """Race: two people answer in a new thread at the same moment; both see no chat and want to begin one."""

    async def accept() -> int:
        async with storage() as work:
            chat = await work.chats.current(THREAD) or await work.chats.add(THREAD, ANN.id, NOW)
            await work.turns.ask(chat.id, "Hello", ANN, None, NOW)
            await work.commit()
        return chat.id

    assert len(set(await asyncio.gather(*(accept() for _ in range(12))))) == 1


async def test_an_automatic_title_yields_to_a_persons_and_not_the_other_way_round(storage: Storage) -> None:
    chat = await add_chat(storage)
    assert await rename(storage, chat, "Guess", TitleSource.AUTO)
    assert await rename(storage, chat, "Better guess", TitleSource.AUTO)
    assert await rename(storage, chat, "Taxes", TitleSource.PERSON)
    assert not await rename(storage, chat, "Guess again", TitleSource.AUTO)
    assert await rename(storage, chat, "Topic", TitleSource.PLATFORM)
    assert not await rename(storage, chat, "Guess again", TitleSource.AUTO)
    async with storage() as work:
        found = await work.chats.get(chat.id)
    assert found is not None
    assert (found.title, found.title_source) == ("Topic", TitleSource.PLATFORM)


@pytest.mark.parametrize("source", TitleSource)
async def test_a_deleted_chat_cannot_be_renamed(storage: Storage, source: TitleSource) -> None:
    assert not await rename(storage, Chat(77, THREAD, ANN.id, None, None, True, NOW, NOW), "Title", source)


async def ids(storage: Storage, which: ChatFilter, *where: Any) -> list[int]:
    async with storage() as work:
        return [entry.chat.id for entry in await work.chats.list_of(which, *(where or (10,)))]


async def pin(storage: Storage, chat: Chat, person: str = ANN.id) -> None:
    async with storage() as work:
        await work.chats.pin(chat.id, person, pinned=True)
        await work.commit()


async def archive(storage: Storage, chat: Chat, archived: bool = True) -> None:
    async with storage() as work:
        await work.chats.archive(chat.id, ANN.id, archived)
        await work.commit()


async def test_a_persons_list_is_newest_first(storage: Storage) -> None:
    oldest, middle, newest = [await add_chat(storage, now=NOW + timedelta(hours=n)) for n in range(3)]
    same_moment = await add_chat(storage, now=NOW + timedelta(hours=2))
    async with storage() as work:
        await work.turns.ask(oldest.id, "Why?", BOB, None, NOW + timedelta(hours=9))
        await work.commit()
    for which in (ANNS, replace(ANNS, everywhere=True)):
        assert await ids(storage, which) == [oldest.id, same_moment.id, newest.id, middle.id]
    assert await ids(storage, replace(ANNS, person=BOB.id)) == [oldest.id]


async def test_pinned_chats_are_on_top_for_who_pinned_them_only(storage: Storage) -> None:
    older, newer = await add_chat(storage), await add_chat(storage, now=LATER)
    for chat in (older, newer):
        await ask(storage, chat, author=BOB)
    await pin(storage, older)
    assert await ids(storage, ANNS) == [older.id, newer.id]
    assert await ids(storage, replace(ANNS, person=BOB.id)) == [newer.id, older.id]
    async with storage() as work:
        listed = await work.chats.listed(older.id, ANN.id)
        assert listed is not None
        assert (listed.chat.id, listed.pinned, listed.archived, listed.active_at) == (older.id, True, False, NOW)
        assert await work.chats.listed(older.id, "U9") is None
        await work.chats.pin(older.id, "U9", pinned=True)
        assert await work.chats.listed(older.id, "U9") is None


async def test_archived_chats_are_listed_by_themselves_until_the_person_writes_in_them(storage: Storage) -> None:
    kept, away = await add_chat(storage), await add_chat(storage, now=LATER)
    await pin(storage, away)
    await archive(storage, away)
    archived = replace(ANNS, archived=True)
    assert (await ids(storage, ANNS), await ids(storage, archived)) == ([kept.id], [away.id])
    await ask(storage, away, author=BOB)
    assert await ids(storage, archived) == [away.id]
    await ask(storage, away)
    assert (await ids(storage, ANNS), await ids(storage, archived)) == ([away.id, kept.id], [])


async def test_what_is_taken_out_of_the_archive_is_not_pinned_and_what_is_pinned_not_archived(
    storage: Storage,
) -> None:
    older, newer = await add_chat(storage), await add_chat(storage, now=LATER)
    await pin(storage, older)
    await archive(storage, older)
    await archive(storage, older, archived=False)
    assert await ids(storage, ANNS) == [newer.id, older.id]
    await archive(storage, older)
    await pin(storage, older)
    assert await ids(storage, ANNS) == [older.id, newer.id]


@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_cursor_pages_through_a_list_both_ways_whatever_is_added_or_deleted(
    storage: Storage, everywhere: bool
) -> None:
    which = replace(ANNS, everywhere=everywhere)
    chats = [await add_chat(storage, now=NOW + timedelta(hours=number // 2)) for number in range(6)]
    await pin(storage, chats[1])
    order = [chats[number].id for number in (1, 5, 4, 3, 2, 0)]
    cursor: Cursor | None = None
    for page in (order[:2], order[2:4], order[4:]):
        async with storage() as work:
            found = await work.chats.list_of(which, 2, cursor)
        assert [entry.chat.id for entry in found] == page
        cursor = found[-1].cursor
    assert await ids(storage, which, 2, cursor) == []
    assert await ids(storage, which, 2, cursor, True) == order[3:5]
    async with storage() as work:
        await work.chats.delete(order[5])
        await work.commit()
    added = await add_chat(storage, now=NOW + timedelta(hours=9))
    assert await ids(storage, which, 2, cursor, True) == order[3:5]
    assert await ids(storage, which, 10, found[0].cursor, True) == [order[0], added.id, *order[1:4]]


async def test_lists_keep_to_their_place_and_person(storage: Storage) -> None:
    here, of_bob = await add_chat(storage), await add_chat(storage, OTHER_THREAD, BOB.id)
    beside = await add_chat(storage, OTHER_CHANNEL)
    for elsewhere in (OTHER_WORKSPACE, OTHER_PLATFORM):
        await add_chat(storage, elsewhere)
    assert await ids(storage, replace(ANNS, everywhere=True)) == [beside.id, here.id]
    assert await ids(storage, ANNS) == [here.id]
    assert await ids(storage, replace(ANNS, person=BOB.id)) == [of_bob.id]
    assert await ids(storage, replace(ANNS, place=ChatKey("slack", "T1", "C9"))) == []


async def test_who_began_a_chat_and_who_asks_in_it_takes_part(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    await end(storage, await ask(storage, chat, author=BOB))
    async with storage() as work:
        for person in (ANN, BOB):
            assert await work.chats.listed(chat.id, person.id) is not None
        assert await work.chats.listed(other.id, BOB.id) is None


async def test_a_new_chat_has_what_its_owner_prefers_and_goes_its_own_way_then(storage: Storage) -> None:
    wish, other = Preferences("small", "Be brief."), Preferences("large", "")
    before = await add_chat(storage)
    async with storage() as work:
        await work.chats.prefer_for_new(THREAD, ANN.id, other)
        await work.chats.prefer_for_new(THREAD, ANN.id, wish)
        await work.commit()
    chat = await add_chat(storage, OTHER_CHANNEL)
    async with storage() as work:
        await work.chats.prefer(chat.id, other)
        await work.commit()
    async with storage() as work:
        found = [await work.chats.get(chat_id) for chat_id in (before.id, chat.id)]
        assert await work.chats.preferred(OTHER_THREAD, ANN.id) == wish
        assert await work.chats.preferred(OTHER_WORKSPACE, ANN.id) == Preferences()
        assert await work.chats.preferred(THREAD, BOB.id) == Preferences()
    assert chat.preferences == wish
    assert [chat and chat.preferences for chat in found] == [Preferences(), other]
    assert (await add_chat(storage, OTHER_THREAD, BOB.id)).preferences == Preferences()


async def test_a_title_is_asked_for_by_one_message_of_one_person_and_once(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    asked, unasked = MessageRef(OTHER_THREAD, "m1"), MessageRef(OTHER_THREAD, "m2")
    async with storage() as work:
        await work.chats.await_title(THREAD, ANN.id, other.id)
        await work.chats.await_title(THREAD, ANN.id, chat.id)
        await work.chats.asked_for_title(asked, ANN.id)
        await work.chats.asked_for_title(unasked, ANN.id)
        for ref, person in ((unasked, ANN), (asked, BOB), (replace(asked, key=OTHER_CHANNEL), ANN)):
            assert await work.chats.awaited_title(ref, person.id) is None
        found = await work.chats.awaited_title(asked, ANN.id)
        assert found is not None
        assert found.id == chat.id
        assert await work.chats.awaited_title(asked, ANN.id) is None


async def test_while_the_message_that_asks_is_being_sent_any_reply_is_the_title(storage: Storage) -> None:
    chat = await add_chat(storage)
    async with storage() as work:
        await work.chats.await_title(THREAD, ANN.id, chat.id)
        found = await work.chats.awaited_title(MessageRef(THREAD, "m1"), ANN.id)
        assert found is not None
        await work.chats.await_title(THREAD, ANN.id, chat.id)
        await work.chats.delete(chat.id)
        await work.chats.await_title(THREAD, ANN.id, chat.id)
        assert await work.chats.awaited_title(MessageRef(THREAD, "m1"), ANN.id) is None


async def test_young_chats_without_a_title_are_found(storage: Storage) -> None:
    await add_chat(storage, now=NOW)
    named, unnamed = [await add_chat(storage, now=LATER) for _ in range(2)]
    await rename(storage, named, "Taxes", TitleSource.AUTO)
    async with storage() as work:
        assert [chat.id for chat in await work.chats.untitled(NOW)] == [unnamed.id]


async def test_all_posts_of_a_chat_are_known_oldest_first(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    turn = await ask(storage, chat)
    async with storage() as work:
        await work.chats.add_post(chat.id, "welcome")
        await work.turns.save_replies(turn, ["page 1", "page 2"])
        await work.chats.add_post(chat.id, "note")
        await work.chats.add_post(other.id, "elsewhere")
        await work.turns.save_replies(turn, ["page 1", "page 2 anew", "page 3"])
        await work.chats.add_post(999, "nowhere")
        await work.commit()
    async with storage() as work:
        assert await work.chats.posts(chat.id) == ["welcome", "page 1", "page 2 anew", "note", "page 3"]
        assert await work.chats.posts(999) == []


async def test_a_deleted_chat_takes_everything_of_it_along_and_nothing_else(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    turn, kept = await ask(storage, chat), await ask(storage, other)
    await end(storage, turn)
    async with storage() as work:
        await work.turns.save_replies(turn, ["post"])
        await work.turns.ask_again(turn, LATER)
        await work.chats.delete(chat.id)
        await work.chats.delete(chat.id)
        await work.commit()
    async with storage() as work:
        assert await work.chats.get(chat.id) is None
        assert await work.chats.current(THREAD) is None
        assert await work.turns.get(turn.id) is None
        assert await work.chats.posts(chat.id) == []
        assert await work.chats.listed(chat.id, ANN.id) is None
        assert await work.turns.waiting() == [(other.id, kept.id)]


async def test_the_id_of_a_deleted_chat_or_turn_is_never_given_again(storage: Storage) -> None:
    """Else an old button, or a turn still being answered, would act on somebody else's chat."""
    chat = await add_chat(storage)
    turn = await ask(storage, chat)
    async with storage() as work:
        await work.chats.delete(chat.id)
        await work.commit()
    anew = await add_chat(storage)
    assert anew.id > chat.id
    assert (await ask(storage, anew)).id > turn.id


async def test_times_come_back_in_utc_wherever_they_were_taken(storage: Storage) -> None:
    in_delhi = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    chat = await add_chat(storage, now=in_delhi)
    async with storage() as work:
        found = await work.chats.get(chat.id)
    assert found is not None
    assert found.created_at == NOW
    assert found.created_at.utcoffset() == timedelta(0)


async def test_titles_and_texts_are_stored_as_they_are_but_for_what_no_database_takes(storage: Storage) -> None:
    chat = await add_chat(storage)
    odd = "a\x00b 👩‍👩‍👧 مرحبا \ud83d 'q' \"d\" \\ %s :x {y}\n\ttail "
    stored = "ab 👩‍👩‍👧 مرحبا \ufffd 'q' \"d\" \\ %s :x {y}\n\ttail "
    await rename(storage, chat, odd, TitleSource.PERSON)
    turn = await ask(storage, chat, odd)
    await end(storage, turn, odd)
    async with storage() as work:
        found, answered = await work.chats.get(chat.id), await work.turns.get(turn.id)
    assert found is not None
    assert answered is not None
    assert answered.answer is not None
    assert [found.title, answered.question.content, answered.answer.content] == [stored] * 3


async def test_a_chat_whose_place_is_closed_to_us_is_marked_until_it_is_open_again(storage: Storage) -> None:
    chat = await add_chat(storage)
    for gone in (True, False):
        async with storage() as work:
            await work.chats.mark_gone(chat.id, gone=gone)
            await work.commit()
        async with storage() as work:
            found = await work.chats.current(chat.key)
        assert found is not None
        assert found.gone is gone
