"""SQL that is built and compiled once, and run on the driver with values by name.

To build a statement anew and take it through SQLAlchemy's execution costs three to nine times what the driver needs to
run it, and a turn runs some fifteen of them.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Column, Dialect, Executable, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]

QUICK = "quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"
"""Part of a statement for PostgreSQL that does not wait for the disk. What is read from `quick` comes after it."""


def driver_of(connection: AsyncConnection) -> Any:
    """The driver's own connection under SQLAlchemy's; what runs on it is part of the same transaction."""
    assert connection.sync_connection is not None
    return connection.sync_connection.connection.driver_connection


class Statement:
    """A statement of SQLAlchemy's Core; what changes from run to run stands in it as a `bindparam` with a type.

    It knows no `in_`: lists in one are written anew at each run. Running it gives named tuples, and raises the driver's
    own errors, and KeyError where a value is missing.
    """

    def __init__(self, core: Executable) -> None:
        self._core = core
        self._compiled: dict[str, _Compiled] = {}

    async def run_on_postgres(self, driver: Any, dialect: Dialect, values: Mapping[str, Any]) -> list[Any]:
        compiled = self._for(dialect)
        cursor = await driver.execute(compiled.sql, compiled.by_name(values))
        return compiled.rows(await cursor.fetchall()) if compiled.gives_rows else []

    def run_on_sqlite(self, driver: sqlite3.Connection, dialect: Dialect, values: Mapping[str, Any]) -> list[Any]:
        compiled = self._for(dialect)
        return compiled.rows(driver.execute(compiled.sql, compiled.by_place(values)).fetchall())

    def _for(self, dialect: Dialect) -> "_Compiled":
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _Compiled(self._core, dialect)
        return self._compiled[dialect.name]


class Query(Statement):
    """A statement that changes and locks nothing.

    On PostgreSQL it needs no transaction around it, for there each statement sees what was committed when it began.
    """


def sql(words: str, given: Sequence[BindParameter[Any]], gives: Sequence[Column[Any]] = ()) -> Statement:
    """A statement in a database's own words: what it is given as `:name`, and the columns of what it gives."""
    plain = text(words).bindparams(*given)
    return Statement(plain.columns(*gives) if gives else plain)


class _Compiled:
    """A statement in one dialect, with the conversions that its types ask for on the way in and out."""

    def __init__(self, core: Any, dialect: Dialect) -> None:
        compiled = core.compile(dialect=dialect)
        columns: Sequence[Any] = list(getattr(core, "exported_columns", ()))
        self.sql = str(compiled)
        self.gives_rows = bool(columns)
        self._places: Sequence[str] = compiled.positiontup or ()
        self._write = {name: _to_driver(bind.type, dialect) for name, bind in compiled.binds.items()}
        own = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
        self._own = self._written(own)
        self._row = _row_of([column.key for column in columns])
        readers = [(place, _from_driver(column.type, dialect)) for place, column in enumerate(columns)]
        self._read = [(place, read) for place, read in readers if read is not None]

    def by_name(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._own, **self._written(values)}

    def by_place(self, values: Mapping[str, Any]) -> list[Any]:
        named = self.by_name(values)
        return [named[name] for name in self._places]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        return [self._made(row) for row in found]

    def _written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: write(values[name]) if (write := self._write[name]) else values[name] for name in values}

    def _made(self, row: Sequence[Any]) -> Any:
        read = list(row)
        for place, convert in self._read:
            read[place] = convert(read[place])
        return self._row._make(read)


def _row_of(names: Sequence[str]) -> Any:
    return namedtuple("Row", names)


def _to_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    convert: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert
