"""Rounds of questions and trouble, one after the other in the same world and on the same database."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic

from bot.engine import texts
from playground.slack.errors import NotPossible
from tests.chaos.judge import Case, Expected, judge, last_turn, standing
from tests.chaos.ledger import UNREADABLE, Ledger, TurnRow, read_ledger
from tests.chaos.model import Model
from tests.chaos.places import Place
from tests.chaos.plan import Asked, Kind, Mishap, Round, plan_round
from tests.chaos.questions import number_of
from tests.chaos.replicas import Replicas
from tests.chaos.troubles import Troubles
from tests.chaos.world import World

QUIET_WITHIN = 150.0
"""Real seconds after the last trouble; platforms and queue wait up to a minute between two tries."""

BETWEEN_PRESSES = 1.0
"""Seconds; whoever presses without a pause is told to wait."""

ANEW = 50
"""Added to the number of a question that is written anew."""


class RoundFailed(AssertionError):
    """Something was lost, cut or doubled; the text says what was done and how everything stands."""


@dataclass
class Site:
    """A place of this round, with what was asked there so far."""

    place: Place
    asked: list[Expected] = field(default_factory=list)

    @property
    def case(self) -> Case:
        return Case(self.place.name, tuple(self.asked), tuple(self.place.shown()))

    def failed(self, ledger: Ledger) -> list[TurnRow]:
        """The turns that ended without an answer and were not asked anew, oldest first."""
        turns = [last_turn(expected.number, ledger) for expected in self.asked if not expected.excused]
        return sorted((t for t in turns if t is not None and t.status == "failed"), key=lambda turn: turn.id)

    def excuse(self, number: int) -> Expected:
        """Expect no answer to this question any more; what was expected."""
        place, known = next((n, e) for n, e in enumerate(self.asked) if e.number == number)
        self.asked[place] = replace(known, excused=True)
        return known


@dataclass
class Rounds:
    """The rounds of one seed. `orphans` are all messages so far that no turn knows, by place and id."""

    world: World
    model: Model
    replicas: Replicas
    troubles: Troubles
    url: str
    seed: int
    orphans: set[tuple[str, str]] = field(default_factory=set)
    _all_sites: list[Site] = field(default_factory=list)
    _sites: list[Site] = field(default_factory=list)
    _lasting: dict[tuple[Kind, int], Site] = field(default_factory=dict)

    async def run(self, number: int) -> str:
        """Play one round; a line that says what it was. Raises RoundFailed."""
        plan = plan_round(self.seed, number, len(self.replicas.standing))
        began = monotonic()
        self._sites = [self._site(kind, which) for kind, which in plan.places]
        try:
            await self._play(plan)
            await self._until_all_answered()
            orphans = self._judge(self._sites)
        except (AssertionError, TimeoutError) as error:
            raise RoundFailed(self._report(plan, error)) from error
        self.troubles.calm()
        trouble = ", ".join(mishap.trouble.name.lower() for mishap in plan.mishaps)
        took = f"{len(plan.questions)} questions in {monotonic() - began:.0f} s"
        return f"round {number}: {took}; {trouble}; {orphans} orphans, signs left: {self._signs()}"

    async def end(self) -> None:
        """Stop every process in order, and look at all that was ever asked once more. Raises AssertionError."""
        await self.replicas.stop()
        self._judge(self._all_sites)

    def _signs(self) -> list[str]:
        return [f"{site.place.name}: {sign}" for site in self._sites for sign in site.place.signs()]

    @property
    def asked(self) -> int:
        """How many questions there were so far."""
        return len(self.model.asked)

    # -- what happens

    async def _play(self, plan: Round) -> None:
        asking = [
            self._ask_here(site, [question for question in plan.questions if question.place == index])
            for index, site in enumerate(self._sites)
        ]
        await asyncio.gather(*asking, *(_later(mishap.at, self.troubles.make, mishap) for mishap in plan.mishaps))

    def _site(self, kind: Kind, which: int) -> Site:
        """Threads are new each time; a private chat or a group goes on."""
        if (kind, which) in self._lasting:
            return self._lasting[kind, which]
        make = {
            Kind.THREAD: self.world.thread,
            Kind.TAB: self.world.tab,
            Kind.PRIVATE: self.world.private,
            Kind.GROUP: self.world.group,
        }
        site = Site(make[kind](which))
        self._all_sites.append(site)
        if kind in (Kind.PRIVATE, Kind.GROUP):
            self._lasting[kind, which] = site
        return site

    async def _ask_here(self, site: Site, questions: list[Asked]) -> None:
        began = monotonic()
        for asked in questions:
            await asyncio.sleep(asked.at - (monotonic() - began))
            await self._ask(site, asked)

    async def _ask(self, site: Site, asked: Asked) -> None:
        self.model.asked[asked.number] = asked
        before = self._ledger_or_none()
        stored = [e.number for e in site.asked if before is not None and last_turn(e.number, before) is not None]
        site.asked.append(Expected(asked.number, asked.answer, stored[-1] if stored else None))
        await site.place.ask(asked.text, asked.person)

    # -- until it is quiet

    async def _until_all_answered(self) -> None:
        """Wait until nothing is left to be done; do what people do where a turn failed, and wait again."""
        async with asyncio.timeout(QUIET_WITHIN):
            while True:
                ledger = await self._until_quiet()
                failed = [(site, turns) for site in self._sites if (turns := site.failed(ledger))]
                if not failed:
                    return
                for site, turns in failed:
                    await self._ask_again(site, turns[-1], ledger)
                await asyncio.sleep(BETWEEN_PRESSES)

    async def _until_quiet(self) -> Ledger:
        wanted = {expected.number for site in self._sites for expected in site.asked}
        while True:
            await self.replicas.revive()
            ledger = self._ledger_or_none()
            if ledger is not None and ledger.has(wanted) and not ledger.unfinished and not self.world.undelivered:
                return ledger
            await asyncio.sleep(0.1)

    async def _ask_again(self, site: Site, turn: TurnRow, ledger: Ledger) -> None:
        """Press Retry under the chat's newest turn; write an older question anew, for there the button does nothing.

        Which is the newest says the database: deliveries come in another order. A press that nobody answers is made
        again with the next look.
        """
        number = number_of(turn.asked)
        assert number is not None
        assert turn.replies, f"question {number} failed ({turn.failure}) without a word"
        if turn.id == max(other.id for other in ledger.turns if other.chat == turn.chat):
            with suppress(NotPossible):
                await site.place.press(turn.replies[-1], texts.RETRY.english)
            return
        site.excuse(number)
        await self._ask(site, replace(self.model.asked[number], number=number + ANEW))

    def _ledger_or_none(self) -> Ledger | None:
        try:
            return read_ledger(self.url)
        except UNREADABLE:
            return None

    # -- what came of it

    def _judge(self, sites: list[Site]) -> int:
        """How many messages more nobody knows. Raises AssertionError for everything that is wrong."""
        ledger = read_ledger(self.url)
        verdicts = [(site.place.name, judge(site.case, ledger)) for site in sites]
        found = [f"{place}: {complaint}" for place, verdict in verdicts for complaint in verdict.complaints]
        if ledger.answers_of_no_turn:
            found.append(f"{ledger.answers_of_no_turn} stored answers belong to no turn")
        assert not found, "\n".join(found)
        return self._count({(place, message.id) for place, verdict in verdicts for message in verdict.orphans})

    def _count(self, orphans: set[tuple[str, str]]) -> int:
        new, allowed = orphans - self.orphans, self.troubles.damage.orphans
        assert len(new) <= allowed, f"messages that no turn knows: {len(new)}, where {allowed} can be explained"
        self.orphans |= new
        return len(new)

    def _report(self, plan: Round, error: BaseException) -> str:
        said = str(error) or type(error).__name__
        ledger = self._ledger_or_none()
        unfinished = "the database cannot be read" if ledger is None else str(ledger.unfinished)
        left = f"unfinished: {unfinished}; undelivered: {self.world.undelivered}"
        logs = [process.tail() for process in self.replicas.all[-4:]]
        again = f"--chaos-seed {self.seed} --chaos-rounds {plan.number}"
        return "\n".join([f"{said}\n({again})", str(plan), left, standing([site.case for site in self._sites]), *logs])


async def _later(at: float, make: Callable[[Mishap], Awaitable[None]], mishap: Mishap) -> None:
    await asyncio.sleep(at)
    await make(mishap)
