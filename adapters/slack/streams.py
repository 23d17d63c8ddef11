"""Native streams in one workspace: where a reply may be one, the calls, and which streams are open.

https://docs.slack.dev/reference/methods/chat.startStream. What is appended stays: nothing can be taken back before the
end. In a channel the asker alone sees a stream grow.
"""

from collections.abc import Sequence

import structlog

from adapters.slack import blocks
from adapters.slack.api import WebApi
from adapters.slack.config import Asker, Streaming
from adapters.slack.refusals import THREAD_GONE, refused_for
from adapters.slack.sessions import Sessions
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import DeliveryError
from bot.engine.ports import Clock
from bot.engine.recent import Recent

log = structlog.get_logger()

LONGEST_LIFE = 270.0
"""Seconds after which a stream is ended by us: Slack closes it after 300, appends or not, and marks it as failed."""

ASK_AGAIN_AFTER = 3600.0
"""Seconds until streams are tried again where Slack has refused one."""

EVERYWHERE = ""

_OFF_EVERYWHERE = (
    "access_denied",
    "deprecated_endpoint",
    "feature_disabled",
    "feature_not_enabled",
    "method_deprecated",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "unknown_method",
)
_OF_THIS_TEXT = (
    "invalid_arguments",
    "invalid_blocks",
    "message_limit_exceeded",
    "messaging_processing_failed",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
)


class Streams:
    """The streams of one app in one workspace. Calls raise a DeliveryError."""

    def __init__(self, api: WebApi, sessions: Sessions, clock: Clock, mode: Streaming) -> None:
        self._api = api
        self._sessions = sessions
        self._clock = clock
        self._mode = mode
        self._askers: Recent[MessageRef, Asker] = Recent()
        self._off: Recent[str, float] = Recent()
        self._open: Recent[tuple[str, str], float] = Recent()

    def suit(self, key: ChatKey) -> bool:
        """Whether a reply at this place may grow as a stream: in a channel only where it is known who asked."""
        if self._mode == "edit" or not key.thread or self._is_off(EVERYWHERE) or self._is_off(key.channel):
            return False
        return _is_direct(key) or (self._mode == "native" and _last_in(key) in self._askers)

    def note_asker(self, ref: MessageRef, asker: Asker) -> None:
        """Remember who wrote the message, and who wrote in its thread last."""
        if self._mode == "native" and not _is_direct(ref.key):
            self._askers.note(ref, asker)
            self._askers.note(_last_in(ref.key), asker)

    async def start(self, key: ChatKey, text: str, question: str | None) -> MessageRef:
        """Begin a stream in the thread; it sets the thread's session to "processing"."""
        asker = self._askers.get(MessageRef(key, question or "")) or self._askers.get(_last_in(key))
        to = {} if asker is None else {"recipient_user_id": asker.user, "recipient_team_id": asker.team}
        answer = await self._api.call(
            "chat.startStream", channel=key.channel, thread_ts=key.thread, markdown_text=text, **to
        )
        ref = MessageRef(key, str(answer["ts"]))
        self.note_open(ref)
        self._sessions.begun(key)
        return ref

    async def append(self, ref: MessageRef, text: str) -> None:
        await self._api.call("chat.appendStream", **_place(ref), markdown_text=text)

    async def stop(self, ref: MessageRef, text: str, rows: Sequence[blocks.Block], mark: str | None) -> None:
        """End it with what is left to say, buttons and the mark that it is found by; the session is "active" then."""
        said = {"markdown_text": text} if text else {}
        shown = {"blocks": list(rows)} if rows else {}
        await self._api.call("chat.stopStream", **_place(ref), **said, **shown, **blocks.marked(mark))
        self.note_over(ref)
        self._sessions.ended(ref.key)

    async def leave(self, ref: MessageRef) -> None:
        """End it as it is, while the answer goes on otherwise: Slack's own Stop shall stay."""
        status = {"session_status": "processing"} if self._sessions.is_processing(ref.key) else {}
        await self._api.call("chat.stopStream", **_place(ref), **status)
        self.note_over(ref)

    def note_open(self, ref: MessageRef) -> None:
        """Take note that a stream is open; one that was only found may be older than this."""
        self._open.note((ref.key.channel, ref.id), self._clock.now())

    def note_over(self, ref: MessageRef) -> None:
        """Take note that a stream is open no more, whoever has ended it."""
        self._open.forget((ref.key.channel, ref.id))

    def is_open(self, ref: MessageRef) -> bool:
        """Whether we have begun or found it, and know of no end. Of streams of other processes nothing is known."""
        return (ref.key.channel, ref.id) in self._open

    def is_old(self, ref: MessageRef) -> bool:
        """Whether it has to be ended before Slack does so."""
        since = self._open.get((ref.key.channel, ref.id))
        return since is not None and self._clock.now() >= since + LONGEST_LIFE

    def note_refusal(self, key: ChatKey, error: DeliveryError) -> None:
        """Try no more streams for an hour where Slack took none: in the workspace, or in this place."""
        if refused_for(error, *_OF_THIS_TEXT, *THREAD_GONE):
            return
        place = EVERYWHERE if refused_for(error, *_OFF_EVERYWHERE) else key.channel
        self._off.note(place, self._clock.now() + ASK_AGAIN_AFTER)
        log.warning("slack_streams_off", place=place or "everywhere", reason=str(error))

    def _is_off(self, place: str) -> bool:
        until = self._off.get(place)
        return until is not None and self._clock.now() < until


def _is_direct(key: ChatKey) -> bool:
    """Whether this is a conversation with one person: Slack's ids of those begin with D."""
    return key.channel.startswith("D")


def _last_in(key: ChatKey) -> MessageRef:
    """What stands for the last message of a thread, whichever that is."""
    return MessageRef(key, "")


def _place(ref: MessageRef) -> dict[str, str]:
    return {"channel": ref.key.channel, "ts": ref.id}
