"""One turn, from the queue to the final text on the platform."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import structlog

from bot.engine import texts
from bot.engine.chats import Chat, ChatKey, MessageRef
from bot.engine.delivery import Delivery, end_task, pause_after
from bot.engine.errors import (
    ContextTooLong,
    DeliveryError,
    ModelError,
    PlaceGone,
    PlatformUnavailable,
    StorageUnavailable,
    TakenOver,
)
from bot.engine.languages import Sentence
from bot.engine.live_reply import Earlier, LiveReply, NotWanted, Rows
from bot.engine.outbox import Outbox
from bot.engine.ports import LLM, Claim, Clock, Meter, Storage, UnitOfWork
from bot.engine.posts import Action, Button
from bot.engine.prompt import build_prompt
from bot.engine.replies import Finish, ReplyEvent, TextDelta, Usage
from bot.engine.titles import Titler
from bot.engine.turns import Started, Turn, TurnStatus
from bot.engine.waiting import WaitingSigns

log = structlog.get_logger()
T = TypeVar("T")

HISTORY_TURNS = 200
"""Turns that are looked at for a prompt at most; the budget in tokens decides how many of them are used."""

CUT = "cut"
EMPTY = "empty"
UNDELIVERABLE = "undeliverable"
BROKEN = "broken"
LATE = "late"
INTERRUPTED = "interrupted"

SIGN_EARLY = 0.9
"""When a sign of work is shown again, as a share of the time that it lasts."""

MAX_TRIES = 3
"""How many workers may begin an answer; each that died or was stopped in the middle has used one up."""

MAX_AGE = 900.0
"""Seconds after which a question that nobody has answered yet gets an apology instead of a late surprise."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What the model is told before the question, and how many tokens of history go along."""

    instructions: str
    budget: int
    count: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the asking ended. `failure` is a ModelError's code, or one of those of this module."""

    status: TurnStatus
    text: str
    failure: str | None = None

    def note(self, language: str) -> str:
        """What stands under the text."""
        if self.status is TurnStatus.CANCELLED:
            return texts.STOPPED(language)
        if self.status is TurnStatus.FAILED:
            return texts.failure(self.failure, bool(self.text.strip()), language)
        return texts.CUT(language) if self.failure == CUT else ""


@dataclass(slots=True)
class Tally:
    """What one turn cost, for its line in the log."""

    started: float
    deltas: int = 0
    usage: Usage | None = None
    finish: Finish = field(default_factory=Finish)

    def count(self, event: ReplyEvent) -> None:
        if isinstance(event, TextDelta):
            self.deltas += 1
        elif isinstance(event, Usage):
            self.usage = event
        else:
            self.finish = event


