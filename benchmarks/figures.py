"""The figures, and how they are told."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of them do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its target and what bare commits gave in the same breath.

    `better` is -1 where less is better, 1 where more is. `of` is how many values or turns it was made from. `chance`:
    it is chance that makes it good or bad, not what else the machine does.
    """

    queue: str
    name: str
    value: float
    unit: str
    better: int
    target: float | None
    yardstick: float
    of: int
    chance: bool = False

    @property
    def reached(self) -> bool | None:
        return None if self.target is None else (self.value - self.target) * self.better >= 0

    @property
    def ratio(self) -> float:
        """The value in bare commits: so many of their times, or so large a part of their number."""
        return self.value / self.yardstick


def best(rounds: Iterable[Sequence[Figure]]) -> list[Figure]:
    """Of each figure the best of all rounds, with the yardstick of its own round; the worst where it is by chance."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for figure in (figure for figures in rounds for figure in figures):
        found.setdefault((figure.queue, figure.name), []).append(figure)
    return [_chosen(same) for same in found.values()]


def _chosen(same: Sequence[Figure]) -> Figure:
    def goodness(figure: Figure) -> float:
        return figure.value * figure.better

    return min(same, key=goodness) if same[0].chance else max(same, key=goodness)


def as_json(figures: Sequence[Figure], rounds: int) -> str:
    rows = [{**asdict(figure), "ratio": figure.ratio, "reached": figure.reached} for figure in figures]
    return json.dumps({"best_of": rounds, "figures": rows}, indent=1)


def as_table(figures: Sequence[Figure], rounds: int) -> str:
    """A Markdown table."""
    head = f"| best of {rounds} | figure | target | | bare commits | ratio | of |\n|---|---|---|---|---|---|---|"
    return "\n".join([head, *(_row(figure) for figure in figures)])


def _row(figure: Figure) -> str:
    sign = "≥" if figure.better > 0 else "≤"
    target = "" if figure.target is None else f"{sign} {_number(figure.target)} {figure.unit}"
    reached = {None: "", True: "reached", False: "**missed**"}[figure.reached]
    cells = (
        f"{figure.queue}: {figure.name}",
        f"{_number(figure.value)} {figure.unit}",
        target,
        reached,
        f"{_number(figure.yardstick)} {figure.unit}",
        _number(figure.ratio),
        str(figure.of),
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
