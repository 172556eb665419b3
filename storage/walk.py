"""Walks through whole tables a stretch at a time and looks up what a stretch tells of, so that a check of a million papers holds a thousand."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, literal, select, tuple_

from storage.session import AnyRow, Session

AT_ONCE = 1000
"""Rows of a stretch."""
KEYS_AT_ONCE = 500
"""Values in one IN list."""


class ReadsAlong(Session):
    """Reads tables from one end to the other, all of it as of one moment."""

    def along(
        self, wanted: Sequence[ColumnElement[Any]], keys: Sequence[Column[Any]], *where: ColumnElement[bool]
    ) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Give some columns of every row there is, stretch by stretch in the order of its keys, which have an index."""
        every = select(*wanted, *(key.label(f"key{place}") for place, key in enumerate(keys)))
        every = every.where(*where).order_by(*keys).limit(AT_ONCE)
        rest, width = every, len(wanted)
        while found := self._rows("row", rest):
            yield [tuple(row[:width]) for row in found]
            if len(found) < AT_ONCE:
                return
            rest = every.where(_behind(keys, found[-1][width:]))

    def those(
        self, wanted: Select[*tuple[Any, ...]], column: ColumnElement[Any], values: Iterable[Any]
    ) -> list[AnyRow]:
        """Give the rows in which a column has one of some values; None is none."""
        once = [value for value in dict.fromkeys(values) if value is not None]
        starts = range(0, len(once), KEYS_AT_ONCE)
        some = (wanted.where(column.in_(once[start : start + KEYS_AT_ONCE])) for start in starts)
        return [row for statement in some for row in self._rows("row", statement)]


def _behind(keys: Sequence[Column[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    """The rows behind the last one that was given."""
    values = [literal(value, key.type) for key, value in zip(keys, last, strict=True)]
    behind: ColumnElement[bool] = tuple_(*keys) > tuple_(*values) if len(keys) > 1 else keys[0] > values[0]
    return behind
