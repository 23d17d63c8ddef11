"""Who people are, looked up without holding anything up."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from typing import Any

import structlog

from adapters.slack.api import WebApi
from adapters.slack.config import Profile
from adapters.slack.side_calls import SideCalls
from bot.engine.errors import DeliveryError
from bot.engine.ports import Clock

log = structlog.get_logger()

KEPT = 3600.0
"""Seconds that a name is believed; people rename themselves rarely."""

KEPT_UNKNOWN = 300.0
"""Seconds until a failed look-up is tried again."""

PATIENCE = 1.0
"""Seconds that an event waits for names; it has three in all until Slack repeats it."""

MOST_AT_ONCE = 20
"""Look-ups for one message; a text full of mentions must not use up the workspace's 100 a minute."""

MOST_KEPT = 5000


class People:
    """Profiles by user id, cached. Who cannot be looked up in time is simply missing."""

    def __init__(self, api: WebApi, side_calls: SideCalls, clock: Clock) -> None:
        self._api = api
        self._side_calls = side_calls
        self._clock = clock
        self._known: OrderedDict[str, tuple[Profile | None, float]] = OrderedDict()
        self._looking: dict[str, asyncio.Task[None]] = {}

    async def profiles(self, ids: Iterable[str]) -> dict[str, Profile]:
        """The profiles that are known within a second; a slower look-up goes on and serves the next message."""
        wanted = list(dict.fromkeys(ids))
        missing = [user for user in wanted if not self._is_fresh(user)][:MOST_AT_ONCE]
        if missing:
            await asyncio.wait([self._look_up(user) for user in missing], timeout=PATIENCE)
        return {user: profile for user in wanted if (profile := self.known(user)) is not None}

    def known(self, user: str) -> Profile | None:
        """The profile as far as it was looked up before."""
        profile, _ = self._known.get(user, (None, 0.0))
        return profile

    async def close(self) -> None:
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_fresh(self, user: str) -> bool:
        _, until = self._known.get(user, (None, 0.0))
        return until > self._clock.now()

    def _look_up(self, user: str) -> asyncio.Task[None]:
        if user not in self._looking:
            task = asyncio.create_task(self._fetch(user), name=f"slack-name-{user}")
            task.add_done_callback(lambda _: self._looking.pop(user, None))
            self._looking[user] = task
        return self._looking[user]

    async def _fetch(self, user: str) -> None:
        ask = partial(self._api.read, "users.info", user=user, include_locale=True)
        try:
            answer = await self._side_calls.make("users.info", ask)
        except DeliveryError as error:
            log.debug("slack_name_unknown", user=user, reason=str(error))
            self._keep(user, self.known(user), KEPT_UNKNOWN)
        else:
            self._keep(user, profile_of(answer.get("user")), KEPT)

    def _keep(self, user: str, profile: Profile | None, seconds: float) -> None:
        self._known[user] = (profile, self._clock.now() + seconds)
        self._known.move_to_end(user)
        if len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)


def profile_of(user: Any) -> Profile | None:
    """The name is the display name, else the full name, else the handle."""
    if not isinstance(user, dict):
        return None
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    shown = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    name = next((str(name) for name in shown if name), None)
    offset = user.get("tz_offset")
    ahead = offset if isinstance(offset, int) else 0
    return None if name is None else Profile(name, str(user.get("locale") or ""), ahead)
