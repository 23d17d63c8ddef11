"""The benchmarks, in a size in which they say nothing but that they run."""

import json

import pytest

from benchmarks.__main__ import QUEUES, measure
from benchmarks.figures import Figure, as_json, as_table, best
from benchmarks.measurements import TINY

COMMON = {
    "intake to start at 1/s, p50",
    "intake to start at 1/s, p95",
    "intake to start at 100/s, p50",
    "intake to start at 100/s, p95",
    "a chat's next turn, p95",
    "whole turns through one process",
    "takeover after kill -9, the worst",
}
OWN = {
    "SQLite": {"stop from the same process, p95"},
    "PostgreSQL": {"stop from another process, p95", "whole turns through 2 processes"},
}


@pytest.mark.timeout(180)  # several processes start one after the other
@pytest.mark.parametrize("queue", QUEUES)
def test_every_figure_is_measured(queue: str) -> None:
    figures = best(measure(TINY, (queue,), 1))
    assert {figure.name for figure in figures} == COMMON | OWN[queue]
    assert all(figure.value > 0 and figure.yardstick > 0 for figure in figures)
    assert len(as_table(figures, 1).splitlines()) == len(figures) + 2
    assert len(json.loads(as_json(figures, 1))["figures"]) == len(figures)


def test_the_best_of_all_rounds_counts_with_its_own_yardstick() -> None:
    def figure(value: float, better: int, yardstick: float) -> Figure:
        return Figure("q", f"{better}", value, "ms", better, 5.0, yardstick, 1)

    rounds = [[figure(4.0, -1, 1.0), figure(4.0, 1, 1.0)], [figure(6.0, -1, 2.0), figure(6.0, 1, 2.0)]]
    less, more = best(rounds)
    assert (less.value, less.ratio, less.reached) == (4.0, 4.0, True)
    assert (more.value, more.ratio, more.reached) == (6.0, 3.0, True)
    assert figure(4.0, 1, 1.0).reached is False


def test_where_it_is_by_chance_the_worst_of_all_rounds_counts() -> None:
    """A dead worker's lease may have been renewed just before, or two seconds before: the best round would flatter."""
    rounds = [[Figure("q", "takeover", took, "s", -1, 12.0, 1.0, 1, chance=True)] for took in (8.7, 10.9, 9.6)]
    [figure] = best(rounds)
    assert figure.value == 10.9