class Answering:
    """Answers turns. Doing one twice does no harm: what is stored is shown, and the model is not asked again.

    `others` are the models that chats may prefer to `llm`, by name.
    """

    def __init__(
        self,
        llm: LLM,
        titler: Titler,
        storage: Storage,
        deliveries: Mapping[str, Delivery],
        clock: Clock,
        meter: Meter,
        memory: Memory,
        outbox: Outbox,
        signs: WaitingSigns,
        max_age: float = MAX_AGE,
        others: Mapping[str, LLM] | None = None,
    ) -> None:
        self._llm = llm
        self._others = others or {}
        self._titler = titler
        self._storage = storage
        self._deliveries = deliveries
        self._clock = clock
        self._meter = meter
        self._memory = memory
        self._outbox = outbox
        self._signs = signs
        self._max_age = max_age

    async def answer(self, claim: Claim) -> None:
        """Handle a claim of the queue. Cancelled in the middle, it stores what there is and the turn stays queued.

        Where another worker has the turn meanwhile, it ends without another word, here and on the platform.
        """
        try:
            await self._answer(claim)
        except TakenOver as error:
            log.warning("turn_taken_over", turn=claim.turn_id, reason=str(error))

    async def _answer(self, claim: Claim) -> None:
        async with self._storage() as work:
            started = await work.only(work.turns.start(claim.turn_id, HISTORY_TURNS))
        if started is None or started.turn.shown or await self._is_over(started.turn):
            return
        turn, chat = started.turn, started.chat
        self._signs.take_down(chat, turn)
        live = self._open_reply(chat, turn, claim)
        showing = asyncio.create_task(live.run(), name=f"reply-{turn.id}")
        try:
            await self._work(started, live, showing, claim.stop)
        except asyncio.CancelledError:
            await self._keep_partial(turn, live.text)
            raise
        finally:
            await end_task(showing)

    async def _is_over(self, turn: Turn) -> bool:
        """Whether another answer stands in this one's place, so that nothing of it is to be shown any more."""
        over = turn.status.ended and not turn.standing
        if over:
            await self._committed(turn, lambda work: work.only(work.turns.mark_shown(turn)))
        return over

    def _open_reply(self, chat: Chat, turn: Turn, claim: Claim) -> LiveReply:
        async def keep(replies: Sequence[str]) -> bool | None:
            return await self._save_replies(turn, replies)

        delivery = self._deliveries[chat.key.platform]
        rows = _button(texts.STOP, Action.STOP, turn)
        again = turn.tries > 1
        asked_again = again and self._outcome_without_model(turn) is None
        opening = texts.ONCE_MORE(turn.language) if asked_again else ""
        earlier = Earlier(turn.replies, unsure=again, opening=opening)
        mark, source = f"turn {turn.id}", turn.question.source
        return LiveReply(
            delivery,
            self._clock,
            chat.key,
            source,
            mark,
            earlier,
            rows,
            keep,
            claim.holds,
            claim.stop.set,
            turn.language,
        )

    async def _work(self, started: Started, live: LiveReply, showing: asyncio.Task[None], stop: asyncio.Event) -> None:
        turn, chat = started.turn, started.chat
        tally = Tally(self._clock.now())
        outcome = self._outcome_without_model(turn)
        if outcome is None and chat.gone:
            outcome = Outcome(TurnStatus.FAILED, turn.partial, UNDELIVERABLE)
        if outcome is None:
            outcome = await self._ask(started, live, showing, stop, tally)
        else:
            live.write(outcome.text)
        if await self._store(turn, outcome):
            rates = self._deliveries[chat.key.platform].messenger.takes_feedback
            live.finish(outcome.note(turn.language), _final_rows(started, outcome, rates))
            await self._until_shown(chat, turn, live, showing)
            await self._decorate(chat, self._deliveries[chat.key.platform].show_idle)
        else:
            await self._take_back(chat, turn, live, showing)
        if turn.status.ended:
            log.info("turn_shown_late", turn=turn.id, chat=chat.id, platform=chat.key.platform, calls=live.calls)
        else:
            self._report(chat, turn, live, outcome, tally)

    def _outcome_without_model(self, turn: Turn) -> Outcome | None:
        """How the turn ends, where the model need not or may not be asked (again)."""
        if turn.status.ended:
            return Outcome(turn.status, turn.answer.content if turn.answer else "", turn.failure)
        if turn.stopping:
            return Outcome(TurnStatus.CANCELLED, turn.partial)
        if turn.tries > MAX_TRIES:
            return Outcome(TurnStatus.FAILED, turn.partial, INTERRUPTED)
        if self._clock.now() - turn.created_at.timestamp() > self._max_age:
            return Outcome(TurnStatus.FAILED, turn.partial, LATE)
        return None

    async def _ask(
        self, started: Started, live: LiveReply, showing: asyncio.Task[None], stop: asyncio.Event, tally: Tally
    ) -> Outcome:
        """Let the model write until it ends, somebody stops it, or nothing can be shown any more.

        A platform that is only away gets the answer later, and the whole of it.
        """
        turn, chat = started.turn, started.chat
        if chat.title is None:
            self._titler.begin(chat, turn.question.content)
        reading = asyncio.create_task(self._read(started, live, tally), name=f"model-{turn.id}")
        stopping = asyncio.create_task(stop.wait(), name=f"stop-{turn.id}")
        working = asyncio.create_task(self._show_working(chat, live), name=f"working-{turn.id}")
        try:
            await asyncio.wait({reading, stopping, showing}, return_when=asyncio.FIRST_COMPLETED)
            if _is_away(showing):
                await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                return reading.result()
            if stopping.done():
                return Outcome(TurnStatus.CANCELLED, live.text)
            if isinstance(showing.exception(), TakenOver):
                showing.result()  # raises it: how the turn ends is its next worker's affair
            return Outcome(TurnStatus.FAILED, live.text, UNDELIVERABLE)
        finally:
            for task in (reading, stopping, working):
                await end_task(task)

    async def _show_working(self, chat: Chat, live: LiveReply) -> None:
        """Show a sign of work for as long as there is nothing else to see."""
        delivery = self._deliveries[chat.key.platform]
        while live.first_text_at is None:
            await self._decorate(chat, delivery.show_working)
            await self._clock.sleep(delivery.messenger.working_lasts * SIGN_EARLY)

    async def _decorate(self, chat: Chat, show: Callable[[ChatKey], Awaitable[None]]) -> None:
        """Show a sign of work or of its end; an answer does not fail because of it."""
        try:
            await show(chat.key)
        except DeliveryError as error:
            log.debug("sign_not_shown", chat=chat.id, error=type(error).__name__)

    async def _read(self, started: Started, live: LiveReply, tally: Tally) -> Outcome:
        turn = started.turn
        try:
            try:
                await self._stream(started, live, tally, self._memory.budget)
            except ContextTooLong:
                if live.text:
                    raise
                log.info("history_shortened", turn=turn.id)
                await self._stream(started, live, tally, self._memory.budget // 4)
        except ModelError as error:
            log.warning("model_failed", turn=turn.id, failure=error.code, error=str(error))
            return Outcome(TurnStatus.FAILED, live.text, error.code)
        except Exception:
            log.exception("answer_broken", turn=turn.id)
            return Outcome(TurnStatus.FAILED, live.text, BROKEN)
        if not texts.clean(live.text):
            return Outcome(TurnStatus.FAILED, "", EMPTY)
        return Outcome(TurnStatus.DONE, live.text, CUT if tally.finish.cut else None)

    async def _stream(self, started: Started, live: LiveReply, tally: Tally, budget: int) -> None:
        memory, question, wish = self._memory, started.turn.question, started.chat.preferences
        instructions = "\n\n".join(filter(None, (memory.instructions, wish.instructions)))
        prompt = build_prompt(instructions, started.history, question, budget, memory.count)
        async with aclosing(self._others.get(wish.model, self._llm).stream(prompt)) as events:
            async for event in events:
                tally.count(event)
                if isinstance(event, TextDelta):
                    live.write(event.text)

    async def _store(self, turn: Turn, outcome: Outcome) -> bool:
        """Store the final text before it is shown; False if the chat was deleted."""
        if turn.status.ended:
            return True

        async def end(work: UnitOfWork) -> bool:
            now = datetime.fromtimestamp(self._clock.now(), UTC)
            return await work.only(work.turns.end(turn, outcome.status, outcome.text, outcome.failure, now))

        return await self._committed(turn, end)

    async def _committed(self, turn: Turn, write: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Have it written and committed, however long the database takes."""
        tries = 0
        while True:
            try:
                async with self._storage() as work:
                    return await write(work)
            except StorageUnavailable as error:
                tries += 1
                log.warning("turn_not_stored_yet", turn=turn.id, tries=tries, reason=str(error))
                await self._clock.sleep(pause_after(tries))

    async def _until_shown(self, chat: Chat, turn: Turn, live: LiveReply, showing: asyncio.Task[None]) -> None:
        try:
            await showing
        except PlatformUnavailable:
            log.warning("answer_not_shown", turn=turn.id, platform=chat.key.platform)
            return
        except NotWanted:
            await self._take_back(chat, turn, live, showing)
            return
        except DeliveryError as error:
            log.warning("answer_undeliverable", turn=turn.id, platform=chat.key.platform, error=type(error).__name__)
            if isinstance(error, PlaceGone):
                await self._committed(turn, lambda work: work.only(work.chats.mark_gone(chat.id, gone=True)))
        if not live.unkept:
            await self._committed(turn, lambda work: work.only(work.turns.mark_shown(turn)))
        elif not await self._committed(turn, lambda work: _keep_and_mark(work, turn, live)):
            await self._take_back(chat, turn, live, showing)

    async def _take_back(self, chat: Chat, turn: Turn, live: LiveReply, showing: asyncio.Task[None]) -> None:
        """The chat was deleted while it was being answered: take away what was shown of the answer."""
        await end_task(showing)

        async def order(work: UnitOfWork) -> None:
            for reply in live.replies:
                await self._outbox.delete_post(work, MessageRef(chat.key, reply))
            await work.commit()

        await self._committed(turn, order)

    async def _save_replies(self, turn: Turn, replies: Sequence[str]) -> bool | None:
        """Store them; False if the turn was deleted, None where the database cannot say."""
        try:
            async with self._storage() as work:
                return await work.only(work.turns.save_replies(turn, replies))
        except StorageUnavailable:
            log.warning("replies_not_stored", turn=turn.id, exc_info=True)
            return None

    async def _keep_partial(self, turn: Turn, text: str) -> None:
        try:
            async with self._storage() as work:
                await work.only(work.turns.save_partial(turn, text))
        except StorageUnavailable:
            log.warning("partial_not_stored", turn=turn.id, exc_info=True)
        except TakenOver:
            log.debug("partial_not_wanted", turn=turn.id)

    def _report(self, chat: Chat, turn: Turn, live: LiveReply, outcome: Outcome, tally: Tally) -> None:
        now, platform = self._clock.now(), chat.key.platform
        self._meter.turn_ended(platform, outcome.status, now - tally.started)
        first = None if live.first_text_at is None else live.first_text_at - turn.created_at.timestamp()
        if first is not None:
            self._meter.first_text(platform, first)
        log.info(
            "turn_ended",
            turn=turn.id,
            chat=chat.id,
            platform=platform,
            status=str(outcome.status),
            failure=outcome.failure,
            seconds=round(now - tally.started, 2),
            first_text=None if first is None else round(first, 2),
            deltas=tally.deltas,
            calls=live.calls,
            tokens=tally.usage and (tally.usage.prompt + tally.usage.completion),
        )


async def _keep_and_mark(work: UnitOfWork, turn: Turn, live: LiveReply) -> bool:
    """Store the messages that the database missed, and that all stands; False if the turn was deleted."""
    stands = await work.turns.save_replies(turn, live.replies)
    await work.turns.mark_shown(turn)
    await work.commit()
    return stands


def _is_away(showing: asyncio.Task[None]) -> bool:
    """Whether the reply gave up on a platform that did not answer."""
    return showing.done() and not showing.cancelled() and isinstance(showing.exception(), PlatformUnavailable)


def _final_rows(started: Started, outcome: Outcome, rates: bool) -> Rows:
    """What stands under an answer that is over: a way to the others that the question has had, and to a new one.

    A whole one can be rated, where the platform has buttons for that.
    """
    turn, done = started.turn, outcome.status is TurnStatus.DONE
    [[again]] = _button(texts.ASK_AGAIN if done else texts.RETRY, Action.RETRY, turn)
    ways = (*_switches(turn, sorted((*started.others, turn.id))), again)
    return (ways, _rating(turn)) if rates and done else (ways,)


def _rating(turn: Turn) -> tuple[Button, ...]:
    language = turn.language
    return (
        Button(texts.GOOD_ANSWER(language), Action.GOOD, turn.id),
        Button(texts.BAD_ANSWER(language), Action.BAD, turn.id),
    )


def _switches(turn: Turn, variants: Sequence[int]) -> tuple[Button, ...]:
    """To the answers before and after this one, round in a circle."""
    if len(variants) == 1:
        return ()
    place = variants.index(turn.id)
    return (
        Button("‹", Action.STAND, variants[place - 1]),
        Button(f"{place + 1}/{len(variants)}", Action.STAND, turn.id),
        Button("›", Action.STAND, variants[(place + 1) % len(variants)]),
    )


def _button(label: Sentence, action: Action, turn: Turn) -> Rows:
    return ((Button(label(turn.language), action, turn.id),),)
