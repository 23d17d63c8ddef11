"""A table as aligned text, for places that show no tables but know a monospace font."""

from __future__ import annotations

from adapters.markdown.characters import width
from adapters.markdown.tree import Alignment, Table, plain


def aligned(table: Table) -> str:
    """Write the table as lines of columns; wide characters and emoji count as the two columns they take."""
    rows = [[plain(cell).replace("\n", " ").strip() for cell in row] for row in table.rows]
    widths = [max((width(cell) for cell in column), default=0) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths, table.alignments) for row in rows]
    lines.insert(1, "─┼─".join("─" * columns for columns in widths))
    return "\n".join(lines)


def _line(row: list[str], widths: list[int], alignments: tuple[Alignment | None, ...]) -> str:
    cells = [_pad(*cell) for cell in zip(row, widths, alignments, strict=True)]
    return " │ ".join(cells).rstrip()


def _pad(cell: str, columns: int, alignment: Alignment | None) -> str:
    free = columns - width(cell)
    left = {"right": free, "center": free // 2}.get(alignment or "left", 0)
    return " " * left + cell + " " * (free - left)
