"""People in front of a bot whose SQLite file cannot be written for a while: they wait, and then they are answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.playground.rig import PATIENCE, only_titles, slack_rig, telegram_rig
from tests.playground.telegram_room import Room
from tests.playground.test_slack_service import Room as SlackRoom
from tests.storage.sqlite_files import is_sound, locked, path_of, rows, write

BALLAST = 200_000
"""Bytes that somebody frees on the full disk."""

FULL = ("busy_timeout=10", "journal_mode=WAL", "synchronous=FULL", "max_page_count=1")
"""The file stays at the size that it has: what is new fits where something was deleted only."""


@pytest.fixture
async def cramped(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    """A private chat with a service whose disk is full, but for a few hundred bytes."""
    monkeypatch.setattr("storage.database.PRAGMAS", FULL)
    write(path_of(sqlite_url), "CREATE TABLE ballast (bytes BLOB)")
    write(path_of(sqlite_url), "INSERT INTO ballast VALUES (zeroblob(?))", BALLAST)
    async with telegram_rig(sqlite_url, speed=20.0) as (rig, telegram):
        yield Room(rig, telegram)


async def make_room(room: Room) -> None:
    """In a thread: the service, which runs on this loop, may hold the file at the moment."""
    await asyncio.to_thread(write, path_of(room.rig.database_url), "DELETE FROM ballast")


async def logged(logs: list[EventDict], event: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while event not in {entry["event"] for entry in logs}:
            await asyncio.sleep(0.01)  # a log has nobody to tell


async def test_a_question_that_did_not_fit_on_the_disk_is_answered_once_there_is_room(cramped: Room) -> None:
    path = path_of(cramped.rig.database_url)
    await cramped.say("Hello")
    await cramped.sees("You said: Hello")
    before = rows(path, "SELECT content FROM messages ORDER BY id")
    with capture_logs() as logs:
        cramped.rig.endpoint.say("It is long.")
        await cramped.say("ä" * 4_000)
        await logged(logs, "telegram_polling_failed")
    assert rows(path, "SELECT content FROM messages ORDER BY id") == before
    await make_room(cramped)
    await cramped.sees("You said: Hello", "It is long.")
    await cramped.say("Again")
    await cramped.sees("You said: Hello", "It is long.", "You said: Again")
    assert is_sound(path)


async def test_an_answer_that_did_not_fit_on_the_disk_stands_once_there_is_room(cramped: Room) -> None:
    """The model is not asked again: the answer was kept in memory meanwhile."""
    path = path_of(cramped.rig.database_url)
    answer = "ääääääääää " * 350
    with capture_logs() as logs:
        cramped.rig.endpoint.say(answer)
        await cramped.say("Is it?")
        await logged(logs, "turn_not_stored_yet")
    assert rows(path, "SELECT count(*) FROM messages WHERE role = 'assistant'") == [(0,)]
    await make_room(cramped)
    await cramped.sees(answer.strip())
    assert [request.question for request in cramped.rig.endpoint.requests if only_titles(request) is None] == ["Is it?"]
    assert is_sound(path)


async def test_a_mention_while_somebody_holds_the_file_is_answered_once_they_let_go(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.PRAGMAS", FULL[:-1])
    async with slack_rig(sqlite_url, http=True, speed=20.0) as (rig, slack):
        room = SlackRoom(rig, slack)
        with ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, locked(path_of(sqlite_url)))
            root = await room.mention("Hello")
            await slack.wait_for(lambda: any(d.status == 503 for d in slack.deliveries), timeout=PATIENCE)
        await room.sees(root, "You said: Hello")
    assert rows(path_of(sqlite_url), "SELECT count(*) FROM turns") == [(1,)]
