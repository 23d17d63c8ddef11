"""What a ledger outlives: its process, its database, and the company of others."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
import structlog

from bot.engine.budgets import Ask, Budget, Urgency, Window
from bot.engine.testing import FakeClock
from bot.service.clock import SystemClock
from storage import KeptLedger, SharedLedger, budget_rows, kept_ledger, open_database, shared_ledger
from tests.connection_threads import connection_threads_ended
from tests.contracts.handlers import PATIENCE
from tests.contracts.spending import BURST, EDITS, FIVE, GATE, LONG, Spender, ask, begin, spent
from tests.storage.replicas import Observer
from tests.storage.sqlite_files import locked, path_of, rows

FLOOD_WAIT = 150.0
FINAL, PREVIEW = Urgency.FINAL, Urgency.PREVIEW

Join = Callable[[str], SharedLedger]


@pytest.fixture
async def join(postgres_url: str) -> AsyncIterator[Join]:
    """The ledger as one more process keeps it, by this name."""
    joined = []

    def one_more(name: str) -> SharedLedger:
        database = open_database(postgres_url)
        joined.append((database, ledger := SharedLedger(database, SystemClock(), name)))
        return ledger

    yield one_more
    for database, ledger in joined:
        await ledger.aclose()
        await database.close()


@pytest.fixture
def observer(postgres_url: str) -> Observer:
    return Observer(postgres_url)


async def until_told(observer: Observer, name: str, told: bool = True) -> None:
    """Return once the row of five calls speaks of replies that live in this process, or does so no more."""
    said = "SELECT account::json->'live'->%s IS NULL <> %s FROM budgets WHERE name = 'five'"
    await observer.until(said, name, told)


async def until_waiting(observer: Observer, sessions: int) -> None:
    """Return once so many wait for a lock."""
    waiting = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    await observer.until(f"SELECT count(*) = %s {waiting}", sessions)


@contextmanager
def warnings() -> Iterator[list[str]]:
    """The names of what is said meanwhile."""
    said: list[str] = []
    with structlog.testing.capture_logs() as logs:
        yield said
    said += [line["event"] for line in logs if line["log_level"] == "warning"]


async def test_many_processes_together_never_exceed_a_window(join: Join) -> None:
    few, spender = Budget("few", (Window(6, 0.3),)), Spender()
    async with asyncio.TaskGroup() as people:
        for name in ("a", "b", "c"):
            ledger = join(name)
            for _ in range(2):
                people.create_task(spender.spend(ledger, few, 4))
    assert spender.seconds_of(7) >= 0.3
    assert spender.took < 2 * 4 * 0.3


async def test_a_process_leaves_room_for_the_ends_of_replies_that_live_in_another(
    join: Join, observer: Observer
) -> None:
    here, there = join("here"), join("there")
    here.live(EDITS, 3)
    await until_told(observer, "here")
    assert await spent(there, PREVIEW, FIVE) == 2
    assert await begin(there) == 0
    assert await spent(here, FINAL, FIVE) == 3


async def test_a_reply_that_begins_counts_everywhere_at_once(join: Join) -> None:
    here, there = join("here"), join("there")
    assert await begin(here, 2) == 2
    assert await begin(there, 5) == 3


async def test_the_room_of_replies_that_have_ended_is_free_for_others_soon(join: Join, observer: Observer) -> None:
    here, there = join("here"), join("there")
    await begin(here, 5)
    here.live(EDITS, -5)
    await until_told(observer, "here", told=False)
    assert await spent(there, PREVIEW, FIVE) == 5


async def test_replies_of_a_process_that_died_are_forgotten(join: Join, observer: Observer) -> None:
    ledger, clock = join("here"), SystemClock()
    account = json.dumps({"live": {"dead": [5, 5, clock.now() + 0.5]}})
    observer.execute("INSERT INTO budgets VALUES ('five', %s, 0)", account)
    [wait] = await ask(ledger, PREVIEW, FIVE)
    assert wait > 0
    await asyncio.sleep(0.5)
    assert await ask(ledger, PREVIEW, FIVE) == [0.0]
    assert "dead" not in observer.rows("SELECT account FROM budgets WHERE name = 'five'")[0][0]


async def test_replies_that_take_long_are_not_forgotten(
    join: Join, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in {"FORGOTTEN_AFTER": 0.6, "REFRESH": 0.2, "SOON": 0.05}.items():
        monkeypatch.setattr(shared_ledger, name, seconds)
    await begin(join("here"), 5)
    until = "SELECT (account::json->'live'->'here'->>2)::float8 > %s FROM budgets WHERE name = 'five'"
    await observer.until(until, SystemClock().now() + 1.0)
    assert await spent(join("there"), PREVIEW, FIVE) == 0


async def test_a_process_that_ends_leaves_no_live_reply(join: Join, observer: Observer) -> None:
    here = join("here")
    await begin(here, 3)
    await here.aclose()
    assert "here" not in observer.rows("SELECT account FROM budgets WHERE name = 'five'")[0][0]


async def test_who_still_asks_when_a_process_ends_is_not_left_waiting(
    join: Join, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget_rows, "PATIENCE", 0.3)
    ledger = join("here")
    await begin(ledger)
    with observer.held_up("budgets"):
        asking = [asyncio.create_task(ask(ledger, FINAL, FIVE)) for _ in range(2)]
        await until_waiting(observer, 1)
        await ledger.aclose()
        await asyncio.wait(asking, timeout=PATIENCE)
    assert [task.done() for task in asking] == [True, True]
    assert await ask(ledger, FINAL, FIVE) == [0.0]


async def test_a_budget_that_one_process_closes_is_closed_for_all(join: Join) -> None:
    here, there = join("here"), join("there")
    assert await ask(there, FINAL, GATE) == [0.0]
    await here.close((GATE,), FLOOD_WAIT, refused=True)
    for ledger in (there, join("later")):
        [wait] = await ask(ledger, FINAL, GATE)
        assert FLOOD_WAIT - 10 < wait <= FLOOD_WAIT


async def test_who_asks_while_a_budget_is_being_closed_is_not_let_out(join: Join) -> None:
    ledger = join("here")
    closing = asyncio.create_task(ledger.close((GATE,), LONG, refused=True))
    await asyncio.sleep(0)
    [wait] = await ask(ledger, FINAL, GATE)
    assert wait > LONG - 5
    await closing


async def test_processes_that_want_the_same_budgets_at_once_do_not_block_each_other(
    join: Join, observer: Observer, postgres_url: str
) -> None:
    """Each has locked some of them when it must wait: in another order they would wait for each other."""
    many = [Budget(f"budget {number}", (Window(1000, LONG),)) for number in range(40)]
    here, there = join("here"), join("there")
    await ask(here, FINAL, *many)
    with warnings() as said:
        with psycopg.connect(postgres_url) as other:
            other.execute("SELECT 1 FROM budgets WHERE name = 'budget 20' FOR UPDATE")
            orders = ((here, many), (there, many[::-1]))
            both = [asyncio.create_task(ask(ledger, FINAL, *budgets)) for ledger, budgets in orders]
            await until_waiting(observer, 2)
        await asyncio.gather(*both)
    assert said == []
    assert max(len(ledger.seen(many[0])[0].calls) for ledger in (here, there)) == 3


async def test_calls_that_were_let_out_together_all_count_when_a_reply_has_ended(
    join: Join, observer: Observer
) -> None:
    here, there = join("here"), join("there")
    await begin(here)
    assert await spent(here, PREVIEW, FIVE) == 4
    here.live(EDITS, -1)
    await until_told(observer, "here", told=False)
    assert [await spent(ledger, FINAL, FIVE) for ledger in (here, there)] == [1, 0]


async def test_of_those_who_ask_at_once_the_most_urgent_go_first(join: Join) -> None:
    ledger = join("here")
    urgencies = (PREVIEW, Urgency.STATUS, FINAL, PREVIEW, Urgency.FIRST)
    waits = await asyncio.gather(*(ask(ledger, urgency, BURST) for urgency in urgencies))
    assert [wait == 0 for (wait,) in waits] == [False, False, True, False, True]


async def test_who_gives_up_disturbs_nobody_and_begins_nothing(join: Join, observer: Observer) -> None:
    ledger = join("here")
    await ask(ledger, FINAL, FIVE)
    with observer.held_up("budgets"):
        given_up = asyncio.create_task(begin(ledger, 2))
        other = asyncio.create_task(ask(ledger, FINAL, FIVE))
        await until_waiting(observer, 1)
        later = asyncio.create_task(begin(ledger, 2))
        await asyncio.sleep(0)
        for task in (given_up, later):
            task.cancel()
        await asyncio.wait({given_up, later})
    assert await other == [0.0]
    account, now = ledger.seen(FIVE)
    assert account.ends(now) == 0


async def test_without_the_database_each_process_goes_on_alone_and_tells_later_what_it_spent(
    join: Join, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_ledger, "OUTAGE", 0.1)
    here, there = join("here"), join("there")
    assert await ask(here, FINAL, FIVE) == [0.0]
    with warnings() as said, observer.outage():
        assert await begin(here) == 1
        assert await ask(here, FINAL, FIVE) == [0.0]
        assert await ask(there, FINAL, FIVE) == [0.0]
        await here.close((GATE,), LONG, refused=True)
    assert said == ["budgets_kept_alone"] * 2
    await observer.until("SELECT account::json->>'closed_until' IS NOT NULL FROM budgets WHERE name = 'gate'")
    await observer.until("SELECT json_array_length(account::json->'calls') = 3 FROM budgets WHERE name = 'five'")
    async with asyncio.timeout(PATIENCE):
        while (await ask(there, FINAL, GATE))[0] < LONG - 15:
            await asyncio.sleep(0.01)
    assert await spent(there, PREVIEW, FIVE) == 1


async def test_a_database_that_hangs_holds_up_no_call(
    join: Join, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for once, and not again for a while."""
    monkeypatch.setattr(budget_rows, "PATIENCE", 0.2)
    ledger, clock = join("here"), SystemClock()
    with observer.held_up("budgets"):
        start = clock.now()
        assert await spent(ledger, FINAL, FIVE) == 5
        assert await spent(ledger, FINAL, FIVE) == 0
        await ledger.close((GATE,), LONG, refused=True)
        assert clock.now() - start < 1.5


