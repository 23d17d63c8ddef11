"""A Chromium for the tests of the page: found, or Debian's installed where that may be done without asking."""

import os
import platform
import shutil
import subprocess
from functools import cache
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
MISSING = (
    "The tests of the page need Chromium or Chrome: install one (Debian: apt-get install chromium), name it in "
    "CHROMIUM, or leave these tests out with --no-browser."
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser for one test needs no sandbox of its own (as root it has none), and shall call nobody by itself."""


class NoChromium(Exception):
    """There is none, and none could be installed; the text says what to do."""


@cache
def chromium() -> str:
    """The path of a Chromium or Chrome; installs Debian's as root. Raises NoChromium."""
    found = find_chromium()
    if found is None and may_install():
        install()
        found = find_chromium()
    if found is None:
        raise NoChromium(MISSING)
    return found


def find_chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((path for path in ELSEWHERE if Path(path).is_file()), None)


def may_install() -> bool:
    """Whether this is a Debian whose root we are: elsewhere a package is not ours to install."""
    if "CHROMIUM" in os.environ or not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def install() -> None:
    """Install Debian's; where that fails nothing was found, and the sentence says so."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium", "fonts-noto-color-emoji"]):
        subprocess.run(["apt-get", "-q", *command], env=environment, check=False, stdout=subprocess.DEVNULL)  # noqa: S603, S607
