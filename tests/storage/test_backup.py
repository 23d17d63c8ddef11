"""A backup is the database of one moment, or there is none."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.engine.errors import StorageUnavailable
from storage import back_up, open_database
from storage.backup import BackupRefused
from tests.playground.rig import PATIENCE, telegram_rig
from tests.playground.telegram_room import Room
from tests.storage.sqlite_files import is_sound, path_of, rows, write

ROOT = Path(__file__).parents[2]
BALLAST = 20_000_000
"""Bytes that make a copy, page by page, take long enough to do something meanwhile."""

NUMBERS = "SELECT id FROM numbers ORDER BY id"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where backups go, and nothing else."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def path(sqlite_url: str) -> Path:
    """The database, with a table of the test's own."""
    write(path_of(sqlite_url), "CREATE TABLE numbers (id INTEGER PRIMARY KEY)")
    return path_of(sqlite_url)


@pytest.fixture
def long_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.backup.PAGES", 1)
    write(path, "CREATE TABLE ballast (bytes BLOB)")
    write(path, "INSERT INTO ballast VALUES (zeroblob(?))", BALLAST)


@contextmanager
def meanwhile(act: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do something in another thread, which looks at the event for the end."""
    over = threading.Event()
    thread = threading.Thread(target=act, args=(over,))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def is_copying(folder: Path) -> bool:
    """Whether the first pages of a copy are there."""
    return any(copy.stat().st_size for copy in folder.glob(".*/copy"))


def numbers(path: Path) -> list[int]:
    return [number for (number,) in rows(path, NUMBERS)]


def test_the_copy_is_one_plain_file_with_everything_that_was_committed(
    sqlite_url: str, path: Path, folder: Path
) -> None:
    """What a running service committed last is not in its file yet, but in the log beside it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as service:
        service.execute("INSERT INTO numbers VALUES (1)")
        assert path.with_name(path.name + "-wal").stat().st_size > 0
        size = back_up(open_database(sqlite_url), folder / "copy.db")
    assert os.listdir(folder) == ["copy.db"]
    assert (folder / "copy.db").stat().st_size == size
    with closing(sqlite3.connect(folder / "copy.db")) as copy:
        assert copy.execute(NUMBERS).fetchall() == [(1,)]
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert os.listdir(folder) == ["copy.db"]
    assert is_sound(folder / "copy.db")


@pytest.mark.usefixtures("long_copy")
def test_who_commits_all_the_time_is_not_held_up_and_does_not_keep_the_copy_from_ending(
    sqlite_url: str, path: Path, folder: Path
) -> None:
    """The copy is of one moment: of the commits, which came one after another, it has the first ones without a gap."""
    during = []

    def commit(over: threading.Event) -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0.1)) as writer:
            while not over.is_set():
                number = writer.execute("INSERT INTO numbers DEFAULT VALUES").lastrowid
                if is_copying(folder):
                    during.append(number)

    with meanwhile(commit):
        back_up(open_database(sqlite_url), folder / "copy.db")
    copied = numbers(folder / "copy.db")
    assert is_sound(folder / "copy.db")
    assert copied == list(range(1, len(copied) + 1))
    assert len(during) > 3
    assert during[1] not in copied


@pytest.mark.parametrize("before", [None, b"another backup"])
@pytest.mark.usefixtures("long_copy")
def test_an_interrupted_copy_leaves_nothing_behind(sqlite_url: str, folder: Path, before: bytes | None) -> None:
    if before:
        (folder / "copy.db").write_bytes(before)
    left = os.listdir(folder)

    def interrupt(over: threading.Event) -> None:
        while not is_copying(folder) and not over.is_set():
            pass
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught, meanwhile(interrupt):
        back_up(open_database(sqlite_url), folder / "copy.db", overwrite=True)
    assert caught.traceback[-1].name == "let_interrupt"  # at once, not when all is copied
    assert os.listdir(folder) == left
    assert not before or (folder / "copy.db").read_bytes() == before


