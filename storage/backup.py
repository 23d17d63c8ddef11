"""A copy of an SQLite database that is in use."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.engine.errors import ThreadlineError
from storage.database import Database
from storage.transaction import storage_errors

PAGES = 1_000
"""Pages copied in one step; between two steps the program can be interrupted."""

COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite adds to the name of a file for those that belong to it while it is in use."""

GROUP = 0o070


class BackupRefused(ThreadlineError):
    """There is no backup, for a reason that the sentence says; nothing was changed."""


def back_up(database: Database, file: Path, overwrite: bool = False) -> int:
    """Copy the database into the file, and return the copy's size in bytes.

    The copy is the database of one moment, also while others write, who are not held up. It is checked, on the disk,
    and as private as the database before it takes its name; until then `file` is as it was. Blocks, and can be
    interrupted. Raises BackupRefused, and StorageUnavailable where the database itself cannot be read.
    """
    if database.on_postgres:
        raise BackupRefused("A database in PostgreSQL is backed up with PostgreSQL's own pg_dump.")
    source, target = (Path(os.path.realpath(path)) for path in (str(database.url.database), file))
    with _failures(file):
        _refuse(source, target, overwrite)
        with TemporaryDirectory(dir=target.parent, prefix=".threadline-backup-") as folder:
            copy = Path(folder) / "copy"
            _copy(source, copy)
            _restrict(copy, source)
            _sync(copy)
            _refuse(source, target, overwrite)  # it took a while
            copy.replace(target)
        _sync(target.parent)
        return target.stat().st_size


def _refuse(source: Path, target: Path, overwrite: bool) -> None:
    """Raise BackupRefused where the copy cannot, or should not, take its name."""
    if not source.exists():
        raise BackupRefused(f"There is no database yet: {source} does not exist.")
    if not target.parent.is_dir():
        raise BackupRefused(f"There is no folder {target.parent} for the backup.")
    if target in (source, *_companions(source)) or (target.exists() and target.samefile(source)):
        raise BackupRefused(f"{target} is the database itself; name another file.")
    if target.exists() and not target.is_file():
        raise BackupRefused(f"{target} is not a file; name a file in a folder that exists.")
    if target.exists() and not overwrite:
        raise BackupRefused(f"{target} exists already; --force overwrites it.")
    for companion in _companions(target):
        if companion.exists():  # SQLite would take it for the copy's
            raise BackupRefused(f"{target} seems to be a database in use: there is {companion.name} beside it.")


def _companions(file: Path) -> list[Path]:
    return [file.with_name(file.name + ending) for ending in COMPANIONS]


def _copy(source: Path, copy: Path) -> None:
    """Copy the pages, in steps, within one read transaction, and check them.

    Without the transaction every commit of somebody else would make SQLite begin anew. In WAL mode it holds up nobody;
    only the log grows meanwhile.
    """
    with closing(sqlite3.connect(copy, isolation_level=None)) as target:
        with closing(_at_one_moment(source)) as original:
            original.backup(target, pages=PAGES, progress=let_interrupt)
        target.execute("PRAGMA journal_mode=DELETE")  # it came as a WAL one; a backup is one plain file
        (said,) = target.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise BackupRefused(f"There is no backup: the database is damaged ({said.splitlines()[0]}).")


def _at_one_moment(source: Path) -> sqlite3.Connection:
    """A connection to a file that is there, in a transaction that goes on seeing what it sees now."""
    with storage_errors():
        original = sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True, isolation_level=None)
        try:
            original.execute("BEGIN")
            original.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except BaseException:
            original.close()
            raise
    return original


def let_interrupt(_status: int, _remaining: int, _total: int) -> None:
    """Python looks for signals while it runs code of its own only."""


def _restrict(copy: Path, source: Path) -> None:
    """Let nobody read the copy who cannot read the database: a group may be another one in the copy's folder."""
    original = source.stat()
    other_group = copy.stat().st_gid != original.st_gid
    copy.chmod(original.st_mode & 0o777 & (~GROUP if other_group else 0o777))


def _sync(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _failures(file: Path) -> Iterator[None]:
    """Turn what the disk or SQLite says of the copy into one sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BackupRefused(f"There is no backup in {file}: {reason}.") from error
