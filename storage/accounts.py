"""How the account of a budget is written down."""

import json
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

from bot.engine.budgets import RECOVERY, Account, Live

EMPTY = "{}"

_PLAIN = {"full_at": 0.0, "closed_until": 0.0, "share": 1.0, "cut_at": 0.0}
"""What a new account says."""


def written(account: Account, live: Mapping[str, Live]) -> str:
    """The account as JSON, with these live replies instead of its own; what says nothing is left out.

    Of the calls only the first one's moment is written, in milliseconds, and the distances of the others.
    """
    said: dict[str, Any] = {name: value for name, plain in _PLAIN.items() if (value := getattr(account, name)) != plain}
    if account.calls:
        moments = [round(call * 1000) for call in account.calls]
        said["calls"] = [moments[0], *(after - before for before, after in pairwise(moments))]
    if live:
        said["live"] = {holder: [it.ends, it.shares, it.until] for holder, it in live.items()}
    return json.dumps(said, separators=(",", ":"))


def read(text: str) -> Account:
    """The account that was written so; what is not known here is left out."""
    said = json.loads(text)
    calls = [moment / 1000 for moment in accumulate(said.get("calls", ()))]
    live = {holder: Live(*counts) for holder, counts in said.get("live", {}).items()}
    return Account(calls, **{name: said.get(name, plain) for name, plain in _PLAIN.items()}, live=live)


def speaks_until(account: Account, live: Mapping[str, Live], memory: float) -> float:
    """From when on the account says nothing that a new one would not say, if its calls count for so many seconds."""
    moments = [account.full_at, account.closed_until, *(it.until for it in live.values())]
    if account.calls:
        moments.append(account.calls[-1] + memory)
    if account.share < 1:
        moments.append(account.cut_at + (1 - account.share) * RECOVERY)
    return max(moments)


def joined(one: Account, other: Account, now: float) -> Account:
    """What both know of the same budget; the live replies are those of `one`.

    Of calls of one moment both know the same ones: as many as the one who knows more of them.
    """
    careful = min(one, other, key=lambda account: account.left(now))
    return Account(
        calls=sorted((Counter(one.calls) | Counter(other.calls)).elements()),
        full_at=max(one.full_at, other.full_at),
        closed_until=max(one.closed_until, other.closed_until),
        share=careful.share,
        cut_at=careful.cut_at,
        live=one.live,
    )
