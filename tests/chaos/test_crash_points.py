"""What a process that dies may cost, at each step of a message's life (section 5 of the design).

A process is killed by itself at the named moment and a second one goes on; what comes of it is what the design says.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from bot.engine import texts
from playground.openai_script import Answer, Request
from tests.chaos.crashing_process import CrashingProcess
from tests.chaos.ledger import UNREADABLE, Ledger, read_ledger
from tests.chaos.places import Place
from tests.chaos.questions import answer, number_of, question, titles
from tests.chaos.world import World

SPEED = 20.0
"""How much faster than the real one the clocks of service and platforms are: an order that a dead process had begun is
taken up again after a minute. Only the shared queue lives in real time."""

PATIENCE = 30.0
"""Real seconds for the second process to bring everything to its end."""

WITH_ORPHANS = ("telegram",)
"""The platforms on which a message whose reference was lost is not found again."""

ONE_PAGE, PAGES = 150, 1500
"""Words."""

RATE, SLOW = 20_000.0, 1_000.0
"""Characters a second; the slow rate leaves time for an edit."""

LAST_WORDS = 100
"""Characters that a silent model keeps to itself."""

Manner = Literal["at once", "never ends", "ends later"]
"""How the model answers the first time: all at once; all but the last words and then nothing more; or the last words
only once the first message is known."""


@dataclass(frozen=True)
class Point:
    """A moment to die at, and what must come of it. `asked`: how often the model is asked in both lives together.

    `orphan`: a message is left that nobody knows any more, where the platform gives no way to find it. `streaming` is
    Telegram's: most points are about a message that grows; before the end of a draft there is none.
    """

    name: str
    moment: str
    asked: int
    nth: int = 1
    words: int = ONE_PAGE
    manner: Manner = "at once"
    rate: float = RATE
    orphan: bool = False
    streaming: str = "edit"


POINTS = (
    Point("3, before the commit", "before commit of ask", asked=1),
    Point("3, after the commit", "after commit of ask", asked=1),
    Point("4, before the platform is told", "before the platform is told", asked=1),
    Point("5, before the turn is taken up", "before commit of start", asked=1),
    Point("5, after it was taken up", "after commit of start", asked=1),
    Point("6, before the model is asked", "before the model is asked", asked=1),
    Point("7, before the first message", "before send", asked=2, manner="never ends"),
    Point(
        "7, the first message is posted, nobody knows which", "after send", asked=2, manner="never ends", orphan=True
    ),
    Point("7, its reference is stored", "after commit of save_replies", asked=2, manner="never ends"),
    Point("8, in the middle", "after edit", asked=2, manner="never ends", rate=SLOW),
    Point("8, a draft is seen", "after send", asked=2, manner="never ends", orphan=False, streaming="draft"),
    Point("8, between two pages", "before send", nth=2, asked=2, words=PAGES, manner="never ends"),
    Point("8, a page is posted, nobody knows which", "after send", 2, 2, PAGES, "never ends", orphan=True),
    Point("9, the model has ended, nothing is stored", "before commit of end", asked=2, manner="ends later"),
    Point("9, the answer is stored, not shown", "after commit of end", asked=1, manner="ends later"),
    Point("10, it is shown, nobody knows", "before commit of mark_shown", asked=1, manner="ends later"),
    Point("10, it is known to be shown", "after commit of mark_shown", asked=1, manner="ends later"),
)


@dataclass
class Desk:
    """One chat with one question, a database, and the two processes one after the other."""

    world: World
    place: Place
    point: Point
    url: str
    folder: Path
    first_answer: Answer

    @asynccontextmanager
    async def process(self, name: str, moment: str | None = None, nth: int = 1) -> AsyncIterator[CrashingProcess]:
        settings = {**self.world.settings, "DATABASE_URL": self.url, "TELEGRAM_STREAMING": self.point.streaming}
        process = CrashingProcess(settings, SPEED, self.folder / f"{self.place.platform}-{name}.log", moment, nth)
        process.start()
        try:
            yield process
        finally:
            await process.stop()

    async def until(self, condition: Callable[[Ledger], object]) -> Ledger:
        """Look into the database until it is so."""
        async with asyncio.timeout(PATIENCE):
            while True:
                ledger = self._read()
                if ledger is not None and condition(ledger):
                    return ledger
                await asyncio.sleep(0.05)

    def open(self, ledger: Ledger) -> list[str]:
        """What is still to be done, in words."""
        return [*ledger.unfinished, *self.world.undelivered]

    def _read(self) -> Ledger | None:
        try:
            return read_ledger(self.url)
        except UNREADABLE:
            return None

    def ledger_or_nothing(self) -> str:
        return repr(self._read())


def asked(world: World) -> int:
    """How often the model was asked for an answer."""
    return sum(titles(request) is None for request in world.model.requests)


@pytest.fixture(params=["sqlite", "postgres"])
def database_urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two databases of one kind, each with the newest schema."""
    if request.param == "sqlite":
        template = request.getfixturevalue("migrated_sqlite")
        files = [shutil.copy(template, tmp_path / f"{platform}.db") for platform in ("slack", "telegram")]
        yield (f"sqlite:///{files[0]}", f"sqlite:///{files[1]}")
        return
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("migrated_postgres")
    with server.database(template) as one, server.database(template) as other:
        yield (one, other)


