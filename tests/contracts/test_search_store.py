"""What every storage promises of its search."""

import asyncio
from dataclasses import replace

import pytest

from bot.engine.chats import Author, Chat, ChatFilter, ChatKey, TitleSource
from bot.engine.ports import Storage
from bot.engine.search import SearchHit, read_query
from tests.contracts.samples import (
    ANN,
    BOB,
    OTHER_CHANNEL,
    OTHER_PLATFORM,
    OTHER_THREAD,
    OTHER_WORKSPACE,
    THREAD,
    add_chat,
    ask,
    end,
)

TEXTS = [
    "The quick brown fox jumps over the lazy dog",
    "A Straße in Zürich, an ÉCOLE in Paris",
    "私は東京都に住んでいます。",
    "snake_case and don't; 3.14 and C++",
    "quick notes about foxes",
    "\x00 broken \ud800 characters",
]


async def find(
    storage: Storage,
    words: str,
    who: Author = ANN,
    place: ChatKey = THREAD,
    everywhere: bool = True,
    limit: int = 50,
    before: int | None = None,
) -> list[SearchHit]:
    query = read_query(words)
    assert query is not None
    async with storage() as work:
        return await work.search.find(ChatFilter(place, who.id, everywhere), query, limit, before)


async def found(storage: Storage, words: str, who: Author = ANN) -> list[str]:
    return [hit.text for hit in await find(storage, words, who)]


async def chat_about(storage: Storage, text: str, key: ChatKey = THREAD, who: Author = ANN) -> Chat:
    chat = await add_chat(storage, key, who.id)
    await ask(storage, chat, text, who)
    return chat


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("fox", [0]),
        ("FOX", [0]),
        ("quick", [4, 0]),
        ("quick fox", [0]),
        ("fox quick", [0]),
        ("fox elephant", []),
        ('"quick brown"', [0]),
        ('"brown quick"', []),
        ("quick -brown", [4]),
        ('quick -"lazy dog"', [4]),
        ("quick -bro*", [4]),
        ("fox*", [4, 0]),
        ('"the la"', []),
        ("notes fo*", [4]),
        ("strasse", [1]),
        ("zurich ecole", [1]),
        ("zürich École", [1]),
        ("東京", [2]),
        ("東京都", [2]),
        ("京", [2]),
        ("す", [2]),
        ("東都", []),
        ("snake_case", [3]),
        ("case_snake", []),
        ("don't", [3]),
        ("don’t", [3]),
        ("3.14", [3]),
        ("c++", [3]),
        ("broken characters", [5]),
        ("@u1", []),
        ("' | !fox:* & (", [4, 0]),
        ('AND OR NOT "', []),
    ],
)
async def test_a_query_finds_what_it_says(storage: Storage, words: str, expected: list[int]) -> None:
    for number, text in enumerate(TEXTS):
        await chat_about(storage, text, ChatKey("slack", "T1", "C1", str(number)))
    stored = [text.replace("\x00", "").replace("\ud800", "\ufffd") for text in TEXTS]
    assert await found(storage, words) == [stored[number] for number in expected]


async def test_questions_answers_and_titles_are_found(storage: Storage) -> None:
    chat = await add_chat(storage)
    turn = await ask(storage, chat, "Where do apples grow?")
    await end(storage, turn, "On trees, like pears.")
    async with storage() as work:
        await work.chats.rename(chat.id, "About fruit", TitleSource.PERSON)
        await work.commit()
    assert await found(storage, "apples") == ["Where do apples grow?"]
    (answer,) = await find(storage, "pears")
    assert (answer.listed.chat.id, answer.message_id is None) == (chat.id, False)
    (title,) = await find(storage, "fruit")
    assert (title.message_id, title.text) == (None, "About fruit")


async def test_what_was_changed_copied_or_brought_back_is_found_as_it_is(storage: Storage) -> None:
    chat, branch, back = [await add_chat(storage, key) for key in (THREAD, OTHER_THREAD, OTHER_CHANNEL)]
    turn = await ask(storage, chat, "Where do apples grow?")
    await end(storage, turn, "On trees.")
    async with storage() as work:
        (past,) = await work.turns.all_of(chat.id)
        await work.turns.reword(past, "Where do pears grow?")
        (past,) = await work.turns.all_of(chat.id)
        await work.turns.copy(past, branch.id)
        asked = replace(past.question, id=0, chat_id=back.id)
        answered = past.answer and replace(past.answer, id=0, chat_id=back.id)
        await work.turns.put_back(replace(past, chat_id=back.id, question=asked, answer=answered))
        await work.commit()
    assert await found(storage, "apples") == []
    for words in ("pears", "trees"):
        assert [hit.listed.chat.id for hit in await find(storage, words)] == [back.id, branch.id, chat.id]


async def test_of_a_title_only_the_present_one_is_found(storage: Storage) -> None:
    chat = await add_chat(storage)
    async with storage() as work:
        await work.chats.rename(chat.id, "First words", TitleSource.PERSON)
        await work.chats.rename(chat.id, "Second thoughts", TitleSource.PERSON)
        assert not await work.chats.rename(chat.id, "Third time", TitleSource.AUTO)
        await work.commit()
    assert [await found(storage, words) for words in ("first", "second", "third")] == [[], ["Second thoughts"], []]
    async with storage() as work:
        await work.chats.rename(chat.id, "…", TitleSource.PERSON)
        await work.commit()
    assert await found(storage, "second") == []