async def test_budgets_that_nobody_uses_are_forgotten(
    join: Join, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_ledger, "HOUR", 0.0)
    for name, seconds in {"old": -3600, "closed": 3600}.items():
        observer.execute("INSERT INTO budgets VALUES (%s, '{}', %s)", name, SystemClock().now() + seconds)
    await ask(join("here"), FINAL, FIVE)
    assert observer.rows("SELECT name FROM budgets ORDER BY name") == [("closed",), ("five",)]


async def test_a_row_that_was_forgotten_meanwhile_is_made_anew(join: Join, observer: Observer) -> None:
    ledger = join("here")
    await ask(ledger, FINAL, FIVE)
    observer.execute("DELETE FROM budgets")
    assert await spent(ledger, FINAL, FIVE) == 5


async def test_of_a_call_that_is_refused_nothing_is_written(join: Join, observer: Observer) -> None:
    ledger = join("here")
    await begin(ledger)
    await spent(ledger, FINAL, BURST)
    versions = "SELECT name, xmin::text FROM budgets ORDER BY name"
    await asyncio.sleep(2 * shared_ledger.SOON)
    before = observer.rows(versions)
    await ledger.ask([Ask((BURST, FIVE), FINAL)])
    assert observer.rows(versions) == before


async def test_on_sqlite_only_what_is_closed_for_long_enough_is_stored_as_long_as_it_is(sqlite_url: str) -> None:
    clock, database = FakeClock(), open_database(sqlite_url)
    ledger = KeptLedger(database, clock)
    await ledger.close((Budget("brief"),), 0.5, refused=False)
    await ledger.close((Budget("over"),), 20.0, refused=False)
    assert rows(path_of(sqlite_url), "SELECT name FROM budgets") == [("over",)]
    await clock.advance(20)
    await ledger.close((Budget("closed"),), FLOOD_WAIT, refused=False)
    assert rows(path_of(sqlite_url), "SELECT name, until FROM budgets") == [("closed", clock.now() + FLOOD_WAIT)]
    await database.close()


