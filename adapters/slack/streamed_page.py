"""The page that grows as a native stream, and goes on as a message that is edited where it cannot be one any more."""

from enum import Enum, auto
from typing import Protocol

import structlog

from adapters.slack import blocks, budgets, markup
from adapters.slack.refusals import STREAMING, refused_for
from adapters.slack.streams import Streams
from bot.engine.budgets import Budgets
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
    StoppedByPerson,
)
from bot.engine.posts import Post

log = structlog.get_logger()

LONGEST = 12_000
"""Characters of a stream: more than a page has, and less than Slack takes (13,790 were measured)."""

END = "\n\n"
"""Behind an empty line nothing of a text is undecided any more."""

MOST_CONFLICTS = 2
"""How often a message may turn out to be a stream after all."""

STOPPED, OVER = "stopped_by_user", "message_not_in_streaming_state"


class Posting(Protocol):
    """What a page needs of the messenger once it is no stream."""

    async def send(
        self, key: ChatKey, post: Post, reply_to: str | None = None, mark: str | None = None
    ) -> MessageRef: ...

    async def update(self, ref: MessageRef, post: Post, mark: str | None = None) -> None: ...


class State(Enum):
    STREAM = auto()
    LEAVING = auto()
    """The stream has to be ended as it is, and then be edited."""
    MESSAGE = auto()


class StreamedPage:
    """Port `Page`: begun with chat.startStream, grown with what is new, ended with the rest and the buttons.

    Only what no later text can change is appended. Where the whole does not continue what stands there, or the stream
    has died, or an answer was lost (a second append could double the text), the message is edited to show the whole.
    A stream that becomes too old is ended before Slack does so, and goes on by edits in the same message: one message
    is better than two. It has no buttons before its end; Slack's own Stop is there meanwhile.

    The state changes in `show` alone, which then asks for another call: each spends what was asked for.
    """

    def __init__(
        self,
        messenger: Posting,
        streams: Streams,
        key: ChatKey,
        reply_to: str | None = None,
        mark: str | None = None,
        ref: MessageRef | None = None,
    ) -> None:
        self._messenger = messenger
        self._streams = streams
        self._key = key
        self._reply_to = reply_to
        self._mark = mark
        self.ref = ref
        self.unsure = False
        self._said = ""
        self._conflicts = 0
        self._state = State.STREAM
        if ref is not None:
            self._state = State.LEAVING if streams.is_open(ref) else State.MESSAGE

    def spends(self, last: bool) -> Budgets:
        if self.ref is None:
            begins = self._state is State.STREAM and not last
            return budgets.starts(self._key) if begins else budgets.posts(self._key)
        if self._state is State.MESSAGE:
            return budgets.updates(self._key)
        if self._state is State.LEAVING or last:
            return budgets.stops(self._key)
        return budgets.appends(self._key)

    def can_begin(self, post: Post) -> bool:
        return self.ref is not None or self._state is not State.STREAM or bool(markup.render_stream(post.text))

    async def show(self, post: Post, last: bool) -> bool:
        ref = self.ref
        if ref is None:
            return await (self._start(post) if self._state is State.STREAM and not last else self._send(post))
        if self._state is State.STREAM and self._ends_early(ref, last):
            return False
        if self._state is State.LEAVING:
            return await self._leave(ref)
        if self._state is State.MESSAGE:
            return await self._edit(ref, post)
        return await (self._end(ref, post) if last else self._append(ref, post))

    async def _start(self, post: Post) -> bool:
        text = markup.render_stream(post.text)
        if not text:
            return True
        try:
            self.ref = await self._streams.start(self._key, text, self._reply_to)
        except (RateLimited, PlaceGone):
            raise
        except PlatformUnavailable:
            self.unsure = True
            raise
        except DeliveryError as error:
            self._streams.note_refusal(self._key, error)
            self._state = State.MESSAGE
            return False
        self._said, self.unsure = text, False
        return True

    async def _send(self, post: Post) -> bool:
        self._state = State.MESSAGE
        try:
            self.ref = await self._messenger.send(self._key, post, self._reply_to, self._mark)
        except PlatformUnavailable:
            self.unsure = True
            raise
        return True

    async def _append(self, ref: MessageRef, post: Post) -> bool:
        text = markup.render_stream(post.text)
        if text == self._said:
            return True
        if not self._continues(text):
            self._state = State.LEAVING
            return False
        try:
            await self._streams.append(ref, text[len(self._said) :])
        except DeliveryError as error:
            return self._give_up(ref, error, State.LEAVING)
        self._said = text
        return True

    async def _end(self, ref: MessageRef, post: Post) -> bool:
        text = markup.render_stream(post.text + END)
        if not self._continues(text):
            self._state = State.LEAVING
            return False
        rest, rows = text[len(self._said) :], blocks.rows(post, blocks.MOST_BLOCKS)
        try:
            await self._streams.stop(ref, rest, rows, self._mark)
        except DeliveryError as error:
            return self._give_up(ref, error, State.MESSAGE)
        self._state = State.MESSAGE
        return True

    def _continues(self, text: str) -> bool:
        return text.startswith(self._said) and len(text) <= LONGEST

    def _ends_early(self, ref: MessageRef, last: bool) -> bool:
        """Whether the stream is over already, for a person has stopped it, or has to be ended before its last text."""
        if not self._streams.is_open(ref):
            self._state = State.MESSAGE
        elif self._streams.is_old(ref) and not last:
            self._state = State.LEAVING
        return self._state is not State.STREAM

    def _give_up(self, ref: MessageRef, error: DeliveryError, if_lost: State) -> bool:
        """Stream no more after such an error, and raise it where the engine has to know; always False.

        An append whose answer was lost must not be repeated: nobody knows whether its text stands there.
        """
        if isinstance(error, RateLimited | PlaceGone):
            raise error
        if isinstance(error, MessageGone) or refused_for(error, OVER, STOPPED):
            self._streams.note_over(ref)
            self._state = State.MESSAGE
        else:
            self._state = if_lost if isinstance(error, PlatformUnavailable) else State.LEAVING
        if refused_for(error, STOPPED):
            raise StoppedByPerson(str(error)) from error
        if isinstance(error, MessageGone | PlatformUnavailable):
            raise error
        log.debug("slack_stream_given_up", reason=str(error))
        return False

    async def _leave(self, ref: MessageRef) -> bool:
        try:
            await self._streams.leave(ref)
        except (RateLimited, PlaceGone, PlatformUnavailable):
            raise
        except DeliveryError as error:
            self._streams.note_over(ref)
            log.debug("slack_stream_over", reason=str(error))
            if isinstance(error, MessageGone):
                raise
        self._state = State.MESSAGE
        return False

    async def _edit(self, ref: MessageRef, post: Post) -> bool:
        try:
            await self._messenger.update(ref, post, self._mark)
        except PlatformRefused as error:
            self._conflicts += 1
            if not refused_for(error, STREAMING) or self._conflicts > MOST_CONFLICTS:
                raise
            self._state = State.LEAVING
            return False
        self._streams.note_over(ref)
        return True
