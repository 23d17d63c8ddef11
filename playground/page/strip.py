"""What a developer wants to see: budgets, refusals, how far the screen is behind the model, and the troubles."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from playground.page.actions import Action, Visit
from playground.page.world import World
from playground.slack.calls import Call as SlackCall
from playground.slack.rates import Budget as SlackBudget
from playground.telegram.calls import Call as TelegramCall
from playground.telegram.chats import Chat

AnyCall = TypeVar("AnyCall", SlackCall, TelegramCall)

NO_REFUSALS = (None, "the client went away")
SHOWN_REFUSALS = 12
LOOKED_BACK = 400
"""Calls among which refusals are looked for."""


def strip_part(world: World) -> dict[str, Any]:
    """Everything in the strip, the fullest budgets first; rounded, so that it does not change for nothing."""
    budgets = [*slack_budgets(world), *telegram_budgets(world)]
    return {
        "budgets": sorted(budgets, key=lambda row: (not row["closed"], -row["used"] / row["most"])),
        "refusals": refusals(world),
        "lag": lag(world),
        "trouble": {name: name in world.trouble.on for name in world.trouble.switches},
    }


def slack_budgets(world: World) -> list[dict[str, Any]]:
    return [slack_row(world, budget) for budget in world.slack.rates.budgets()]


def slack_row(world: World, budget: SlackBudget) -> dict[str, Any]:
    """One limit; its key is the method, then the channel where it counts by channel."""
    what, *where = budget.key
    names = {channel.id: f"#{channel.name}" if channel.name else "direct message" for channel in _channels(world)}
    place = " ".join(names.get(part, part) for part in where)
    return _row("Slack", what, place or "workspace", (budget.used, budget.most, budget.seconds), budget.closed)


def telegram_budgets(world: World) -> list[dict[str, Any]]:
    rows = []
    for telegram in (world.telegram, world.topics):
        for chat in telegram.flood.budgets():
            place = _chat_name(telegram.account.chats.get(chat.chat_id), telegram is world.topics)
            for budget in chat.budgets:
                if not (budget.counted or chat.closed_for):
                    continue
                numbers = (budget.counted, budget.allowed, budget.seconds)
                rows.append(_row("Telegram", WINDOWS[budget.name], place, numbers, chat.closed_for))
    return rows


WINDOWS = {"messages": "sends and edits", "burst": "sends and edits at once", "typing": "drafts and typing"}


def _row(platform: str, what: str, where: str, numbers: tuple[int, int, float], closed: float) -> dict[str, Any]:
    used, most, seconds = numbers
    counts = {"used": used, "most": most, "seconds": round(seconds, 1), "closed": round(closed)}
    return {"platform": platform, "what": what, "where": where, **counts}


def _chat_name(chat: Chat | None, topics: bool) -> str:
    if chat is None:
        return "?"
    return chat.title or (f"{chat.person.first_name} (topics)" if topics and chat.person else _first_name(chat))


def _first_name(chat: Chat) -> str:
    return chat.person.first_name if chat.person else "?"


def refusals(world: World) -> list[dict[str, Any]]:
    """The newest calls that were refused, the newest first."""
    slack = [refusal("Slack", call) for call in _refused(world.slack.calls)]
    telegram = [refusal("Telegram", c) for t in (world.telegram, world.topics) for c in _refused(t.calls)]
    return sorted([*slack, *telegram], key=lambda row: -row["time"])[:SHOWN_REFUSALS]


def refusal(platform: str, call: SlackCall | TelegramCall) -> dict[str, Any]:
    told = {"platform": platform, "method": call.method, "error": call.error, "status": call.status}
    return {**told, "time": round(call.time, 1), "early": call.too_early}


def _refused(calls: Sequence[AnyCall]) -> Iterator[AnyCall]:
    newest = itertools.islice(reversed(calls), LOOKED_BACK)
    return itertools.islice((call for call in newest if call.error not in NO_REFUSALS), SHOWN_REFUSALS)


def lag(world: World) -> dict[str, Any]:
    meter = world.lag
    numbers = {"now": meter.behind, "mean": meter.mean, "worst": meter.worst, "late": meter.late}
    return {"live": meter.live, **{name: None if n is None else round(n, 1) for name, n in numbers.items()}}


def _channels(world: World) -> list[Any]:
    return list(world.slack.workspace.channels.values())


async def flip(visit: Visit, name: str, on: bool) -> None:
    """Switch a trouble on or off, for everybody."""
    visit.world.trouble.set(str(name), bool(on))


ACTIONS: dict[str, Action] = {"trouble.set": flip}
