"""The table in a stand-in's page: what it says, and where it is not true. Pure.

A row is `| name | state | proof |`. The name of a method stands in backticks, that of another surface does not. The
state is "supported", or "partly: " and what is missing. A proof is `path::test`, several with a comma between.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

ROW = re.compile(r"\| *(?P<name>[^|]+?) *\| *(?P<state>[^|]+?) *\| *(?P<proof>[^|]+?) *\|")
STATE = re.compile(r"supported|partly: \S.*")
PROOF = re.compile(r"`(tests/\S+\.py)::(test_\w+)`")
HEADS = ("method", "surface")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (*FUNCTIONS, ast.ClassDef)


@dataclass(frozen=True)
class Row:
    """One line of the table; `proofs` are files and the tests in them."""

    name: str
    is_method: bool
    state: str
    proofs: tuple[tuple[str, str], ...]


def read_rows(page: str) -> list[Row]:
    """Find all rows of all tables of a page."""
    found = [match for line in page.splitlines() if (match := ROW.fullmatch(line.strip()))]
    return [_row(match) for match in found if match["name"] not in HEADS and not set(match["name"]) <= {"-", ":"}]


def problems(
    rows: Iterable[Row],
    methods: frozenset[str],
    source_of: Callable[[str], str],
    spellings: Callable[[str], Iterable[str]],
) -> Iterator[str]:
    """Tell everything in the rows that is not true.

    `source_of` gives the text of a test file, "" where there is none; `spellings` how a test may write a method.
    """
    rows = list(rows)
    told = [row.name for row in rows if row.is_method]
    yield from (f"{name} is there but not in the table" for name in sorted(methods - set(told)))
    yield from (f"{name} is in the table but not there" for name in sorted(set(told) - methods))
    yield from (f"{name} is in the table twice" for name in sorted({name for name in told if told.count(name) > 1}))
    for row in rows:
        yield from _problems_of(row, source_of, set(spellings(row.name)))


def words_of_test(source: str, test: str) -> frozenset[str] | None:
    """Give every name and text that a test and what it uses of its module are made of; None where there is no test."""
    module = ast.parse(source)
    known = dict(_definitions(module))
    if not isinstance(known.get(test), FUNCTIONS):
        return None
    words: set[str] = set()
    wanted = {test}
    while wanted:
        fresh = _words(known.pop(wanted.pop()))
        wanted |= fresh & set(known)
        words |= fresh
    return frozenset(words)


def _problems_of(row: Row, source_of: Callable[[str], str], names: set[str]) -> Iterator[str]:
    if not STATE.fullmatch(row.state):
        yield f"{row.name} is neither supported nor partly: {row.state}"
    if not row.proofs:
        yield f"{row.name} names no test"
    for path, test in row.proofs:
        words = words_of_test(source_of(path), test)
        if words is None:
            yield f"{row.name}: there is no test {path}::{test}"
        elif row.is_method and not words & names:
            yield f"{row.name}: {path}::{test} does not mention it"


def _row(match: re.Match[str]) -> Row:
    name = match["name"]
    return Row(name.strip("`"), name.startswith("`"), match["state"], tuple(PROOF.findall(match["proof"])))


def _definitions(module: ast.Module) -> Iterator[tuple[str, Definition]]:
    for node in module.body:
        if isinstance(node, DOCUMENTED):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            yield from ((target.id, node) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node


def _words(definition: Definition) -> set[str]:
    """Give the names, attributes, parameters and texts in a piece of code; a docstring proves nothing."""
    nodes = list(ast.walk(definition))
    docs = {
        id(node.body[0].value) for node in nodes if isinstance(node, DOCUMENTED) and isinstance(node.body[0], ast.Expr)
    }
    words: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            words.add(node.value)
        elif isinstance(node, ast.Name):
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
        elif isinstance(node, ast.arg):
            words.add(node.arg)
    return words