async def test_a_message_that_is_put_in_again_is_found_by_its_new_words_only(storage: Storage) -> None:
    chat = await add_chat(storage)
    turn = await ask(storage, chat, "apples")
    for words in ("pears", "plums", "!"):
        async with storage() as work:
            await work.search.index_message(chat.id, turn.question.id, words)
            await work.commit()
        assert len(await find(storage, "apples")) == 0
        assert len(await find(storage, "pears")) == (words == "pears")
        assert len(await find(storage, "plums")) == (words == "plums")


async def test_what_was_rolled_back_is_not_found(storage: Storage) -> None:
    chat = await add_chat(storage)
    async with storage() as work:
        await work.turns.ask(chat.id, "apples", ANN, None, chat.created_at)
    assert await found(storage, "apples") == []


@pytest.mark.parametrize("words", ["apples", "app*", '"red apples"', "apples -pears", "pears*"])
async def test_a_deleted_chat_is_found_by_nothing(storage: Storage, words: str) -> None:
    chat = await chat_about(storage, "red apples")
    async with storage() as work:
        await work.chats.rename(chat.id, "Apples, red apples", TitleSource.PERSON)
        await work.commit()
    async with storage() as work:
        await work.chats.delete(chat.id)
        await work.commit()
    assert await found(storage, words) == []
    await chat_about(storage, "green apples")
    assert await found(storage, "apples") == ["green apples"]


@pytest.mark.parametrize("words", ["apples", "app*", '"red apples"', "red -pears"])
async def test_somebody_elses_chat_is_never_found(storage: Storage, words: str) -> None:
    for key in (THREAD, OTHER_WORKSPACE, OTHER_PLATFORM):
        await chat_about(storage, "red apples", key)
    assert await found(storage, words, BOB) == []
    assert len(await find(storage, words)) == 1
    assert [hit.listed.chat.key for hit in await find(storage, words, place=OTHER_WORKSPACE)] == [OTHER_WORKSPACE]
    assert [hit.listed.chat.key for hit in await find(storage, words, place=OTHER_PLATFORM)] == [OTHER_PLATFORM]


async def test_who_joins_a_chat_finds_what_was_said_before_and_after(storage: Storage) -> None:
    chat = await chat_about(storage, "red apples")
    assert await found(storage, "apples", BOB) == []
    turn = await ask(storage, chat, "green pears", BOB)
    await end(storage, turn, "yellow plums")
    for words, text in (("apples", "red apples"), ("pears", "green pears"), ("plums", "yellow plums")):
        assert await found(storage, words, BOB) == [text]
        assert await found(storage, words, ANN) == [text]


async def test_who_joins_while_an_answer_ends_finds_it(storage: Storage) -> None:
    """The joining and the ending wait for each other, in either order, and neither sees the other's rows at first."""
    for number in range(6):
        chat = await chat_about(storage, f"apples{number}", ChatKey("slack", "T1", "C1", str(number)))
        async with storage() as work:
            turn = await work.turns.last(chat.id)
        assert turn is not None
        await asyncio.gather(ask(storage, chat, f"pears{number}", BOB), end(storage, turn, f"plums{number}"))
        for who in (ANN, BOB):
            for words in ("apples", "pears", "plums"):
                assert await found(storage, f"{words}{number}", who) == [f"{words}{number}"]


async def test_in_a_channel_only_its_chats_are_found(storage: Storage) -> None:
    await chat_about(storage, "red apples", THREAD)
    await chat_about(storage, "green apples", OTHER_CHANNEL)
    assert len(await find(storage, "apples")) == 2
    here = await find(storage, "apples", place=OTHER_CHANNEL, everywhere=False)
    assert [hit.text for hit in here] == ["green apples"]


async def test_what_is_in_the_archive_is_found_and_marked(storage: Storage) -> None:
    chat = await chat_about(storage, "red apples")
    async with storage() as work:
        await work.chats.archive(chat.id, ANN.id, archived=True)
        await work.commit()
    (hit,) = await find(storage, "apples")
    assert hit.listed.archived


async def test_each_chat_is_found_once_by_its_newest_hit_and_pages_go_on_behind(storage: Storage) -> None:
    first, second = await chat_about(storage, "apples 1"), await chat_about(storage, "apples 2", OTHER_THREAD)
    third = await chat_about(storage, "apples 3", OTHER_CHANNEL)
    await ask(storage, first, "apples 4")
    page = await find(storage, "apples", limit=2)
    assert [(hit.listed.chat.id, hit.text) for hit in page] == [(first.id, "apples 4"), (third.id, "apples 3")]
    rest = await find(storage, "apples", limit=2, before=page[-1].id)
    assert [(hit.listed.chat.id, hit.text) for hit in rest] == [(second.id, "apples 2")]
    assert await find(storage, "apples", before=rest[-1].id) == []


@pytest.mark.parametrize("text", ["word " * 50_000, "ﷺ" * 20_000, "漢" * 50_000, "x" * 50_000])
async def test_a_huge_text_is_taken(storage: Storage, text: str) -> None:
    chat = await chat_about(storage, f"beginning {text}")
    assert [hit.listed.chat.id for hit in await find(storage, "beginning")] == [chat.id]


async def test_every_different_word_of_a_huge_text_is_taken(storage: Storage) -> None:
    words = [f"{number:05}{'漢a' * 20}" for number in range(2_000)] + [f"w{number}" for number in range(20_000)]
    await chat_about(storage, " ".join(words))
    assert len(await find(storage, "w0 w100")) <= 1
