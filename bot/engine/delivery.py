"""The way out: every call to a platform keeps its budgets and waits as long as the platform asks."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import inf
from typing import Any, TypeVar

import structlog

from bot.engine.budgets import Budgets, Urgency
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import MessageGone, PlatformUnavailable, RateLimited
from bot.engine.pacing import Pacer
from bot.engine.ports import Clock, Kind, Messenger
from bot.engine.posts import Post

log = structlog.get_logger()
T = TypeVar("T")

MAX_TRIES = 8
"""How often a call is tried that the platform did not answer: with the growing pause about four minutes."""

LONGEST_PAUSE = 60.0
PATIENCE_FOR_WORKING = 2.0
"""Seconds after which a sign of work is no use any more."""

PATIENCE_FOR_IDLE = 20.0
"""Seconds that the end of a sign of work may come late."""

PATIENCE_FOR_PLACE = 2.0
"""Seconds that a new place may take, for the platform waits to be told that its event is received."""


def pause_after(tries: int) -> float:
    """Seconds to wait after so many tries without an answer."""
    return min(2.0 ** min(tries, 10), LONGEST_PAUSE)


class Delivery:
    """One platform's messenger, used at its pace and until the call stands."""

    def __init__(self, messenger: Messenger, pacer: Pacer, clock: Clock) -> None:
        self.messenger = messenger
        self.pacer = pacer
        self._clock = clock

    async def send(self, key: ChatKey, post: Post, reply_to: str | None = None) -> list[MessageRef]:
        """Post anew, on as many pages as it takes. Raises a DeliveryError where waiting does not help."""
        budgets = self.messenger.budgets(key, Kind.SEND)
        return [
            await self._until_it_stands(budgets, partial(self.messenger.send, key, page, reply_to))
            for page in self._pages(post)
        ]

    async def send_file(
        self, key: ChatKey, name: str, content: bytes, comment: str, reply_to: str | None = None
    ) -> MessageRef:
        """Post a file, which waits as long as the platform asks. Raises every other DeliveryError at once.

        So it is not repeated where nobody knows whether it arrived: of two, a deletion would find only one.
        """
        budgets = self.messenger.budgets(key, Kind.FILE)
        while True:
            with suppress(RateLimited):
                return await self._once(
                    budgets, partial(self.messenger.send_file, key, name, content, comment, reply_to)
                )

    async def delete(self, ref: MessageRef) -> None:
        """Take the message away; one that is gone already is fine."""
        budgets = self.messenger.budgets(ref.key, Kind.DELETE)
        try:
            await self._until_it_stands(budgets, partial(self.messenger.delete, ref))
        except MessageGone:
            log.debug("post_gone", platform=self.messenger.platform)

    async def delete_once(self, ref: MessageRef, patience: float) -> None:
        """Take the message away; one that is gone already is fine. Raises whatever else is in the way."""
        budgets = self.messenger.budgets(ref.key, Kind.DELETE)
        try:
            await self._once(budgets, partial(self.messenger.delete, ref), patience)
        except MessageGone:
            log.debug("post_gone", platform=self.messenger.platform)

    async def show_title_once(self, key: ChatKey, title: str, patience: float) -> None:
        """Show the title.

        Raises whatever is in the way, RateLimited also where there is no room for longer than `patience` seconds.
        """
        await self._sign(key, Kind.TITLE, partial(self.messenger.show_title, key, title), patience)

    async def show_working(self, key: ChatKey) -> None:
        """Show a sign of work if the place takes one now. Raises whatever is in the way."""
        await self._sign(key, Kind.WORKING, partial(self.messenger.show_working, key), PATIENCE_FOR_WORKING)

    async def show_idle(self, key: ChatKey) -> None:
        """Take the sign of work away. Raises whatever is in the way."""
        await self._sign(key, Kind.IDLE, partial(self.messenger.show_idle, key), PATIENCE_FOR_IDLE)

    async def show_waiting(self, ref: MessageRef, waiting: bool) -> None:
        """Put up or take down the sign at a person's message."""
        budgets = self.messenger.budgets(ref.key, Kind.WAITING if waiting else Kind.NO_MORE_WAITING)
        show = partial(self.messenger.show_waiting, ref, waiting)
        await self._until_it_stands(budgets, show, Urgency.STATUS)

    async def new_place(self, key: ChatKey, title: str) -> ChatKey | None:
        """Open a place of its own for a new chat, if that can be done now; None where chats share the place.

        Raises whatever is in the way.
        """
        if not self.messenger.opens_places(key):
            return None
        opening = partial(self.messenger.new_place, key, title)
        return await self._once(self.messenger.budgets(key, Kind.PLACE), opening, PATIENCE_FOR_PLACE)

    async def place_for_branch(self, key: ChatKey, title: str, first: Post) -> tuple[ChatKey, str | None]:
        """Where a branch of a chat is to live, with the message that was posted to begin the place with, if any.

        A thread that begins with the post `first`, else a place with that title, else the place of the chat itself.
        Raises whatever is in the way.
        """
        if not self.messenger.threads:
            return await self.new_place(key, title) or key, None
        [ref] = (await self.send(replace(key, thread=""), first))[:1]
        return self.messenger.thread_of(ref), ref.id

    def _pages(self, post: Post) -> list[Post]:
        pages = []
        head, rest = self.messenger.split(post.text)
        while rest:
            pages.append(Post(head, language=post.language))
            head, rest = self.messenger.split(rest)
        return [*pages, replace(post, text=head)]

    async def _sign(self, key: ChatKey, kind: Kind, show: Callable[[], Awaitable[T]], patience: float) -> None:
        await self._once(self.messenger.budgets(key, kind), show, patience, Urgency.STATUS)

    async def _until_it_stands(
        self, budgets: Budgets, call: Callable[[], Awaitable[T]], urgency: Urgency = Urgency.FIRST
    ) -> T:
        tries = 0
        while True:
            try:
                return await self._once(budgets, call, urgency=urgency)
            except RateLimited:
                continue
            except PlatformUnavailable:
                tries += 1
                if tries >= MAX_TRIES:
                    raise
                await self._clock.sleep(pause_after(tries))

    async def _once(
        self,
        budgets: Budgets,
        call: Callable[[], Awaitable[T]],
        patience: float = inf,
        urgency: Urgency = Urgency.FIRST,
    ) -> T:
        """Make the call when there is room for it, and close the budgets where the platform asks for it."""
        await self.pacer.turn(budgets, urgency, patience)
        try:
            return await call()
        except RateLimited as limited:
            await self.pacer.close(budgets, limited.retry_after, refused=True)
            raise


async def end_task(task: asyncio.Task[Any]) -> None:
    """Cancel a task of ours and wait until it is over; its own errors are not ours to handle here."""
    task.cancel()
    await asyncio.wait({task})
