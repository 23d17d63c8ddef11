"""The results as tables, as JSON and as a picture."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.streaming.policies import POLICIES
from benchmarks.streaming.replay import PLATFORMS, replay
from benchmarks.streaming.runs import Result

COLUMNS = (
    "",
    "people",
    "age",
    "best",
    "ratio",
    "late",
    "first text",
    "calls",
    "429",
    "lost, doubled",
    "CPU",
    "ratio",
    "memory",
)
OF_TROUBLE = ("", "trouble", "people", "429 beyond the ordered", "lost", "doubled", "late")
OF_OTHERS = ("", "", "age ×1", "late ×1", "age ×10", "late ×10", "429 ×10", "never whole ×10")
ON_SCREEN = (
    "chat.postMessage",
    "chat.update",
    "chat.startStream",
    "chat.appendStream",
    "chat.stopStream",
    "sendMessage",
    "editMessageText",
    "sendMessageDraft",
)
BEGIN, END = "<!-- {name} -->", "<!-- end of {name} -->"


def as_json(results: Sequence[Result]) -> str:
    return json.dumps([result.as_dict() for result in results], indent=1)


def as_table(results: Sequence[Result]) -> str:
    """A Markdown table; seconds, microseconds for each word, MiB for each reply."""
    return _table(COLUMNS, (_row(result) for result in results))


def trouble_table(results: Sequence[Result]) -> str:
    """A Markdown table of the runs with trouble."""
    return _table(OF_TROUBLE, (_row_of_trouble(result) for result in results))


def peers_table() -> str:
    """What other bots' policies come to on the same work."""
    return _table(OF_OTHERS, (_row_of_another(name) for name in POLICIES))


def fill(page: Path, name: str, text: str) -> None:
    """Put the text between the page's marks of this name."""
    begin, end = BEGIN.format(name=name), END.format(name=name)
    before, _, rest = page.read_text("utf-8").partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")


def draw(results: Sequence[Result], file: Path) -> None:
    """Draw the mean age over the number of people, beside the best that the budget allows. Needs matplotlib."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5))
    for way, same in _by_way(results).items():
        people = [result.case.people for result in same]
        [line] = axes.plot(people, [result.age for result in same], marker="o", label=way)
        axes.plot(people, [result.best for result in same], linestyle=":", color=line.get_color())
    axes.set(
        xscale="log", yscale="log", xlabel="people who ask at once", ylabel="mean age of what the screen lacks, seconds"
    )
    axes.set_xticks(sorted({result.case.people for result in results}))
    axes.get_xaxis().set_major_formatter("{x:.0f}")
    axes.get_yaxis().set_major_formatter("{x:g}")
    axes.set_title("Threadline (solid) and the best that the budgets allow (dotted)")
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend()
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def _by_way(results: Sequence[Result]) -> dict[str, list[Result]]:
    ways: dict[str, list[Result]] = {}
    for result in results:
        ways.setdefault(_way(result), []).append(result)
    return ways


def _way(result: Result) -> str:
    return f"{result.case.platform.capitalize()}, {result.case.transport}"


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def _row_of_trouble(result: Result) -> list[Any]:
    case = result.case
    return [
        _way(result),
        case.trouble,
        case.people,
        result.refusals,
        result.lost,
        result.doubled,
        f"{_seconds(result.late)} ({_seconds(result.worst_late)})",
    ]


def _row_of_another(name: str) -> list[Any]:
    platform, policy = POLICIES[name]
    one, ten = (replay(policy, PLATFORMS[platform], people) for people in (1, 10))
    ages = [f"{one.age:.2f}", f"{one.late:.1f}", f"{ten.age:.2f}", f"{ten.late:.1f}"]
    return [platform.capitalize(), name, *ages, ten.refused, ten.lost]


def _row(result: Result) -> list[Any]:
    calls = sum(number for name, number in result.calls.items() if name in ON_SCREEN)
    return [
        _way(result),
        result.case.people,
        f"{result.age:.2f}",
        f"{result.best:.2f}",
        f"{result.age / result.best:.2f}",
        f"{_seconds(result.late)} ({_seconds(result.worst_late)})",
        f"{_seconds(result.first)} ({_seconds(result.worst_first)})",
        calls,
        result.refusals,
        f"{result.lost}, {result.doubled}",
        f"{result.cpu:.0f}",
        f"{result.cpu / result.bare_cpu:.2f}",
        f"{result.memory:.1f}",
    ]


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.2f}"
