"""The fake storage does what the real one does, whatever is done to it."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.engine.chats import ChatFilter, Cursor, Message, MessageRef, Preferences, Role, TitleSource
from bot.engine.errors import StorageUnavailable, TakenOver
from bot.engine.ports import Storage, UnitOfWork
from bot.engine.testing import MemoryStorage
from bot.engine.turns import Turn, TurnStatus
from storage import open_database
from tests.contracts.samples import ANN, BOB, NOW, OTHER_CHANNEL, OTHER_THREAD, THREAD

ids = st.integers(1, 4)
keys = st.sampled_from([THREAD, OTHER_THREAD, OTHER_CHANNEL])
people = st.sampled_from([ANN, BOB])
owners = people.map(lambda author: author.id)
times = st.integers(0, 3).map(lambda minutes: NOW + timedelta(minutes=minutes))
texts = st.sampled_from(["", "a", "b\x00c", "👩‍👩‍👧"])
names = st.sampled_from(["a", "b", "c"])
pages = st.lists(st.sampled_from(["p1", "p2", "p3"]), max_size=3, unique=True)
counts = st.integers(0, 3)
endings = st.sampled_from([TurnStatus.DONE, TurnStatus.FAILED, TurnStatus.CANCELLED])
pasts = st.builds(
    lambda chat, text, author, answer, status, now: Turn(
        0,
        chat,
        Message(0, chat, Role.USER, text, now, author, "s"),
        Message(0, chat, Role.ASSISTANT, answer, now) if answer else None,
        status,
        (),
        None,
        None,
        True,
        now,
    ),
    *(ids, texts, people, texts, endings, times),
)
"""Turns that come back."""


filters = st.builds(ChatFilter, keys, owners, st.booleans(), st.booleans())
wishes = st.builds(Preferences, names, texts)
refs = st.builds(MessageRef, keys, names)
cursors = st.builds(Cursor, st.booleans(), times, ids)

CALLS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "chats.get": (ids,),
    "chats.current": (keys,),
    "chats.add": (keys, owners, times),
    "chats.make_current": (ids,),
    "chats.rename": (ids, texts, st.sampled_from(TitleSource)),
    "chats.delete": (ids,),
    "chats.list_of": (filters, counts, st.one_of(st.none(), cursors), st.booleans()),
    "chats.listed": (ids, owners),
    "chats.pin": (ids, owners, st.booleans()),
    "chats.archive": (ids, owners, st.booleans()),
    "chats.prefer": (ids, wishes),
    "chats.preferred": (keys, owners),
    "chats.prefer_for_new": (keys, owners, wishes),
    "chats.await_title": (keys, owners, ids),
    "chats.asked_for_title": (refs, owners),
    "chats.awaited_title": (refs, owners),
    "chats.untitled": (times,),
    "chats.add_post": (ids, names),
    "chats.posts": (ids,),
    "turns.ask": (ids, texts, people, names, times),
    "turns.get": (ids,),
    "turns.last": (ids,),
    "turns.first": (ids,),
    "turns.all_of": (ids,),
    "turns.put_back": (pasts,),
    "turns.waiting": (),
    "turns.start": (ids, counts),
    "turns.ask_to_stop": (ids,),
    "turns.cancel_queued": (ids,),
    "events.claim": (names, times),
    "events.put_aside": (names, texts, times),
    "events.forget": (times,),
    "events.offset": (names,),
    "events.move_offset": (names, counts),
}
"""Every method of the stores that takes plain values, and those values."""

WITH_A_TURN: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "turns.ask_again": (ids, times),
    "turns.stand": (ids,),
    "turns.save_replies": (ids, pages),
    "turns.save_partial": (ids, texts),
    "turns.end": (ids, endings, texts, st.none(), times),
    "turns.mark_shown": (ids,),
    "turns.remove": (ids,),
    "turns.rate": (ids, owners, st.booleans(), times),
    "turns.ratings": (ids,),
}
"""Those that take a turn, which is looked up first."""

SINGLE = ["turns.start", "turns.save_replies", "turns.save_partial", "turns.end", "turns.mark_shown", "events.claim"]
"""Those that may be all of a unit of work."""


@dataclass(frozen=True)
class Call:
    """One method call, in a unit of work that is committed or not. `turns.*` that take a turn look it up first."""

    method: str
    arguments: tuple[Any, ...]
    committed: bool
    single: bool = False

    async def on(self, storage: Storage) -> Any:
        """What comes out of it, be it an error of ours."""
        turn = await self._turn(storage) if self.single else None
        try:
            async with storage() as work:
                if self.single:
                    return await work.only(self._of(work, turn))
                result = await self.within(work)
                if self.committed:
                    await work.commit()
        except (StorageUnavailable, TakenOver) as error:
            return type(error)
        return result

    async def _turn(self, storage: Storage) -> Turn | None:
        async with storage() as work:
            return await work.turns.get(self.arguments[0]) if self.method in WITH_A_TURN else None

    async def _of(self, work: UnitOfWork, turn: Turn | None) -> Any:
        """The one change; of a turn that was looked up before."""
        store, method = self.method.split(".")
        if self.method not in WITH_A_TURN:
            return await getattr(getattr(work, store), method)(*self.arguments)
        return await getattr(getattr(work, store), method)(turn, *self.arguments[1:]) if turn else None

    async def within(self, work: UnitOfWork) -> Any:
        store, method = self.method.split(".")
        arguments = list(self.arguments)
        if self.method in WITH_A_TURN:
            arguments[0] = await work.turns.get(arguments[0])
            if arguments[0] is None:
                return None
        return await getattr(getattr(work, store), method)(*arguments)


often = [*SINGLE, "chats.add", "turns.ask", "turns.ask_again"]
methods = st.sampled_from([*CALLS, *WITH_A_TURN, *often, *often])
calls = methods.flatmap(
    lambda method: st.builds(
        Call,
        st.just(method),
        st.tuples(*(CALLS | WITH_A_TURN)[method]),
        st.sampled_from([True, True, True, False]),
        st.booleans() if method in SINGLE else st.just(False),
    )
)
AT_FIRST = [
    Call(method, arguments, committed=True)
    for method, arguments in (
        ("chats.add", (THREAD, ANN.id, NOW)),
        ("chats.add", (OTHER_THREAD, BOB.id, NOW)),
        ("turns.ask", (1, "Why?", ANN, None, NOW)),
        ("turns.save_replies", (1, ["p1", "p2"])),
        ("turns.end", (1, TurnStatus.DONE, "Because.", None, NOW)),
        ("turns.ask", (1, "And?", BOB, None, NOW)),
        ("turns.ask", (2, "How?", BOB, None, NOW)),
    )
]
"""Else most of what is called would find nothing."""

FINALLY = [
    Call(method, arguments, committed=False)
    for number in range(1, 5)
    for method, arguments in (
        ("chats.get", (number,)),
        ("chats.posts", (number,)),
        ("turns.get", (number,)),
        ("turns.start", (number, 9)),
    )
]


async def outcomes(storage: Storage, todo: list[Call]) -> list[tuple[Call, Any]]:
    found = [(call, await call.on(storage)) for call in [*AT_FIRST, *todo]]
    async with storage() as work:
        return found + [(call, await call.within(work)) for call in FINALLY]


async def outcomes_on_postgres(url: str, todo: list[Call]) -> list[tuple[Call, Any]]:
    """On a database that is as good as new."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE chats, people, events, positions RESTART IDENTITY CASCADE")
    database = open_database(url)
    try:
        return await outcomes(database.storage, todo)
    finally:
        await database.close()


