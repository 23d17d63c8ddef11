"""The command line."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import uvloop

from benchmarks.streaming import report
from benchmarks.streaming.runs import Case, Result, run
from benchmarks.streaming.trouble import TROUBLES

WAYS = {"slack": ("native", "edit"), "telegram": ("draft", "edit")}
IN_TROUBLE = 3
"""People who ask at once while something is in the way."""


@click.command()
@click.option("--people", default="1,5,10,50,200", show_default=True, help="So many ask at once, each in a run.")
@click.option("--platform", "platforms", type=click.Choice(list(WAYS)), multiple=True, help="Only this one.")
@click.option("--transport", "transports", multiple=True, help="Only this way: native, auto, draft, edit.")
@click.option("--trouble", is_flag=True, help="Instead: 429s, server errors, lost answers and a dying stream.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the results there.")
@click.option("--page", type=click.Path(path_type=Path, exists=True), help="Put the table into this page.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the ages there (needs matplotlib).")
def main(
    people: str,
    platforms: tuple[str, ...],
    transports: tuple[str, ...],
    trouble: bool,
    file: Path | None,
    page: Path | None,
    plot: Path | None,
) -> None:
    """Measure how far screens are behind the model, with the service as it runs in earnest."""
    ways = [(platform, way) for platform in platforms or WAYS for way in transports or WAYS[platform]]
    numbers = [int(number) for number in people.split(",")]
    cases = list(_in_trouble(ways)) if trouble else [Case(*way, number) for way in ways for number in numbers]
    results = [_measured(case) for case in cases]
    table = report.trouble_table(results) if trouble else report.as_table(results)
    click.echo(table)
    if file is not None:
        file.write_text(report.as_json(results), "utf-8")
    if page is not None:
        report.fill(page, "trouble" if trouble else "figures", table)
        report.fill(page, "others", report.peers_table())
    if plot is not None:
        report.draw(results, plot)


def _in_trouble(ways: list[tuple[str, str]]) -> Iterator[Case]:
    for platform, way in ways:
        for name in TROUBLES:
            if name != "dying streams" or way in ("native", "auto"):
                yield Case(platform, way, IN_TROUBLE, name)


def _measured(case: Case) -> Result:
    click.echo(case.name, file=sys.stderr)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(case))


if __name__ == "__main__":
    main()
