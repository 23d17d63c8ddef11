"""Chats that go out as files."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from bot.engine import chat_file, texts
from bot.engine.errors import DeliveryError, PermissionMissing, PlatformRefused, PlatformUnavailable, TooLong
from bot.engine.languages import Sentence
from bot.engine.posts import Post
from tests.unit.world import ANN, BOB, EVE, HERE, World


async def ask(world: World, text: str = "question") -> None:
    await world.say(text)
    await world.quiet()


async def export(world: World, shape: str = "") -> tuple[str, bytes]:
    """The file that is sent."""
    assert await world.command("export", shape) is None
    await world.quiet()
    return list(world.messenger.files.values())[-1]


async def test_an_export_is_a_file_in_the_chats_place(world: World) -> None:
    await ask(world, "about tea")
    await world.command("rename", "Tea: all of it")
    name, content = await export(world)
    assert name == "Tea-all-of-it.md"
    assert content.decode().startswith("# Tea: all of it\n")
    assert "> about tea\n\nYou said: about tea\n" in content.decode()
    (sent,) = [call for call in world.messenger.calls if call.name == "file"]
    assert (sent.key, sent.post) == (HERE, Post(texts.EXPORTED.english))


@pytest.mark.parametrize(("shape", "ending"), [("json", "json"), (" JSON ", "json"), ("Markdown", "md"), ("md", "md")])
async def test_an_export_has_the_shape_that_was_asked_for(world: World, shape: str, ending: str) -> None:
    await ask(world)
    name, content = await export(world, shape)
    assert name.endswith(f".{ending}")
    assert (content[:1] == b"{") is (ending == "json")


async def test_in_the_json_is_all_that_was_said_and_which_answer_stands(world: World) -> None:
    await ask(world, "one")
    world.llm.say("first")
    world.llm.say("second")
    await ask(world, "two")
    await world.command("retry")
    await world.quiet()
    chat = chat_file.read((await export(world, "json"))[1])
    assert (chat.place, chat.owner) == (HERE, ANN.id)
    assert [question.text for question in chat.questions] == ["one", "two"]
    assert [(answer.text, answer.stands) for answer in chat.questions[1].answers] == [
        ("first", False),
        ("second", True),
    ]
    assert all(question.author == ANN for question in chat.questions)


@pytest.mark.parametrize(("shape", "sentence"), [("pdf", texts.EXPORT_HOW), ("all of it please", texts.EXPORT_HOW)])
async def test_a_shape_that_there_is_not_gets_a_hint(world: World, shape: str, sentence: Sentence) -> None:
    await ask(world)
    assert await world.command("export", shape) == Post(sentence.english)


async def test_where_nothing_was_asked_there_is_nothing_to_export(world: World) -> None:
    assert await world.command("export") == Post(texts.NO_CHAT.english)
    await world.command("new")
    assert await world.command("export") == Post(texts.NO_CHAT.english)


async def test_only_who_may_manage_a_chat_exports_it(world: World) -> None:
    await ask(world)
    assert await world.command("export", author=EVE) == Post(texts.NOT_YOURS.english)
    await world.say("me too", BOB)
    await world.quiet()
    assert await world.command("export", author=BOB) is None
    await world.quiet()
    assert len(world.messenger.files) == 1


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PlatformUnavailable("502"), texts.EXPORT_FAILED),
        (PlatformRefused("no"), texts.EXPORT_FAILED),
        (PermissionMissing("files:write"), texts.EXPORT_FORBIDDEN),
        (TooLong("60 MB"), texts.EXPORT_TOO_BIG),
    ],
)
async def test_a_file_that_cannot_be_sent_leaves_a_sentence_and_a_line_in_the_log(
    world: World, error: DeliveryError, sentence: Sentence
) -> None:
    await ask(world)
    world.messenger.fail("file", error)
    with capture_logs() as logs:
        assert await world.command("export") is None
        await world.quiet()
    assert world.texts()[-1] == sentence.english
    (line,) = [line for line in logs if line["event"] == "export_not_sent"]
    assert line["reason"] == str(error)


async def test_deleting_the_chat_takes_its_files_away(world: World) -> None:
    await ask(world)
    await export(world)
    await world.command("delete")
    await world.quiet()
    await world.press(f"delete:{(await world.turns())[0].chat_id}")
    await world.quiet()
    assert world.texts() == []


async def test_a_chat_that_is_deleted_while_its_file_is_sent_leaves_none(world: World) -> None:
    """Race: the file arrives after the chat's posts were taken away."""
    await ask(world)
    chat_id = (await world.turns())[0].chat_id
    await hanging(world, lambda: world.command("export"))
    async with world.storage() as work:
        await work.chats.delete(chat_id)
        await work.commit()
    world.messenger.gate.set()
    await world.quiet()
    assert world.messenger.count("file") == 1
    assert not set(world.messenger.files) & set(world.messenger.posts)


async def hanging(world: World, do: Callable[[], Awaitable[object]]) -> None:
    """Do it while every call to the platform hangs."""
    world.messenger.gate.clear()
    await do()
    while not world.messenger.count("file"):
        await asyncio.sleep(0)
