"""The stand-in counts calls as Slack does."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError

from playground.clock import ManualClock
from playground.slack import SlackStandIn
from playground.slack.arguments import Arguments
from playground.slack.errors import TooMany
from playground.slack.rates import Limit, Rates
from playground.slack.web_api import all_methods
from tests.playground.slack_world import World, world

PACE = Limit(("post", "C1"), 1, 1.0, burst=5)
TIER_3 = Limit(("update",), 50)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def w(clock: ManualClock) -> AsyncIterator[World]:
    async with world(clock, rates=True) as running:
        yield running


def taken(rates: Rates, limit: Limit, tries: int) -> int:
    """How many of so many calls at once are let pass."""
    passed = 0
    for _ in range(tries):
        try:
            rates.take(limit)
        except TooMany:
            continue
        passed += 1
    return passed


@pytest.mark.parametrize(("strict", "posts", "updates"), [(True, 1, 50), (False, 5, 60)])
def test_bursts_pass_only_where_limits_are_not_strict(
    clock: ManualClock, strict: bool, posts: int, updates: int
) -> None:
    rates = Rates(clock, strict)
    assert (taken(rates, PACE, 10), taken(rates, TIER_3, 100)) == (posts, updates)


async def test_a_window_moves_on_with_the_clock(clock: ManualClock) -> None:
    rates = Rates(clock, strict=True)
    assert taken(rates, TIER_3, 60) == 50
    await clock.advance(59)
    assert taken(rates, TIER_3, 60) == 0
    await clock.advance(1)
    assert taken(rates, TIER_3, 60) == 50


async def test_calls_may_arrive_a_little_early_but_the_mean_rate_stays(clock: ManualClock) -> None:
    rates = Rates(clock, strict=True)
    for gap in (0.92, 1.08) * 20:
        rates.take(PACE)
        await clock.advance(gap)
    passed = 0
    for _ in range(10):
        passed += taken(rates, PACE, 1)
        await clock.advance(0.95)
    assert passed < 10


def test_a_refused_call_counts_against_none_of_its_limits(clock: ManualClock) -> None:
    rates, wide = Rates(clock, strict=True), Limit(("all",), 2)
    rates.take(PACE, wide)
    with pytest.raises(TooMany):
        rates.take(PACE, wide)
    rates.take(wide)
    with pytest.raises(TooMany):
        rates.take(wide)


async def test_a_second_post_within_a_second_gets_429_with_whole_seconds(w: World, clock: ManualClock) -> None:
    await w.post()
    with pytest.raises(SlackApiError) as caught:
        await w.post()
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert await w.refusal("chat.postMessage", channel=w.dm.id, text="elsewhere") == ""
    assert await w.refusal("chat.postMessage", channel=w.ann.id, text="the same place") == "ratelimited"
    await clock.advance(1)
    await w.post()
    assert len(w.slack.messages(w.general)) == 2


async def test_the_51st_update_of_a_minute_waits_for_the_first_to_be_a_minute_old(w: World, clock: ManualClock) -> None:
    ts = await w.post()
    update = {"channel": w.general.id, "ts": ts, "text": "b"}
    for _ in range(50):
        await w.call("chat.update", **update)
    await clock.advance(20)
    with pytest.raises(SlackApiError) as caught:
        await w.call("chat.update", **update)
    assert caught.value.response.headers["Retry-After"] == "40"
    await clock.advance(40)
    await w.call("chat.update", **update)


async def test_who_asks_again_before_retry_after_is_over_is_seen(w: World, clock: ManualClock) -> None:
    w.slack.fail("chat.postMessage", status=429, retry_after=30)
    where = {"channel": w.general.id, "text": "a"}
    assert await w.refusal("chat.postMessage", **where) == "ratelimited"
    await clock.advance(10)
    assert await w.refusal("chat.postMessage", **where) == "ratelimited"
    assert len(w.slack.too_early) == 1
    await clock.advance(20)
    assert await w.refusal("chat.postMessage", **where) == ""
    assert len(w.slack.too_early) == 1


TIERS = {
    2: ("chat.startStream", "chat.stopStream", "conversations.list", "reactions.remove", "users.list"),
    3: (
        "agents.sessions.rename", "agents.sessions.setStatus", "apps.connections.open", "chat.delete", "chat.update",
        "conversations.history", "conversations.info", "conversations.join", "conversations.open",
        "conversations.replies", "files.delete", "reactions.add", "users.conversations",
    ),
    4: (
        "assistant.threads.setSuggestedPrompts", "assistant.threads.setTitle", "chat.appendStream",
        "chat.postEphemeral", "conversations.members", "files.completeUploadExternal", "files.getUploadURLExternal",
        "files.info", "users.info", "views.open", "views.publish", "views.push", "views.update",
    ),
}  # fmt: skip
SPECIAL = ("assistant.threads.setStatus", "auth.test", "blocks.validate", "chat.getPermalink", "oauth.v2.access")
A_MINUTE = {2: 20, 3: 50, 4: 100}


@pytest.mark.parametrize("tier", TIERS)
def test_each_method_has_the_tier_of_slacks_reference(tier: int) -> None:
    slack = SlackStandIn()
    table = all_methods(slack.sockets)
    for name in TIERS[tier]:
        (limit,) = table[name].all_limits(slack.workspace, Arguments({}))
        assert (limit.key, limit.most, limit.seconds) == ((name,), A_MINUTE[tier], 60.0)


@pytest.mark.parametrize("method", SPECIAL)
def test_methods_that_slack_gives_no_number_for_pass_hundreds_of_times_a_minute(method: str) -> None:
    slack = SlackStandIn()
    (limit,) = all_methods(slack.sockets)[method].all_limits(slack.workspace, Arguments({}))
    assert limit.most >= 200


async def test_a_distributed_app_reads_once_a_minute_and_15_messages(w: World, clock: ManualClock) -> None:
    w.slack.app.distributed = True
    for number in range(20):
        await w.slack.post(w.ann, w.general, str(number))
    read = await w.client.conversations_history(channel=w.general.id, limit=999)
    assert (len(read["messages"]), read["has_more"]) == (15, True)
    with pytest.raises(SlackApiError, match="ratelimited"):
        await w.client.conversations_history(channel=w.general.id)
    await clock.advance(60)
    await w.client.conversations_history(channel=w.general.id)


async def test_a_squeezed_budget_is_smaller_and_its_gaps_are_longer(clock: ManualClock) -> None:
    rates = Rates(clock, strict=True)
    rates.squeeze = 0.2
    assert (taken(rates, TIER_3, 60), taken(rates, Limit(("rare",), 2), 60)) == (10, 1)
    assert taken(rates, PACE, 2) == 1
    await clock.advance(4)
    assert taken(rates, PACE, 1) == 0
    await clock.advance(1)
    assert taken(rates, PACE, 1) == 1


async def test_budgets_are_shown_as_they_are_counted_and_looking_counts_for_nothing(clock: ManualClock) -> None:
    rates = Rates(clock, strict=True)
    rates.take(PACE, TIER_3)
    await clock.advance(0.5)
    with pytest.raises(TooMany):
        rates.take(PACE, TIER_3)
    seen = {budget.key: budget for budget in rates.budgets()}
    pace, tier = seen["post", "C1"], seen["update",]
    assert (pace.used, pace.most, pace.seconds) == (1, 1, 1.0)
    assert (tier.used, tier.most, tier.seconds, tier.closed) == (1, 50, 60.0, 0.0)
    assert pace.closed == pytest.approx(1.0, abs=0.1)
    assert rates.budgets() == list(seen.values())
    await clock.advance(61)
    assert rates.budgets() == []


def test_a_closed_budget_is_shown_although_nobody_used_it(clock: ManualClock) -> None:
    rates = Rates(clock, strict=True)
    rates.close([TIER_3], 30)
    (budget,) = rates.budgets()
    assert (budget.key, budget.used, round(budget.closed)) == (("update",), 0, 30)
