"""Columns and characters as a reader sees them."""

import pytest

from adapters.markdown.characters import clean, cluster_start, width
from adapters.markdown.monospace import aligned
from adapters.markdown.parse import parse
from adapters.markdown.tree import Table


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("漢字", 4), ("é", 1), ("e\u0301", 1), ("😀", 2), ("👨‍👩‍👧", 2), ("☑️", 2), ("👍🏽", 2), ("", 0)],
)
def test_width_counts_columns(text: str, columns: int) -> None:
    assert width(text) == columns


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "🇩🇪", "e\u0301\u0327", "👍🏽", "각", "\u1112\u1161\u11ab", "❤️"])
def test_no_cut_falls_inside_a_character(cluster: str) -> None:
    text = f"a{cluster}b"
    assert {cluster_start(text, place) for place in range(2, len(cluster) + 1)} <= {1}
    assert cluster_start(text, len(cluster) + 1) == len(cluster) + 1


def test_flags_are_cut_between_pairs() -> None:
    flags = "🇩🇪🇫🇷🇮🇹"
    assert [cluster_start(flags, place) for place in range(7)] == [0, 0, 2, 2, 4, 4, 6]


def test_a_tower_of_marks_can_be_cut() -> None:
    assert cluster_start("a" + "\u0301" * 1000, 500) == 500


def test_clean_keeps_newlines_and_tabs() -> None:
    assert clean("a\r\nb\rc\td\x00\x1b") == "a\nb\nc\td"


def test_columns_are_aligned_whatever_is_in_them() -> None:
    (table,) = parse("| name | n | 漢 |\n|:--|--:|:-:|\n| 👨‍👩‍👧 | 1 | `x` |\n| **long** | 1000 | yyyy |").blocks
    assert isinstance(table, Table)
    assert aligned(table) == ("name │    n │  漢\n─────┼──────┼─────\n👨‍👩‍👧   │    1 │  x\nlong │ 1000 │ yyyy")