@pytest.mark.parametrize("told", [10.0, 2 * FLOOD_WAIT])
async def test_on_sqlite_a_second_process_honours_what_the_first_one_and_itself_were_told(
    sqlite_url: str, told: float
) -> None:
    clock, database = FakeClock(), open_database(sqlite_url)
    await KeptLedger(database, clock).close((GATE,), FLOOD_WAIT, refused=False)
    await clock.advance(50)
    ledger = KeptLedger(database, clock)
    await ledger.close((GATE,), told, refused=False)
    for one in (ledger, KeptLedger(database, clock)):
        assert await ask(one, FINAL, GATE) == [max(FLOOD_WAIT - 50, told)]
    await database.close()


async def test_on_sqlite_a_file_that_cannot_be_used_holds_up_no_call() -> None:
    clock, database = FakeClock(), open_database("sqlite:///nowhere/x.db")
    ledger = KeptLedger(database, clock)
    with warnings() as said:
        await ledger.close((GATE,), 10.0, refused=False)
        assert await ask(ledger, FINAL, GATE) == [10.0]
        await clock.advance(10)
        assert await ask(ledger, FINAL, GATE) == [0.0]
        await ledger.aclose()
    assert said == ["budgets_not_read"]
    await database.close()
    await connection_threads_ended()


async def test_on_sqlite_a_file_that_is_locked_holds_up_nobody_longer_than_the_platform_does(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was refused for a second would else wait five; it is stored all the same once the file is free."""
    monkeypatch.setattr(kept_ledger, "WORTH_KEEPING", 0.1)
    clock, database = SystemClock(), open_database(sqlite_url)
    ledger = KeptLedger(database, clock)
    await ledger.close((FIVE,), FLOOD_WAIT, refused=True)
    start = clock.now()
    with locked(path_of(sqlite_url)):
        await ledger.close((GATE,), 0.2, refused=True)
        assert clock.now() - start < 2
    await ledger.aclose()
    await database.close()
    assert rows(path_of(sqlite_url), "SELECT name FROM budgets ORDER BY name") == [("five",), ("gate",)]
    await connection_threads_ended()


async def test_on_sqlite_what_could_not_be_read_at_first_is_read_later(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.PRAGMAS", ("busy_timeout=10", "journal_mode=WAL", "synchronous=FULL"))
    clock, database = FakeClock(), open_database(sqlite_url)
    await KeptLedger(database, clock).close((GATE,), FLOOD_WAIT, refused=False)
    ledger = KeptLedger(database, clock)
    with locked(path_of(sqlite_url)):
        assert await ask(ledger, FINAL, GATE) == [0.0]
    await clock.advance(5)
    assert await ask(ledger, FINAL, GATE) == [FLOOD_WAIT - 5]
    await database.close()
