"""What the pages about the stand-ins say is true."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from tests.playground.stand_in_table import Row, problems, read_rows

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Page:
    """A stand-in's page, the methods that it has to tell of, and how a test may write one."""

    path: str
    methods: Callable[[], frozenset[str]]
    spellings: Callable[[str], Iterable[str]]


def as_slacks_sdk_writes_it(method: str) -> tuple[str, str]:
    return method, method.replace(".", "_")


PAGES = [
    Page("docs/stand-in-slack.md", lambda: SlackStandIn().methods, as_slacks_sdk_writes_it),
    Page("docs/stand-in-telegram.md", lambda: TelegramStandIn().methods, lambda method: [method]),
]


def source_of(path: str) -> str:
    file = ROOT / path
    return file.read_text() if file.is_file() else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_the_table_tells_every_method_and_each_proof_is_a_test_of_it(page: Page) -> None:
    rows = read_rows((ROOT / page.path).read_text())
    assert list(problems(rows, page.methods(), source_of, page.spellings)) == []


TESTS = '''
WHERE = "users.info"

class World:
    async def post(self): await self.client.chat_postMessage()

def helper(): return "chat.update"

def test_direct(w): """chat.delete"""; w.call("chat.postMessage")
async def test_through_others(w: World): helper(); WHERE
'''
METHODS = frozenset({"chat.postMessage", "chat.update", "users.info"})
TRUE = """
| method | state | proof |
|---|---|---|
| `chat.postMessage` | supported | `tests/a.py::test_direct`, `tests/a.py::test_through_others` |
| `chat.update` | partly: no files | `tests/a.py::test_through_others` |
| `users.info` | supported | `tests/a.py::test_through_others` |

| surface | state | proof |
|---|---|---|
| Socket Mode | supported | `tests/a.py::test_direct` |
"""


def found(page: str) -> list[str]:
    sources = {"tests/a.py": TESTS}
    rows = read_rows(page)
    return list(problems(rows, METHODS, lambda path: sources.get(path, ""), as_slacks_sdk_writes_it))


def test_rows_are_read_of_methods_and_of_other_surfaces() -> None:
    rows = read_rows(TRUE)
    assert [row.name for row in rows if row.is_method] == ["chat.postMessage", "chat.update", "users.info"]
    assert rows[-1] == Row("Socket Mode", False, "supported", (("tests/a.py", "test_direct"),))


def test_a_true_table_has_no_problems() -> None:
    assert found(TRUE) == []


@pytest.mark.parametrize(
    ("true", "false", "problem"),
    [
        ("`users.info`", "`users.list`", "users.info is there but not in the table"),
        ("`users.info`", "`users.list`", "users.list is in the table but not there"),
        ("`users.info`", "`chat.update`", "chat.update is in the table twice"),
        ("| partly: no files", "| partly", "chat.update is neither supported nor partly: partly"),
        ("| partly: no files", "| planned", "chat.update is neither supported nor partly: planned"),
        ("`tests/a.py::test_direct` |\n", "none |\n", "Socket Mode names no test"),
        ("`tests/a.py::test_direct` |", "`tests/a.py::test_x` |", "Socket Mode: there is no test tests/a.py::test_x"),
        ("`tests/a.py::test_direct` |", "`tests/b.py::test_x` |", "Socket Mode: there is no test tests/b.py::test_x"),
        (
            "| partly: no files | `tests/a.py::test_through_others`",
            "| supported | `tests/a.py::test_direct`",
            "chat.update: tests/a.py::test_direct does not mention it",
        ),
    ],
)
def test_what_is_not_true_of_a_table_is_told(true: str, false: str, problem: str) -> None:
    assert problem in found(TRUE.replace(true, false))


def test_a_docstring_proves_nothing() -> None:
    page = "| `chat.delete` | supported | `tests/a.py::test_direct` |"
    assert "chat.delete: tests/a.py::test_direct does not mention it" in found(page)
