"""The way out: every call to a platform keeps its lane's pace and waits as long as the platform asks."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from math import inf
from typing import Any, TypeVar

import structlog

from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import MessageGone, PlatformUnavailable, RateLimited
from bot.engine.ports import Messenger, Paces
from bot.engine.posts import Post

log = structlog.get_logger()
T = TypeVar("T")

MAX_TRIES = 8
"""How often a call is tried that the platform did not answer: with the growing pause about four minutes."""

LONGEST_PAUSE = 60.0
WAITING_GAP = 1.2
"""Seconds between signs of waiting in one place: Slack takes 50 reactions a minute."""

PATIENCE_FOR_WORKING = 2.0
"""Seconds after which a sign of work is no use any more."""

PATIENCE_FOR_PLACE = 2.0
"""Seconds that a new place may take, for the platform waits to be told that its event is received."""


def pause_after(tries: int) -> float:
    """Seconds to wait after so many tries without an answer."""
    return min(2.0 ** min(tries, 10), LONGEST_PAUSE)


class Delivery:
    """One platform's messenger, used at its pace and until the call stands."""

    def __init__(self, messenger: Messenger, paces: Paces) -> None:
        self.messenger = messenger
        self.paces = paces

    async def send(self, key: ChatKey, post: Post, reply_to: str | None = None) -> list[MessageRef]:
        """Post anew, on as many pages as it takes. Raises a DeliveryError where waiting does not help."""
        limits = self.messenger.limits(key)
        return [
            await self._until_it_stands(
                limits.send_lane, limits.send_gap, partial(self.messenger.send, key, page, reply_to)
            )
            for page in self._pages(post)
        ]

    async def delete(self, ref: MessageRef) -> None:
        """Take the message away; one that is gone already is fine."""
        limits = self.messenger.limits(ref.key)
        try:
            await self._until_it_stands(limits.edit_lane, 0.0, partial(self.messenger.delete, ref))
        except MessageGone:
            log.debug("post_gone", platform=self.messenger.platform)

    async def delete_once(self, ref: MessageRef, patience: float) -> None:
        """Take the message away; one that is gone already is fine. Raises whatever else is in the way."""
        lane = self.messenger.limits(ref.key).edit_lane
        try:
            await self._once(lane, 0.0, partial(self.messenger.delete, ref), patience)
        except MessageGone:
            log.debug("post_gone", platform=self.messenger.platform)

    async def show_title_once(self, key: ChatKey, title: str, patience: float) -> None:
        """Show the title; the first words of an answer wait for it only where the platform counts both as messages.

        Raises whatever is in the way, RateLimited also where the lane is busy for longer than `patience` seconds.
        """
        limits = self.messenger.limits(key)
        lane = limits.send_lane if limits.title_counts else f"title:{limits.send_lane}"
        await self._once(lane, limits.send_gap, partial(self.messenger.show_title, key, title), patience)

    async def show_working(self, key: ChatKey) -> None:
        """Show a sign of work if the place takes one now. Raises whatever is in the way."""
        limits, show = self.messenger.limits(key), partial(self.messenger.show_working, key)
        if limits.closes_whole:
            await self._once(limits.send_lane, 0.0, show, PATIENCE_FOR_WORKING)
        else:
            await show()

    async def show_waiting(self, ref: MessageRef, waiting: bool) -> None:
        """Put up or take down the sign at a person's message."""
        limits = self.messenger.limits(ref.key)
        lane, gap = f"waiting:{limits.send_lane}", WAITING_GAP
        if limits.closes_whole:
            lane, gap = limits.send_lane, 0.0
        await self._until_it_stands(lane, gap, partial(self.messenger.show_waiting, ref, waiting))

    async def new_place(self, key: ChatKey, title: str) -> ChatKey | None:
        """Open a place of its own for a new chat, if that can be done now; None where chats share the place.

        Raises whatever is in the way.
        """
        limits = self.messenger.limits(key)
        if not limits.opens_places:
            return None
        opening = partial(self.messenger.new_place, key, title)
        return await self._once(limits.send_lane, limits.send_gap, opening, PATIENCE_FOR_PLACE)

    def _pages(self, post: Post) -> list[Post]:
        pages = []
        head, rest = self.messenger.split(post.text)
        while rest:
            pages.append(Post(head))
            head, rest = self.messenger.split(rest)
        return [*pages, Post(head, post.rows, post.live)]

    async def _until_it_stands(self, lane: str, gap: float, call: Callable[[], Awaitable[T]]) -> T:
        tries = 0
        while True:
            try:
                return await self._once(lane, gap, call)
            except RateLimited:
                continue
            except PlatformUnavailable:
                tries += 1
                if tries >= MAX_TRIES:
                    raise
                await self.paces.close(lane, pause_after(tries))

    async def _once(self, lane: str, gap: float, call: Callable[[], Awaitable[T]], patience: float = inf) -> T:
        """Make the call when the lane is free, and close the lane where the platform asks for it."""
        await self.paces.turn(lane, gap, patience)
        try:
            return await call()
        except RateLimited as limited:
            await self.paces.close(lane, limited.retry_after)
            raise


async def end_task(task: asyncio.Task[Any]) -> None:
    """Cancel a task of ours and wait until it is over; its own errors are not ours to handle here."""
    task.cancel()
    await asyncio.wait({task})