async def outcomes_on_sqlite(template: Path, todo: list[Call]) -> list[tuple[Call, Any]]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("storage.database.PRAGMAS", ("synchronous=OFF",))
        database = open_database(f"sqlite:///{shutil.copy(template, Path(folder) / 'threadline.db')}")
        try:
            return await outcomes(database.storage, todo)
        finally:
            await database.close()


@given(todo=st.lists(calls, min_size=5, max_size=30))
@settings(max_examples=60, deadline=None, phases=[Phase.generate])  # shrinking takes minutes; the call is named anyway
def test_memory_and_sqlite_answer_alike(migrated_sqlite: Path, todo: list[Call]) -> None:
    compare(todo, outcomes_on_sqlite(migrated_sqlite, todo))


@given(todo=st.lists(calls.map(lambda call: replace(call, committed=True)), min_size=5, max_size=30))
@settings(
    max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_memory_and_postgres_answer_alike(postgres_url: str, todo: list[Call]) -> None:
    """All is committed: PostgreSQL does not give the number of a row that was rolled back to another one."""
    compare(todo, outcomes_on_postgres(postgres_url, todo))


def compare(todo: list[Call], on_database: Coroutine[Any, Any, list[tuple[Call, Any]]]) -> None:
    in_memory = asyncio.run(outcomes(MemoryStorage(), todo))
    for (call, remembered), (_, stored) in zip(in_memory, asyncio.run(on_database), strict=True):
        assert remembered == stored, call
