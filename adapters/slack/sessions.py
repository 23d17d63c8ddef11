"""Agent sessions, and the line under a thread: what Slack shows of a chat beside its messages.

https://docs.slack.dev/ai/agent-sessions; paid plans have sessions, where they are switched on.
"""

from functools import partial

import structlog

from adapters.slack import budgets
from adapters.slack.api import WebApi
from adapters.slack.refusals import refused_for
from adapters.slack.side_calls import SideCalls
from bot.engine.budgets import Budgets
from bot.engine.chats import ChatKey
from bot.engine.errors import DeliveryError, PlatformRefused, PlatformUnavailable, RateLimited
from bot.engine.ports import Clock, Kind
from bot.engine.recent import Recent

log = structlog.get_logger()

WORKING = "is thinking…"
LINE_LASTS = 120.0
"""Seconds after which Slack takes the line away."""

PROCESSING_LASTS = 3600.0
"""Seconds after which Slack sets a session back by itself."""

PATIENCE = 2.0
"""Seconds after which a session is not worth setting any more."""

LONGEST_TITLE = 200
ASK_AGAIN_AFTER = 3600.0
"""Seconds until a workspace without agent sessions is asked for them again."""

_NO_SESSION_YET = ("session_not_found", "not_authorized")
_NO_SESSIONS = ("feature_disabled", "unknown_method", "missing_scope")


class Sessions:
    """The sessions of one workspace; `processing` are those that we have set so and nobody has set back."""

    def __init__(self, api: WebApi, side_calls: SideCalls, clock: Clock) -> None:
        self._api = api
        self._side_calls = side_calls
        self._clock = clock
        self._processing: Recent[ChatKey, float] = Recent()
        self._off_until = 0.0

    def spend(self, key: ChatKey, kind: Kind) -> Budgets:
        """What a sign of work, or of its end, spends now: nothing where there is nothing to be set."""
        called = bool(key.thread) and (kind is Kind.WORKING or self.is_processing(key))
        return budgets.of_kind(key, kind) if called else budgets.nothing(key)

    def is_processing(self, key: ChatKey) -> bool:
        """Whether we have set the session so, or a stream of ours has."""
        since = self._processing.get(key)
        return since is not None and self._clock.now() < since + PROCESSING_LASTS

    async def show_working(self, key: ChatKey) -> None:
        """The line "… is thinking" under the thread, and Slack's own Stop where the workspace has agent sessions.

        Slack takes the line away with the next message, or after 2 minutes, and Stop when the session is not
        "processing" any more. The line costs little, and can be shown often; of sessions Slack takes fewer. It is
        decoration: where it fails, nothing happens. Raises RateLimited only.
        """
        if not key.thread:
            return
        try:
            await self._api.call(
                "assistant.threads.setStatus", channel_id=key.channel, thread_ts=key.thread, status=WORKING
            )
        except RateLimited:
            raise
        except DeliveryError as error:
            log.debug("slack_status_not_shown", reason=str(error))
        if not self.is_processing(key):
            await self._begin(key)

    async def show_idle(self, key: ChatKey) -> None:
        """Take "processing" away where we have set it, and no stream has taken it back. Raises RateLimited only."""
        if self.is_processing(key):
            await self.end(key)

    async def end(self, key: ChatKey) -> None:
        """Take "processing" away, whoever set it: Slack asks for that after its own Stop."""
        self.ended(key)
        try:
            if not await self._set(key, "active") and not self.is_processing(key):  # it is no other turn's by now
                await self._end_again(key)
        except RateLimited:
            self.begun(key)
            raise

    def begun(self, key: ChatKey) -> None:
        """Take note: the session is "processing"; a stream sets it so when it starts …"""
        if not self._are_off:
            self._processing.note(key, self._clock.now())

    def ended(self, key: ChatKey) -> None:
        """… and sets it back when it stops."""
        self._processing.forget(key)

    async def show_title(self, key: ChatKey, title: str) -> None:
        """Name the thread's agent session, where the workspace has sessions."""
        if not key.thread or self._are_off:
            return
        try:
            await self._rename(key, title[:LONGEST_TITLE])
        except PlatformRefused as error:
            self._note_refusal(error)
            log.debug("slack_title_not_shown", reason=str(error))

    @property
    def _are_off(self) -> bool:
        return self._clock.now() < self._off_until

    async def _rename(self, key: ChatKey, title: str) -> None:
        """Rename the session; make it first where there is none. (setStatus would cut a title near 80 characters.)

        One that is there keeps its state: a title comes while the answer is being written, and Stop shall stay.
        """
        try:
            await self._api.call("agents.sessions.rename", **_place(key), title=title)
        except PlatformRefused as error:
            if not refused_for(error, *_NO_SESSION_YET):
                raise
            active = partial(self._api.call, "agents.sessions.setStatus", **_place(key), status="active")
            await self._side_calls.make("agents.sessions.setStatus", active, PATIENCE)
            rename = partial(self._api.call, "agents.sessions.rename", **_place(key), title=title)
            await self._side_calls.make("agents.sessions.rename", rename, PATIENCE)

    async def _begin(self, key: ChatKey) -> None:
        """Set it to "processing" where there is room for that, and for setting it back."""
        self.begun(key)  # before it is: the turn may end, and cancel this, while the call is on its way
        try:
            await self._side_calls.make(
                "agents.sessions.setStatus", partial(self._set, key, "processing"), PATIENCE, budgets.begun(key)
            )
        except RateLimited as limited:
            self.ended(key)
            log.debug("slack_session_not_set", status="processing", reason=str(limited))

    async def _end_again(self, key: ChatKey) -> None:
        """Once more where the answer was lost; then it is left to the next turn."""
        end = partial(self._set, key, "active")
        try:
            stands = await self._side_calls.make("agents.sessions.setStatus", end, PATIENCE)
        except RateLimited:  # the ledger knows
            stands = False
        if not stands:
            self.begun(key)

    async def _set(self, key: ChatKey, status: str) -> bool:
        """Whether Slack has answered."""
        if not key.thread or self._are_off:
            return True
        try:
            await self._api.call("agents.sessions.setStatus", **_place(key), status=status)
        except RateLimited:
            raise
        except DeliveryError as error:
            if isinstance(error, PlatformRefused):
                self.ended(key)
                self._note_refusal(error)
            log.debug("slack_session_not_set", status=status, reason=str(error))
            return not isinstance(error, PlatformUnavailable)
        return True

    def _note_refusal(self, error: PlatformRefused) -> None:
        if refused_for(error, *_NO_SESSIONS):
            self._off_until = self._clock.now() + ASK_AGAIN_AFTER


def _place(key: ChatKey) -> dict[str, str]:
    return {"channel_id": key.channel, "thread_ts": key.thread}
