"""The outgoing half: posts, edits and deletes messages, and shows titles."""

from collections.abc import Sequence
from typing import Any

import structlog

from adapters.markdown.split import split
from adapters.slack import blocks, budgets, markup
from adapters.slack.api import WebApi
from adapters.slack.config import PLATFORM, Identity
from adapters.slack.refusals import refused_for
from bot.engine.budgets import Budgets, Way
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import DeliveryError, MessageGone, PlatformRefused
from bot.engine.pages import EditedPage
from bot.engine.ports import Clock, Kind, Page
from bot.engine.posts import Post

log = structlog.get_logger()

WORKING = "is thinking…"
METADATA = "threadline_reply"
MOST_LOOKED_AT = 200
WAITING = "hourglass_flowing_sand"
LONGEST_TITLE = 200
ASK_AGAIN_AFTER = 3600.0
"""Seconds until a workspace without agent sessions is asked for them again."""

_NO_SESSION_YET = ("session_not_found", "not_authorized")
_NO_SESSIONS = ("feature_disabled", "unknown_method", "missing_scope")


class SlackMessenger:
    """Port Messenger for one workspace."""

    def __init__(self, api: WebApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._me: Identity | None = None
        self._sessions_off_until = 0.0

    def know(self, me: Identity) -> None:
        """Take in who we are, once Slack has said so; links need the workspace's address."""
        self._me = me

    @property
    def platform(self) -> str:
        return PLATFORM

    def budgets(self, key: ChatKey, kind: Kind) -> Budgets:
        return budgets.of_kind(key, kind)

    def opens_places(self, key: ChatKey) -> bool:
        """False: only a person's message begins a thread."""
        return False

    def ways(self, key: ChatKey) -> Sequence[Way]:
        return [Way("edit", budgets.posts(key), budgets.updates(key), budgets.updates(key))]

    def page(self, key: ChatKey, way: Way, reply_to: str | None = None, mark: str | None = None) -> Page:
        return EditedPage(self, key, reply_to, mark)

    def page_of(self, ref: MessageRef) -> Page:
        return EditedPage(self, ref.key, ref=ref)

    def split(self, markdown: str, tightness: int = 0) -> tuple[str, str]:
        return split(markdown, markup.fits)

    async def send(self, key: ChatKey, post: Post, reply_to: str | None = None, mark: str | None = None) -> MessageRef:
        """Post in the thread; a reply needs no quoting there. Edits leave the mark, which is metadata, as it is.

        Links do not unfurl: an address made by a prompt injection would carry data out.
        """
        answer = await self._api.call(
            "chat.postMessage",
            channel=key.channel,
            **_thread(key),
            **blocks.message(post),
            unfurl_links=False,
            unfurl_media=False,
            parse="none",
            **_marked(mark),
        )
        return MessageRef(key, str(answer["ts"]))

    async def find(self, key: ChatKey, mark: str, after: str | None) -> MessageRef | None:
        """Read what stands in the thread since then; one call, which Slack answers with 1,000 messages at most.

        Apps that are distributed outside Slack's Marketplace get 15, and may ask once a minute. Where Slack refuses to
        be read, nothing is found.
        """
        if not key.thread:
            return None
        since = {"oldest": after} if after else {}
        try:
            answer = await self._api.read(
                "conversations.replies",
                channel=key.channel,
                ts=key.thread,
                include_all_metadata=True,
                limit=MOST_LOOKED_AT,
                **since,
            )
        except (PlatformRefused, MessageGone) as error:
            log.warning("slack_thread_not_read", reason=str(error))
            return None
        return next((MessageRef(key, str(m["ts"])) for m in answer.get("messages", []) if _carries(m, mark)), None)

    async def edit(self, ref: MessageRef, post: Post) -> None:
        """Show this instead. `parse` must be said again: here its default makes links and mentions of plain words."""
        await self._api.call(
            "chat.update", channel=ref.key.channel, ts=ref.id, **blocks.message(post), parse="none", link_names=False
        )

    async def delete(self, ref: MessageRef) -> None:
        await self._api.call("chat.delete", channel=ref.key.channel, ts=ref.id)

    @property
    def working_lasts(self) -> float:
        """Slack takes its line away after 2 minutes."""
        return 120.0

    async def show_working(self, key: ChatKey) -> None:
        """The line "… is thinking" under the thread, and Slack's own Stop where the workspace has agent sessions.

        Slack takes the line away with the next message, or after 2 minutes, and Stop when the session is not
        "processing" any more. It is decoration: where it fails, nothing happens.
        """
        if not key.thread:
            return
        try:
            await self._api.call(
                "assistant.threads.setStatus", channel_id=key.channel, thread_ts=key.thread, status=WORKING
            )
        except DeliveryError as error:
            log.debug("slack_status_not_shown", reason=str(error))
        await self._set_session(key, "processing")

    async def show_waiting(self, ref: MessageRef, waiting: bool) -> None:
        """An hourglass at the message, as a reaction."""
        method = "reactions.add" if waiting else "reactions.remove"
        try:
            await self._api.call(method, channel=ref.key.channel, timestamp=ref.id, name=WAITING)
        except PlatformRefused as error:
            if not refused_for(error, "already_reacted", "no_reaction"):
                raise

    async def show_title(self, key: ChatKey, title: str) -> None:
        """Name the thread's agent session, where the workspace has sessions (paid plans, and switched on)."""
        if not key.thread or self._clock.now() < self._sessions_off_until:
            return
        try:
            await self._rename_session(key, title[:LONGEST_TITLE])
        except PlatformRefused as error:
            self._note_no_sessions(error)
            log.debug("slack_title_not_shown", reason=str(error))

    async def show_idle(self, key: ChatKey) -> None:
        """Take the session's "processing" away, as Slack asks for after its own Stop, too. Failures do no harm."""
        await self._set_session(key, "active")

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
        """None: only a person's message begins a thread."""
        return None

    def link(self, key: ChatKey) -> str | None:
        """The permalink, put together as chat.getPermalink does, without asking."""
        if self._me is None:
            return None
        place = f"{self._me.url}archives/{key.channel}"
        if not key.thread:
            return place
        return f"{place}/p{key.thread.replace('.', '')}?thread_ts={key.thread}&cid={key.channel}"

    async def _rename_session(self, key: ChatKey, title: str) -> None:
        """Rename the session; make it first where there is none. (setStatus would cut a title near 80 characters.)

        One that is there keeps its state: a title comes while the answer is being written, and Stop shall stay.
        """
        try:
            await self._api.call("agents.sessions.rename", **_session(key), title=title)
        except PlatformRefused as error:
            if not refused_for(error, *_NO_SESSION_YET):
                raise
            await self._api.call("agents.sessions.setStatus", **_session(key), status="active")
            await self._api.call("agents.sessions.rename", **_session(key), title=title)

    async def _set_session(self, key: ChatKey, status: str) -> None:
        if not key.thread or self._clock.now() < self._sessions_off_until:
            return
        try:
            await self._api.call("agents.sessions.setStatus", **_session(key), status=status)
        except DeliveryError as error:
            if isinstance(error, PlatformRefused):
                self._note_no_sessions(error)
            log.debug("slack_session_not_set", status=status, reason=str(error))

    def _note_no_sessions(self, error: PlatformRefused) -> None:
        if refused_for(error, *_NO_SESSIONS):
            self._sessions_off_until = self._clock.now() + ASK_AGAIN_AFTER


def _marked(mark: str | None) -> dict[str, Any]:
    return {} if mark is None else {"metadata": {"event_type": METADATA, "event_payload": {"mark": mark}}}


def _carries(message: dict[str, Any], mark: str) -> bool:
    metadata = message.get("metadata") or {}
    return metadata.get("event_type") == METADATA and (metadata.get("event_payload") or {}).get("mark") == mark


def _thread(key: ChatKey) -> dict[str, Any]:
    return {"thread_ts": key.thread} if key.thread else {}


def _session(key: ChatKey) -> dict[str, Any]:
    return {"channel_id": key.channel, **_thread(key)}
