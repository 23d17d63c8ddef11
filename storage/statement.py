"""SQL that is built and compiled once, and run on the driver with values by name.

To build a statement anew and take it through SQLAlchemy's execution costs three to nine times what the driver needs to
run it, and a turn runs some thirty of them.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, Executable
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]


def driver_of(connection: AsyncConnection) -> Any:
    """The driver's own connection under SQLAlchemy's; what runs on it is part of the same transaction."""
    assert connection.sync_connection is not None
    return connection.sync_connection.connection.driver_connection


class Statement:
    """A statement of SQLAlchemy's Core; what changes from run to run stands in it as a `bindparam` with a type.

    It knows no `in_`: lists in one are written anew at each run.
    """

    def __init__(self, core: Executable) -> None:
        self._core = core
        self._compiled: dict[str, _Compiled] = {}

    async def run(self, connection: AsyncConnection, values: Mapping[str, Any]) -> list[Any]:
        """The rows that it gives, as named tuples, in the connection's transaction.

        Raises the driver's own errors, and KeyError where a value is missing.
        """
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _Compiled(self._core, dialect)
        return await self._compiled[dialect.name].run(connection, values)


class _Compiled:
    """A statement in one dialect, with the conversions that its types ask for on the way in and out."""

    def __init__(self, core: Any, dialect: Dialect) -> None:
        compiled = core.compile(dialect=dialect)
        columns: Sequence[Any] = list(getattr(core, "exported_columns", ()))
        self._sql = str(compiled)
        self._places: Sequence[str] | None = compiled.positiontup
        self._write = {name: _to_driver(bind.type, dialect) for name, bind in compiled.binds.items()}
        own = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
        self._own = self._written(own)
        self._row: Any = namedtuple("Row", [column.key for column in columns]) if columns else None
        readers = [(place, _from_driver(column.type, dialect)) for place, column in enumerate(columns)]
        self._read = [(place, read) for place, read in readers if read is not None]

    async def run(self, connection: AsyncConnection, values: Mapping[str, Any]) -> list[Any]:
        written = {**self._own, **self._written(values)}
        rows = await self._rows(driver_of(connection), written)
        return [self._made(row) for row in rows] if self._row else []

    async def _rows(self, driver: Any, written: dict[str, Any]) -> Sequence[Any]:
        """In one trip to the driver's thread, where it has one."""
        rows: Sequence[Any] = ()
        if self._places is not None:
            rows = await driver.execute_fetchall(self._sql, [written[name] for name in self._places])
        else:
            cursor = await driver.execute(self._sql, written)
            if self._row:
                rows = await cursor.fetchall()
        return rows

    def _written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: write(values[name]) if (write := self._write[name]) else values[name] for name in values}

    def _made(self, row: Sequence[Any]) -> Any:
        read = list(row)
        for place, convert in self._read:
            read[place] = convert(read[place])
        return self._row._make(read)


def _to_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    convert: Convert | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert
