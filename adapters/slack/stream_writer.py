"""A growing document tree -> Slack's Markdown, to which is only added."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import replace

from adapters.markdown.characters import JOINER
from adapters.markdown.monospace import aligned
from adapters.markdown.tree import Block, Blocks, CodeBlock, List, Quote, Table
from adapters.slack.writer import MOST_COLUMNS, MOST_ROWS, Writer, fenced, tabular

_BACKTICKS = re.compile(r"^(?=[ \t]*`{3,}[ \t]*$)", re.MULTILINE)


class StreamWriter(Writer):
    """Writes each block so that what can still be added to it comes behind what is written of it."""

    def __init__(self) -> None:
        super().__init__()
        self._growing: Block | None = None

    def with_growing(self, blocks: Blocks) -> str:
        """The text with these blocks, of which the last may grow: code has no end yet."""
        more = copy(self)
        more._growing = _last(blocks)
        text = more.with_more(blocks).text
        if isinstance(more._growing, CodeBlock) and more._growing.is_open:
            text = text.rpartition("\n")[0]
        return text.rstrip()

    def _code(self, block: CodeBlock) -> str:
        """Write code as the model fenced it: what is in it later cannot make the fence longer.

        A line that would end it, in code that was fenced in another way, gets an invisible character.
        """
        width = max(len(block.fence), 3) if block.fence.startswith("`") else 3
        code = _BACKTICKS.sub(JOINER, block.code) if not block.fence.startswith("`") else block.code
        return fenced(code, block.language, width)

    def _table(self, table: Table) -> str:
        """Write the first table row by row; what Slack takes in no table is written as aligned text at its end."""
        self._tables += 1
        fits = self._tables == 1 and len(table.alignments) <= MOST_COLUMNS
        shown = table.rows[:MOST_ROWS] if fits else ()
        left = table.rows[len(shown) :]
        parts = [tabular(replace(table, rows=shown))] if shown else []
        if left and table is not self._growing:
            parts.append(fenced(aligned(replace(table, rows=shown[:1] + left))))
        return "\n\n".join(parts)


def _last(blocks: Blocks) -> Block | None:
    """The last block that has no blocks in it."""
    if not blocks:
        return None
    match blocks[-1]:
        case Quote(inner):
            return _last(inner)
        case List(items):
            return _last(items[-1].blocks)
    return blocks[-1]
