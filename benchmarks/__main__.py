"""The command line."""

import sys
from contextlib import ExitStack

import click

from benchmarks.databases import Databases, postgres, sqlite
from benchmarks.figures import Figure, as_json, as_table, best
from benchmarks.measurements import FULL, QUICK, Round, Size

QUEUES = ("SQLite", "PostgreSQL")


@click.command()
@click.option("--quick", is_flag=True, help="One short round, for a first look: within a minute.")
@click.option("--rounds", type=click.IntRange(min=1), help="The best of so many is taken: 3, or 1 with --quick.")
@click.option(
    "--queue", "queues", type=click.Choice(QUEUES, case_sensitive=False), multiple=True, help="Only this one."
)
@click.option("--json", "machine", is_flag=True, help="Print JSON instead of a table.")
def main(quick: bool, rounds: int | None, queues: tuple[str, ...], machine: bool) -> None:
    """Measure how fast turns begin, follow, stop, are taken over, and how many a second go through.

    Everything is real but the platform and the model, which accept and answer at once. Beside each figure stands what
    bare commits on the same database gave just before, so that figures of two machines can be compared.
    """
    rounds = rounds or (1 if quick else 3)
    figures = best(measure(QUICK if quick else FULL, queues or QUEUES, rounds))
    click.echo(as_json(figures, rounds) if machine else as_table(figures, rounds))


def measure(size: Size, queues: tuple[str, ...], rounds: int) -> list[list[Figure]]:
    """The figures of each round; PostgreSQL is started only where it is measured."""
    with ExitStack() as stack:
        databases: dict[str, Databases] = {"SQLite": sqlite}
        if "PostgreSQL" in queues:
            databases["PostgreSQL"] = stack.enter_context(postgres())
        found = []
        for number in range(rounds):
            for queue in queues:
                click.echo(f"{queue}, round {number + 1} of {rounds}", file=sys.stderr)
                found.append(Round(queue, databases[queue], size).run())
        return found


if __name__ == "__main__":
    main()
