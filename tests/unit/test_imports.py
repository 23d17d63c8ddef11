"""Chats that come back from a file."""

import asyncio
from dataclasses import replace

from hypothesis import given, settings

from bot.engine import chat_file
from bot.engine.chats import TitleSource
from bot.engine.imports import Imported, bring_in
from bot.engine.testing import MemoryStorage
from bot.engine.transcript import PastAnswer, Transcript, transcript_of
from bot.engine.turns import TurnStatus
from tests.unit.test_exports import ask, export
from tests.unit.transcripts import BEGUN, transcripts
from tests.unit.world import ANN, HERE, World


async def stored(storage: MemoryStorage, transcript: Transcript) -> Imported:
    async with storage() as work:
        imported = await bring_in(work, transcript)
        await work.commit()
    return imported


async def exported(storage: MemoryStorage, chat_id: int) -> Transcript:
    async with storage() as work:
        chat = await work.chats.get(chat_id)
        assert chat is not None
        return transcript_of(chat, await work.turns.all_of(chat_id))


@settings(deadline=None)
@given(transcripts)
def test_what_was_imported_is_exported_the_same(transcript: Transcript) -> None:
    async def there_and_back() -> None:
        storage = MemoryStorage()
        imported = await stored(storage, transcript)
        assert await exported(storage, imported.chat.id) == transcript
        again = await stored(storage, transcript)
        assert again == Imported(imported.chat, fresh=False)
        assert len(storage.rows.chats) == 1

    asyncio.run(there_and_back())


async def transcript_from(world: World) -> Transcript:
    return chat_file.read((await export(world, "json"))[1])


async def test_an_imported_chat_is_gone_on_with(world: World) -> None:
    await ask(world, "I like tea")
    transcript = await transcript_from(world)
    other = World()
    imported = await stored(other.storage, transcript)
    assert imported.chat.current
    other.serve()
    await ask(other, "What do I like?")
    assert "I like tea" in [message.content for message in other.llm.prompts[-1]]
    assert other.texts() == ["You said: What do I like?"]
    await other.close()


async def test_an_imported_chat_takes_nobodys_place(world: World) -> None:
    await ask(world, "about tea")
    transcript = await transcript_from(world)
    moved = replace(transcript, created_at=BEGUN, title="Old", title_source=TitleSource.PERSON)
    before = await world.chat()
    imported = await stored(world.storage, moved)
    assert (imported.fresh, imported.chat.current) == (True, False)
    assert await world.chat() == before
    listed = await world.command("chats")
    assert listed is not None
    assert {"Old"} <= {button.label for row in listed.rows for button in row}


async def test_a_chat_that_went_on_since_is_not_imported_again_and_a_shorter_one_is(world: World) -> None:
    await ask(world, "one")
    short = await transcript_from(world)
    await ask(world, "two")
    long = await transcript_from(world)
    chat = await world.chat()
    assert chat is not None
    assert await stored(world.storage, short) == Imported(chat, fresh=False)
    storage = MemoryStorage()
    assert (await stored(storage, short)).fresh
    assert (await stored(storage, long)).fresh


async def test_what_nobody_had_answered_yet_is_over(world: World) -> None:
    await ask(world)
    transcript = await transcript_from(world)
    (question,) = transcript.questions
    waiting = PastAnswer(None, TurnStatus.QUEUED, True, question.asked_at)
    storage = MemoryStorage()
    imported = await stored(storage, replace(transcript, questions=(replace(question, answers=(waiting,)),)))
    back = await exported(storage, imported.chat.id)
    assert [answer.status for answer in back.questions[0].answers] == [TurnStatus.CANCELLED]
    async with storage() as work:
        assert await work.turns.waiting() == []


async def test_the_answer_that_stands_stands_wherever_it_is_among_the_others(world: World) -> None:
    await ask(world, "one")
    transcript = await transcript_from(world)
    (question,) = transcript.questions
    (answer,) = question.answers
    other = replace(answer, text="Other.", stands=False)
    storage = MemoryStorage()
    imported = await stored(
        storage, replace(transcript, questions=(replace(question, answers=(answer, other, other)),))
    )
    back = await exported(storage, imported.chat.id)
    assert [(a.text, a.stands) for a in back.questions[0].answers if a.stands] == [(answer.text, True)]
    async with storage() as work:
        chat = await work.chats.current(HERE)
        assert chat is not None
        following = await work.turns.ask(chat.id, "two", ANN, None, answer.asked_at)
        started = await work.turns.start(following.id, 10)
        assert started is not None
        assert [said.answer for said in started.history] == [answer.text]