@asynccontextmanager
async def desk_at(platform: str, point: Point, url: str, folder: Path) -> AsyncIterator[Desk]:
    whole = answer(1, point.words)
    held = Answer(whole, size=20, rate=point.rate, silent_after=len(whole) - LAST_WORDS)
    first = Answer(whole) if point.manner == "at once" else held

    def reply(request: Request) -> Answer:
        assert number_of(request.question) == 1
        return first if asked(world) == 1 else Answer(whole, size=20, rate=RATE)

    async with World(SPEED, reply) as world:
        place = world.thread() if platform == "slack" else world.private()
        yield Desk(world, place, point, url, folder, first)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
async def test_what_a_death_at_this_point_means(point: Point, database_urls: tuple[str, str], tmp_path: Path) -> None:
    """On both platforms at once, which know nothing of each other: most of the time is waiting."""
    on_slack, on_telegram = database_urls
    async with asyncio.TaskGroup() as both:
        both.create_task(die_and_go_on("slack", point, on_slack, tmp_path))
        both.create_task(die_and_go_on("telegram", point, on_telegram, tmp_path))


async def die_and_go_on(platform: str, point: Point, url: str, folder: Path) -> None:
    async with desk_at(platform, point, url, folder) as desk:
        async with desk.process("first", point.moment, point.nth) as first:
            await desk.place.ask(question(1))
            if point.manner == "ends later":
                await desk.until(lambda ledger: any(turn.replies for turn in ledger.turns))
                desk.first_answer.go.set()
            await first.died()
        async with desk.process("second") as second:
            try:
                ledger = await desk.until(lambda ledger: ledger.turns and not desk.open(ledger))
            except TimeoutError:
                left = (desk.world.undelivered, desk.ledger_or_nothing())
                raise AssertionError(f"{platform} is not quiet: {left}\n{second.tail()}") from None
        check(desk, ledger)


def check(desk: Desk, ledger: Ledger) -> None:
    point, where = desk.point, desk.place.name
    [turn] = ledger.turns
    shown = desk.place.shown()
    pages = [message for message in shown if message.id in turn.replies]
    whole = answer(1, point.words)
    assert (turn.status, turn.answer) == ("done", whole), where
    assert [page.id for page in pages] == list(turn.replies), where
    assert " ".join(page.text for page in pages).split() == whole.split(), where
    assert [page.buttons for page in pages] == [*([()] * (len(pages) - 1)), (texts.ASK_AGAIN.english,)], where
    orphans = int(point.orphan and desk.place.platform in WITH_ORPHANS)
    assert len(shown) - len(pages) == orphans, (where, [message.text[:40] for message in shown])
    assert asked(desk.world) == point.asked, where
