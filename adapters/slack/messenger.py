"""The outgoing half: posts, edits and deletes messages, and opens the pages on which replies grow."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import structlog

from adapters.markdown.split import split
from adapters.slack import blocks, budgets, markup
from adapters.slack.api import Answer, WebApi
from adapters.slack.config import PLATFORM, Asker, Identity, Streaming
from adapters.slack.files import Files, file_in, is_file
from adapters.slack.refusals import MARKUP_REFUSED, NOT_DELETABLE, STREAMING, THREAD_GONE, refused_for
from adapters.slack.sessions import LINE_LASTS, Sessions
from adapters.slack.side_calls import SideCalls
from adapters.slack.streamed_page import StreamedPage
from adapters.slack.streams import Streams
from bot.engine import texts
from bot.engine.budgets import Budgets, Way
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import MessageGone, PlatformRefused, RateLimited
from bot.engine.pages import EditedPage
from bot.engine.ports import Clock, Kind, Page
from bot.engine.posts import Post
from bot.engine.recent import Recent

log = structlog.get_logger()

T = TypeVar("T")

POST = "chat.postMessage"
MOST_LOOKED_AT = 200
WAITING = "hourglass_flowing_sand"


PATIENCE_FOR_ROOT = 1.5
"""Seconds that the first message of a thread may wait for room: who asked for it waits three in all."""


class SlackMessenger:
    """Port Messenger for one workspace."""

    def __init__(self, api: WebApi, clock: Clock, side_calls: SideCalls, streaming: Streaming = "auto") -> None:
        self._api = api
        self._side_calls = side_calls
        self._sessions = Sessions(api, side_calls, clock)
        self._files = Files(api, side_calls, clock)
        self._streams = Streams(api, self._sessions, clock, streaming)
        self._me: Identity | None = None
        self._plain: Recent[str, bool] = Recent()
        self._outside: Recent[str, bool] = Recent()
        self._lost_threads: Recent[ChatKey, bool] = Recent()

    def know(self, me: Identity) -> None:
        """Take in who we are, once Slack has said so; links need the workspace's address."""
        self._me = me
        self._side_calls.know(me.team)

    @property
    def platform(self) -> str:
        return PLATFORM

    def budgets(self, key: ChatKey, kind: Kind) -> Budgets:
        if kind in (Kind.WORKING, Kind.IDLE):
            return self._sessions.spend(key, kind)
        return budgets.of_kind(key, kind)

    @property
    def takes_feedback(self) -> bool:
        return True

    def holds_chats(self, key: ChatKey) -> bool:
        """Only a thread does."""
        return bool(key.thread)

    def opens_places(self, key: ChatKey) -> bool:
        """A thread begins with a message, which may be ours."""
        return True

    def ways(self, key: ChatKey) -> Sequence[Way]:
        edits, streams = budgets.by_edits(key), self._streams.suit(key) and key not in self._lost_threads
        return [budgets.by_stream(key), edits] if streams else [edits]

    def page(self, key: ChatKey, way: Way, reply_to: str | None = None, mark: str | None = None) -> Page:
        if way == budgets.by_stream(key):
            return StreamedPage(self, self._streams, key, reply_to, mark)
        return EditedPage(self, key, reply_to, mark)

    def page_of(self, ref: MessageRef) -> Page:
        """The message's page. Who died may have left it a stream, and its session "processing"."""
        self._sessions.begun(ref.key)
        return StreamedPage(self, self._streams, ref.key, ref=ref)

    def split(self, markdown: str, tightness: int = 0) -> tuple[str, str]:
        most = markup.MOST_CHARACTERS >> tightness
        return split(markdown, (lambda text: len(markup.render(text)) <= most) if tightness else markup.fits)

    async def send(self, key: ChatKey, post: Post, reply_to: str | None = None, mark: str | None = None) -> MessageRef:
        """Post in the thread, or in the channel where the thread is gone; a reply needs no quoting there.

        Edits leave the mark, which is metadata, as it is. Links do not unfurl: an address made by a prompt injection
        would carry data out.
        """
        if not key.thread:
            return await self._send(key, post, mark)
        if key in self._lost_threads:
            return await self._send_outside(key, post, mark)
        try:
            return await self._send(key, post, mark, thread_ts=key.thread)
        except PlatformRefused as error:
            if not refused_for(error, *THREAD_GONE):
                raise
            log.warning("slack_thread_gone", reason=str(error))
        self._lost_threads.note(key, True)
        return await self._again(POST, key, partial(self._send_outside, key, post, mark))

    async def send_file(
        self, key: ChatKey, name: str, content: bytes, comment: str, reply_to: str | None = None
    ) -> MessageRef:
        """Share it in the thread, and nowhere else: where that is gone, the channel need not see the whole chat."""
        return await self._files.send(key, name, content, comment)

    async def find(self, key: ChatKey, mark: str, after: str | None) -> MessageRef | None:
        """Read what stands in the thread since then; one call, which Slack answers with 1,000 messages at most.

        A stream carries no mark before its end: so one of ours that still grows is taken for it. Apps that are
        distributed outside Slack's Marketplace get 15 messages, and may ask once a minute. Where Slack refuses to be
        read, nothing is found.
        """
        if not key.thread:
            return None
        try:
            messages = await self._replies(key, after)
        except (PlatformRefused, MessageGone) as error:
            log.warning("slack_thread_not_read", reason=str(error))
            return None
        marked = next((message for message in messages if blocks.carries(message, mark)), None)
        found = marked or next((message for message in messages if self._grows(message)), None)
        if found is None:
            return None
        ref = MessageRef(key, str(found["ts"]))
        if found is not marked:
            self._streams.note_open(ref)
        return ref

    async def edit(self, ref: MessageRef, post: Post) -> None:
        """Show this instead; a stream that is open still is ended before."""
        try:
            await self.update(ref, post)
        except PlatformRefused as error:
            if not refused_for(error, STREAMING):
                raise
            await self._streams.leave(ref)
            await self.update(ref, post)

    async def update(self, ref: MessageRef, post: Post, mark: str | None = None) -> None:
        """Show this instead, with the mark if it may have none; raises PlatformRefused where the message is a stream.

        `parse` must be said again: here its default makes links and mentions of plain words.
        """
        shown = _outside(post) if ref.id in self._outside else post
        arguments = {
            "channel": ref.key.channel,
            "ts": ref.id,
            "parse": "none",
            "link_names": False,
            **blocks.marked(mark),
        }
        await self._show("chat.update", ref.key, shown, arguments)

    async def delete(self, ref: MessageRef) -> None:
        """Take it away; a stream that is open still is ended before."""
        if is_file(ref):
            await self._delete_file(ref)
            return
        if self._streams.is_open(ref):
            await self._end_stream(ref)
        try:
            await self._delete(ref)
        except MessageGone as error:
            if not refused_for(error, NOT_DELETABLE) or not await self._end_stream(ref):
                raise
            await self._delete(ref)

    @property
    def working_lasts(self) -> float:
        return LINE_LASTS

    async def show_working(self, key: ChatKey) -> None:
        await self._sessions.show_working(key)

    async def show_idle(self, key: ChatKey) -> None:
        await self._sessions.show_idle(key)

    async def show_waiting(self, ref: MessageRef, waiting: bool) -> None:
        """An hourglass at the message, as a reaction."""
        method = "reactions.add" if waiting else "reactions.remove"
        try:
            await self._api.call(method, channel=ref.key.channel, timestamp=ref.id, name=WAITING)
        except PlatformRefused as error:
            if not refused_for(error, "already_reacted", "no_reaction"):
                raise

    async def show_title(self, key: ChatKey, title: str) -> None:
        await self._sessions.show_title(key, title)

    async def whisper(self, key: ChatKey, person: str, sentence: str) -> None:
        """Tell one person something in the place; nobody else sees it and Slack does not keep it."""
        await self._api.call(
            "chat.postEphemeral",
            channel=key.channel,
            user=person,
            **_thread(key),
            text=markup.escape(sentence),
            parse="none",
        )

    async def new_place(self, key: ChatKey, title: str) -> ChatKey | None:
        """Begin a thread, in the channel or in the Messages tab of the person whose id stands for it."""
        channel = key.channel
        if channel[:1] in ("U", "W"):
            opened = await self._api.call("conversations.open", users=channel)
            channel = str(opened["channel"]["id"])
        there = ChatKey(key.platform, key.workspace, channel)
        begin = partial(self.send, there, Post(f"**{texts.escape(title)}**"))
        room = budgets.in_channel(there)
        root = await self._side_calls.make("chat.postMessage", begin, PATIENCE_FOR_ROOT, room)
        return ChatKey(key.platform, key.workspace, channel, root.id)

    def opening(self, key: ChatKey) -> str | None:
        """The thread's first message."""
        return key.thread or None

    @property
    def threads(self) -> bool:
        return True

    def thread_of(self, ref: MessageRef) -> ChatKey:
        return replace(ref.key, thread=ref.id)

    def link(self, key: ChatKey) -> str | None:
        """The permalink, put together as chat.getPermalink does, without asking."""
        if self._me is None:
            return None
        place = f"{self._me.url}archives/{key.channel}"
        if not key.thread:
            return place
        return f"{place}/p{key.thread.replace('.', '')}?thread_ts={key.thread}&cid={key.channel}"

    def note_asker(self, ref: MessageRef, asker: Asker) -> None:
        """Remember who wrote a message to us: a stream in a channel is shown to that person."""
        self._streams.note_asker(ref, asker)

    def note_over(self, key: ChatKey, streams: Sequence[str]) -> None:
        """Take note that Slack's own Stop has ended these streams."""
        for ts in streams:
            self._streams.note_over(MessageRef(key, ts))

    async def end_session(self, key: ChatKey) -> None:
        """Take "processing" away, as Slack asks for after its own Stop."""
        await self._side_calls.make("agents.sessions.setStatus", lambda: self._sessions.end(key))

    async def _send(self, key: ChatKey, post: Post, mark: str | None, **thread: str) -> MessageRef:
        links = {"unfurl_links": False, "unfurl_media": False, "parse": "none"}
        arguments = {"channel": key.channel, **thread, **links, **blocks.marked(mark)}
        answer = await self._show(POST, key, post, arguments)
        return MessageRef(key, str(answer["ts"]))

    async def _send_outside(self, key: ChatKey, post: Post, mark: str | None) -> MessageRef:
        ref = await self._send(key, _outside(post), mark)
        self._outside.note(ref.id, True)
        return ref

    async def _show(self, method: str, key: ChatKey, post: Post, arguments: dict[str, Any]) -> Answer:
        """Show the post; where Slack refuses the markup, as plain text, and that message so from then on."""
        plainly = partial(self._api.call, method, **arguments, **blocks.plain(post))
        if arguments.get("ts", "") in self._plain:
            return await plainly()
        try:
            return await self._api.call(method, **arguments, **blocks.message(post))
        except PlatformRefused as error:
            if not refused_for(error, *MARKUP_REFUSED):
                raise
            log.warning("slack_markup_refused", reason=str(error))
        answer = await self._again(method, key, plainly)
        self._plain.note(str(arguments.get("ts") or answer["ts"]), True)
        return answer

    async def _again(self, method: str, key: ChatKey, call: Callable[[], Awaitable[T]]) -> T:
        """Make another call in place of one that was refused: that one has spent what it was given."""
        return await self._side_calls.make(method, call, further=budgets.in_channel(key) if method == POST else ())

    async def _delete(self, ref: MessageRef) -> None:
        await self._api.call("chat.delete", channel=ref.key.channel, ts=ref.id)

    async def _delete_file(self, ref: MessageRef) -> None:
        """Delete the file, which leaves a gravestone in the message that shows it, and that message with it.

        It may be done again: where the file is gone already, the message may not be.
        """
        with suppress(MessageGone):
            await self._files.delete(ref)
        file, since = file_in(ref)
        shown = [str(message["ts"]) for message in await self._replies(ref.key, since) if _shows(message, file)]
        if not shown:
            raise MessageGone(f"no message shows the file {file}")
        for ts in shown:
            await self._delete(MessageRef(ref.key, ts))

    async def _end_stream(self, ref: MessageRef) -> bool:
        """End it as it is; False where it is none any more."""
        try:
            await self._streams.leave(ref)
        except (PlatformRefused, MessageGone) as error:
            self._streams.note_over(ref)
            log.debug("slack_stream_over", reason=str(error))
            return False
        return True

    async def _replies(self, key: ChatKey, after: str | None) -> list[dict[str, Any]]:
        since = {"oldest": after} if after else {}
        place = {"channel": key.channel, "ts": key.thread, "include_all_metadata": True, "limit": MOST_LOOKED_AT}
        method = "conversations.replies"
        answer = None
        while answer is None:
            with suppress(RateLimited):  # the method waits by its own budgets: whoever posts need not
                answer = await self._side_calls.make(method, lambda: self._api.read(method, **place, **since))
        return [message for message in answer.get("messages", []) if isinstance(message, dict)]

    def _grows(self, message: dict[str, Any]) -> bool:
        """Whether it is a stream of ours that nobody has ended; Slack's events show those without their text."""
        ours = self._me is not None and message.get("user") == self._me.user
        is_blank = not (message.get("text") or message.get("blocks") or message.get("metadata"))
        return ours and message.get("streaming_state", "in_progress" if is_blank else "") == "in_progress"


def _shows(message: dict[str, Any], file: str) -> bool:
    return any(isinstance(shown, dict) and shown.get("id") == file for shown in message.get("files") or ())


def _outside(post: Post) -> Post:
    return replace(post, text=f"{texts.THREAD_GONE(post.language)}\n\n{post.text}")


def _thread(key: ChatKey) -> dict[str, Any]:
    return {"thread_ts": key.thread} if key.thread else {}
