"""Where the browser for these tests comes from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import chromium as finding
from tests.browser.chromium import MISSING, NoChromium, find_chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any browser; gives the folder where its programs are."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(finding, "ELSEWHERE", ())
    return tmp_path


def program(path: Path) -> str:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_an_installed_one_is_found_by_its_usual_names(nowhere: Path, name: str) -> None:
    path = program(nowhere / name)
    assert find_chromium() == path


def test_one_can_be_named(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(nowhere / "my-browser")
    monkeypatch.setenv("CHROMIUM", path)
    assert find_chromium() == path


def test_where_none_can_be_had_one_sentence_says_what_to_do(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "may_install", lambda: False)
    with pytest.raises(NoChromium, match="--no-browser"):
        finding.chromium.__wrapped__()


def test_debians_is_installed_where_we_are_root(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`apt-get` here is a script that puts a program where Debian's package would."""
    target = nowhere / "chromium"
    apt = Path(program(nowhere / "apt-get"))
    apt.write_text(f'#!/bin/sh\n[ "$2" = install ] && : > {target} && /bin/chmod 755 {target}\nexit 0\n')
    monkeypatch.setattr(finding, "may_install", lambda: True)
    assert finding.chromium.__wrapped__() == str(target)


@pytest.mark.parametrize(("ci", "exit_code"), [("", 5), ("true", 4)])
def test_they_can_be_left_out_but_not_in_ci(ci: str, exit_code: int, tmp_path: Path) -> None:
    """Exit code 5 is pytest's for no tests, 4 the one of the sentence."""
    environment = {**os.environ, "CI": ci, "CHROMIUM": str(tmp_path / "none")}
    command = [sys.executable, "-m", "pytest", "-q", "--no-browser", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == exit_code, done.stdout
    assert (MISSING in done.stdout + done.stderr) == (exit_code == 4)
