"""Leaves rows with garbled values out of every result, and reports them by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Result, Select
from sqlalchemy.orm import ORMExecuteState

from daemon.store.core.json_columns import set_aside
from daemon.store.tables import Base
from daemon.store.tables.garbled import Garbled

KEEPS = {"keeps_garbled": True}  # execution option of queries that repair rows and must see them
_NAMES = ("name", "url", "host", "email")  # the columns that identify a row for people


def leave_out(state: ORMExecuteState) -> Result[Any] | None:
    """Run a statement, and leave rows with garbled values out of its result."""
    if state.execution_options.get("keeps_garbled") or not (state.is_select or _asked(state)):
        return None
    before = Garbled.made
    frozen = state.invoke_statement().freeze()
    if Garbled.made == before:
        return frozen()
    kept = []
    for row in frozen().all():
        if any(map(_is_garbled, row)):
            _tell(state, row)
        else:
            kept.append(row)
    return frozen.with_new_rows(kept)()


def whole(rows: Iterable[Any], but: str = "") -> Iterator[Any]:
    """The rows without garbled values, except in the column `but`."""
    for row in rows:
        if not any(_is_garbled(value) for key, value in row._mapping.items() if key != but):
            yield row


def _is_garbled(value: object) -> bool:
    """Whether this is garbled, or a table's object with a garbled value."""
    if isinstance(value, Base):
        return any(isinstance(one, Garbled) for one in vars(value).values())
    return isinstance(value, Garbled)


def _tell(state: ORMExecuteState, row: Sequence[Any]) -> None:
    """Report the row by its key, as far as it was selected, and by its name for people."""
    values = [pair for expr, value in zip(_asked(state), row, strict=False)
              for pair in _columns(expr, value)]  # fmt: skip
    table, column = next((t, c) for t, c, value in values if isinstance(value, Garbled))
    mine = {c: value for t, c, value in values if t is table}
    # A row without a name is identified by the other values selected with it.
    name = _name_in(mine) or _name_in({c: value for _, c, value in values})
    key = _key_in(mine, table)
    set_aside(getattr(table, "name", "?"), key, name, f"{column} is {str(mine[column])[:60]!r}")


def _key_in(values: Mapping[str, Any], table: Any) -> str:
    """The primary key of a row, as far as it was selected."""
    keys = [column.name for column in table.primary_key] if table is not None else []
    return ", ".join(str(values[name]) for name in keys if name in values)


def _name_in(values: Mapping[str, Any]) -> str:
    """What people call a row by; empty when nothing such was selected."""
    return next((str(values[name]) for name in _NAMES if values.get(name)), "")


def _asked(state: ORMExecuteState) -> list[Any]:
    """What a statement returns: columns, expressions, and classes of rows."""
    if isinstance(state.statement, Select):
        return [one["expr"] for one in state.statement.column_descriptions]
    # Not the descriptions of RETURNING: they fail on functions (SQLAlchemy 2.1).
    return list(getattr(state.statement, "exported_columns", ()))


def _columns(expr: Any, value: Any) -> Iterator[tuple[Any, str, Any]]:
    """Table, name and value of each column in this part of a result."""
    if isinstance(value, Base):
        table = type(value).__table__
        loaded = vars(value)
        yield from ((table, column.name, loaded.get(column.key)) for column in table.columns)
        return
    element = expr.__clause_element__() if hasattr(expr, "__clause_element__") else expr
    element = getattr(element, "element", element)
    own = getattr(element, "table", None)
    # Annotated columns have annotated tables, and those of an alias the alias: their metadata
    # knows the table itself.
    own = getattr(own, "original", own)
    known = Base.metadata.tables.get(getattr(own, "name", ""))
    yield known, getattr(element, "name", "?"), value
