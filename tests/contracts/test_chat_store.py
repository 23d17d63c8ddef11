"""What every storage promises of its chats."""

import asyncio
from datetime import timedelta, timezone

import pytest

from bot.engine.chats import Chat, ChatKey, TitleSource
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


async def test_lists_are_newest_first_and_paged(storage: Storage) -> None:
    oldest, middle, newest = [await add_chat(storage, now=NOW + timedelta(hours=n)) for n in range(3)]
    same_moment = await add_chat(storage, now=NOW + timedelta(hours=2))
    async with storage() as work:
        await work.turns.ask(oldest.id, "Why?", ANN, None, NOW + timedelta(hours=9))
        await work.commit()
    async with storage() as work:
        for find in (work.chats.of_channel(THREAD, 10), work.chats.of_owner(THREAD, ANN.id, 10)):
            assert [chat.id for chat in await find] == [oldest.id, same_moment.id, newest.id, middle.id]
        assert [chat.id for chat in await work.chats.of_channel(THREAD, 2, 1)] == [same_moment.id, newest.id]
        assert [chat.id for chat in await work.chats.of_owner(THREAD, ANN.id, 2, 3)] == [middle.id]


async def test_lists_keep_to_their_place_and_person(storage: Storage) -> None:
    here, of_bob = await add_chat(storage), await add_chat(storage, OTHER_THREAD, BOB.id)
    beside = await add_chat(storage, OTHER_CHANNEL)
    for elsewhere in (OTHER_WORKSPACE, OTHER_PLATFORM):
        await add_chat(storage, elsewhere)
    async with storage() as work:
        assert [chat.id for chat in await work.chats.of_owner(THREAD, ANN.id, 10)] == [beside.id, here.id]
        assert [chat.id for chat in await work.chats.of_channel(THREAD, 10)] == [of_bob.id, here.id]
        assert [chat.id for chat in await work.chats.of_channel(THREAD, 10, owner=BOB.id)] == [of_bob.id]
        assert await work.chats.of_channel(ChatKey("slack", "T1", "C9"), 10) == []


async def test_whoever_wrote_in_a_chat_is_an_author_of_it(storage: Storage) -> None:
    chat, other = await add_chat(storage), await add_chat(storage, OTHER_THREAD)
    await end(storage, await ask(storage, chat, author=BOB))
    async with storage() as work:
        assert await work.chats.has_author(chat.id, BOB.id)
        assert not await work.chats.has_author(chat.id, ANN.id)
        assert not await work.chats.has_author(other.id, BOB.id)


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
        assert not await work.chats.has_author(chat.id, ANN.id)
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