def test_a_full_disk_leaves_what_was_there_before(sqlite_url: str, path: Path, folder: Path) -> None:
    """A process that may write no files of more than 50 kB stands for the disk."""
    (folder / "copy.db").write_bytes(b"another backup")
    code = (
        "import resource, sys; from pathlib import Path; from storage import back_up, open_database;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
        "back_up(open_database(sys.argv[1]), Path(sys.argv[2]), overwrite=True)"
    )
    command = (sys.executable, "-c", code, sqlite_url, str(folder / "copy.db"))
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert said.stderr.splitlines()[-1].endswith(f"There is no backup in {folder / 'copy.db'}: disk I/O error.")
    assert os.listdir(folder) == ["copy.db"]
    assert (folder / "copy.db").read_bytes() == b"another backup"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_copy_is_as_private_as_the_database(sqlite_url: str, path: Path, folder: Path, mode: int) -> None:
    path.chmod(mode)
    back_up(open_database(sqlite_url), folder / "copy.db")
    assert stat.S_IMODE((folder / "copy.db").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_another_group_may_not_read_the_copy(sqlite_url: str, path: Path, folder: Path) -> None:
    path.chmod(0o660)
    os.chown(path, -1, 12_345)
    back_up(open_database(sqlite_url), folder / "copy.db")
    assert stat.S_IMODE((folder / "copy.db").stat().st_mode) == 0o600


def test_a_file_that_exists_is_overwritten_only_when_asked_for(sqlite_url: str, folder: Path) -> None:
    file = folder / "copy.db"
    file.write_bytes(b"precious")
    with pytest.raises(BackupRefused, match=r"copy\.db exists already; --force overwrites it\.$"):
        back_up(open_database(sqlite_url), file)
    assert file.read_bytes() == b"precious"
    back_up(open_database(sqlite_url), file, overwrite=True)
    assert is_sound(file)
    assert os.listdir(folder) == ["copy.db"]


@pytest.mark.parametrize("way", ["itself", "symlink", "hard link", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("link_in_url", [False, True])
def test_the_database_itself_is_never_overwritten(path: Path, folder: Path, way: str, link_in_url: bool) -> None:
    write(path, "INSERT INTO numbers VALUES (1)")
    file = path.with_name(path.name + way) if way.startswith("-") else folder / "other.db"
    if way == "itself":
        file = path
    elif way == "symlink":
        file.symlink_to(path)
    elif way == "hard link":
        file.hardlink_to(path)
    source = folder / "named.db" if link_in_url else path
    if link_in_url:
        source.symlink_to(path)
    with pytest.raises(BackupRefused, match="is the database itself; name another file"):
        back_up(open_database(f"sqlite:///{source}"), file, overwrite=True)
    assert numbers(path) == [1]


def test_a_link_to_another_backup_stays_a_link(sqlite_url: str, folder: Path) -> None:
    (folder / "latest.db").symlink_to(folder / "monday.db")
    back_up(open_database(sqlite_url), folder / "latest.db")
    assert (folder / "latest.db").readlink() == folder / "monday.db"
    assert is_sound(folder / "monday.db")


def test_another_database_that_is_in_use_is_not_overwritten(sqlite_url: str, folder: Path) -> None:
    """SQLite would take the log of the one for that of the other."""
    file = folder / "other.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE t (n)")
        with pytest.raises(BackupRefused, match=r"in use: there is other\.db-wal beside it"):
            back_up(open_database(sqlite_url), file, overwrite=True)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("nowhere/copy.db", r"There is no folder .*/nowhere for the backup\."),
        ("", r"is not a file; name a file in a folder that exists\."),
        ("/dev/null", r"/dev/null is not a file; name a file"),
        ("x" * 300, r"File name too long\.$"),
    ],
)
def test_a_name_that_cannot_be_written_is_told(sqlite_url: str, folder: Path, file: str, reason: str) -> None:
    with pytest.raises(BackupRefused, match=reason):
        back_up(open_database(sqlite_url), folder / file, overwrite=True)
    assert os.listdir(folder) == []


def test_a_folder_that_may_not_be_written_is_told(sqlite_url: str) -> None:
    """Of the kernel's own, in which not even root makes a file."""
    with pytest.raises(BackupRefused, match=r"^There is no backup in /proc/copy\.db: "):
        back_up(open_database(sqlite_url), Path("/proc/copy.db"))


def test_where_no_database_is_none_is_made(folder: Path) -> None:
    with pytest.raises(BackupRefused, match=r"^There is no database yet: .*/none\.db does not exist\.$"):
        back_up(open_database(f"sqlite:///{folder / 'none.db'}"), folder / "copy.db")
    assert os.listdir(folder) == []


def test_a_file_that_is_no_database_is_told(folder: Path) -> None:
    (folder / "text.db").write_text("Dear diary, " * 100)
    with pytest.raises(StorageUnavailable, match="file is not a database"):
        back_up(open_database(f"sqlite:///{folder / 'text.db'}"), folder / "copy.db")
    assert os.listdir(folder) == ["text.db"]


def test_a_damaged_database_makes_no_backup(sqlite_url: str, path: Path, folder: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'turns'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with pytest.raises(BackupRefused, match=r"^There is no backup: the database is damaged \("):
        back_up(open_database(sqlite_url), folder / "copy.db")
    assert os.listdir(folder) == []


def test_on_postgresql_its_own_tool_is_named(folder: Path) -> None:
    with pytest.raises(BackupRefused, match="pg_dump"):
        back_up(open_database("postgresql://me:hush@127.0.0.1:9/x"), folder / "copy.db")


def test_a_restored_backup_is_what_it_was_only_without_the_log_of_the_one_before(
    sqlite_url: str, path: Path, folder: Path
) -> None:
    """What docs/backup.md says: after a crash the log is still there, and SQLite would go on in it."""
    back_up(open_database(sqlite_url), folder / "copy.db")
    log = path.with_name(path.name + "-wal")
    with closing(sqlite3.connect(path, isolation_level=None)) as service:
        service.execute("INSERT INTO numbers VALUES (1)")
        crashed_with = log.read_bytes()
    path.write_bytes((folder / "copy.db").read_bytes())
    log.write_bytes(crashed_with)
    assert numbers(path) == [1]
    path.write_bytes((folder / "copy.db").read_bytes())
    log.unlink(missing_ok=True)
    assert numbers(path) == []
    assert is_sound(path)


async def test_a_service_on_a_restored_backup_remembers_what_was_said_before_it(sqlite_url: str, folder: Path) -> None:
    """The backup is made while the service runs."""
    async with telegram_rig(sqlite_url, speed=20.0) as (rig, telegram):
        room = Room(rig, telegram)
        await room.say("before")
        await room.sees("You said: before")
        async with asyncio.timeout(PATIENCE):
            while rows(path_of(sqlite_url), "SELECT shown FROM turns") != [(1,)]:
                await asyncio.sleep(0.01)  # a file has nobody to tell
        await asyncio.to_thread(back_up, open_database(sqlite_url), folder / "copy.db")
        await room.say("after")
        await room.sees("You said: before", "You said: after")
        await rig.stop()
        (folder / "copy.db").replace(path_of(sqlite_url))
        await rig.start()
        await room.say("again")
        await room.sees("You said: before", "You said: after", "You said: again")
    asked = [message["content"] for message in rig.endpoint.requests[-1].messages]
    assert asked[1:] == ["before", "You said: before", "again"]
