"""What a check looks up in the log and by it: the leaves in stretches, and the rows that the leaves of one stretch tell of."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Column, func, select, tuple_

from storage import committed
from storage.archive import Reading
from storage.records import Document, Entry, Leaf, NumberRow
from storage.session import MAX_ID_DIGITS, select_record
from storage.tables import documents, entries, metadata, numbers
from storage.tables import leaves as log

STATUS_KINDS = frozenset(committed.ENDS.values())
_ONCE = (log.c.kind.not_in(STATUS_KINDS), log.c.salt.is_not(None))
"""Of leaves that tell once and for ever."""
_first = func.min(log.c.index)


@dataclass(frozen=True, slots=True)
class Told:
    """What the leaves of a stretch tell of: documents by serial, entries and written-off numbers by `ref`, facts of other rows by `ref`.

    `last` is the place of the last leaf of a document's status; `again` are the places that repeat an earlier leaf.
    """

    documents: Mapping[str, Document]
    entries: Mapping[str, Entry]
    void: Mapping[str, NumberRow]
    kept: Mapping[str, committed.Fact]
    last: Mapping[str | None, int]
    again: frozenset[int]


def leaves(reading: Reading) -> Iterator[list[Leaf]]:
    """All leaves in order."""
    wanted = [log.c[field.name] for field in fields(Leaf)]
    for rows in reading.along(wanted, [log.c.index]):
        yield [Leaf(*row) for row in rows]


def carried(reading: Reading) -> int | None:
    """The place of the leaf that ends what an upgrade wrote."""
    (found,) = reading.those(
        select(func.max(log.c.index)).where(log.c.kind == "row"), log.c.ref, [committed.CARRIED]
    )
    place: int | None = found[0]
    return place


def told(reading: Reading, some: Sequence[Leaf], before: int) -> Told:
    """Look up what these leaves tell of; `before` is what the head says an upgrade carried in."""
    refs = [leaf.ref for leaf in some if leaf.ref is not None and leaf.kind != "row"]
    rows = [leaf.ref for leaf in some if leaf.ref is not None and leaf.kind == "row"]
    serials = [leaf.serial for leaf in some]
    ended = [leaf.serial for leaf in some if leaf.kind in STATUS_KINDS and leaf.salt]
    last = select(log.c.serial, func.max(log.c.index)).where(
        log.c.kind.in_(STATUS_KINDS), log.c.salt.is_not(None)
    )
    kept = dict(_facts(reading, rows))
    if committed.CARRIED in rows:
        kept[committed.CARRIED] = committed.carried(before)
    return Told(
        {
            row[0]: Document(*row)
            for row in reading.those(select_record(documents, Document), documents.c.serial, serials)
        },
        {
            str(row[0]): Entry(str(row[0]), *row[1:])
            for row in reading.those(
                select_record(entries, Entry), entries.c.id, filter(None, map(_id, refs))
            )
        },
        _void(reading, refs),
        kept,
        {row[0]: row[1] for row in reading.those(last.group_by(log.c.serial), log.c.serial, ended)},
        frozenset(_again(reading, some)),
    )


def _id(text: str) -> int | None:
    """The number a ref or a part of one is written as, if it is one; the copy of a whole scan is of page -1."""
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) <= MAX_ID_DIGITS else None


def _void(reading: Reading, refs: Iterable[str]) -> dict[str, NumberRow]:
    places = [tuple(map(_id, ref.split("/"))) for ref in refs if ref.count("/") == 1]
    wanted = select_record(numbers, NumberRow).where(numbers.c.state == "void")
    found = _by_keys(reading, wanted, [numbers.c.block_id, numbers.c.seq], places)
    return {f"{row[0]}/{row[1]}": NumberRow(*row) for row in found}


def _by_keys(
    reading: Reading, wanted: Any, keys: Sequence[Column[Any]], places: Iterable[tuple[Any, ...]]
) -> Any:
    """The rows with some keys; a key of which a part is None is none."""
    whole = [place for place in places if None not in place]
    if len(keys) == 1:
        return reading.those(wanted, keys[0], [place[0] for place in whole])
    return reading.those(wanted, tuple_(*keys), whole)


def _facts(reading: Reading, refs: Iterable[str]) -> Iterator[tuple[str, committed.Fact]]:
    """What the leaves of other tables' rows commit to, by ref, for those that are there."""
    by_table: dict[str, list[str]] = {}
    for ref in refs:
        of, _, written = ref.partition("/")
        by_table.setdefault(of, []).append(written)
    for name in by_table.keys() & committed.ROWS.keys():
        table = metadata.tables[name]
        keys = [table.c[key] for key in committed.ROW_KEYS.get(name, committed.ROWS[name][:1])]
        wanted = select(*(table.c[column] for column in committed.ROWS[name]))
        for row in _by_keys(reading, wanted, keys, _places(keys, by_table[name])):
            fact = committed.kept(name, dict(zip(committed.ROWS[name], row, strict=True)))
            yield str(fact.ref), fact


def _places(keys: Sequence[Column[Any]], written: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Read keys as they stand in a ref; what cannot be one is left out."""
    for text in written:
        parts = text.split("/") if len(keys) > 1 else [text]
        if len(parts) == len(keys):
            yield tuple(
                _id(part) if key.type.python_type is int else part
                for key, part in zip(keys, parts, strict=True)
            )


def _again(reading: Reading, some: Sequence[Leaf]) -> Iterator[int]:
    """Places of leaves that tell once more what an earlier one told."""
    once = [leaf for leaf in some if leaf.kind not in STATUS_KINDS and leaf.salt is not None]
    by_ref = select(log.c.kind, log.c.ref, _first).where(*_ONCE).group_by(log.c.kind, log.c.ref)
    first: dict[tuple[str, str | None, str | None], int] = {
        (kind, ref, None): index
        for kind, ref, index in reading.those(by_ref, log.c.ref, [leaf.ref for leaf in once])
    }
    # Whether `ref` is there is not asked in SQL: an engine would go through all leaves that have none.
    by_serial = select(log.c.kind, log.c.serial, log.c.ref, log.c.index).where(*_ONCE)
    serials = [leaf.serial for leaf in once if leaf.ref is None]
    for kind, serial, ref, index in reading.those(by_serial, log.c.serial, serials):
        if ref is None:
            first[kind, None, serial] = min(index, first.get((kind, None, serial), index))
    for leaf in once:
        key = leaf.kind, leaf.ref, leaf.serial if leaf.ref is None else None
        if first.get(key, leaf.index) < leaf.index:
            yield leaf.index


def issued_and_ended(reading: Reading, serials: Sequence[str]) -> tuple[set[str], set[str]]:
    """Which of these documents have a leaf of their issue, and which one of a later status."""
    wanted = select(log.c.serial, log.c.kind).where(log.c.salt.is_not(None))
    found = reading.those(wanted, log.c.serial, serials)
    issued = {row.serial for row in found if row.kind == "issue"}
    return issued, {row.serial for row in found if row.kind in STATUS_KINDS}


def issued_at(reading: Reading, serials: Sequence[str | None], before: int) -> dict[str, datetime]:
    """When these documents were issued by their first leaf, an upgrade's own (the first `before`) left out."""
    wanted = select(log.c.serial, log.c.index, log.c.created_at, log.c.salt).where(log.c.kind == "issue")
    at: dict[str, datetime] = {}
    found = sorted(
        (index, serial, moment, salt)
        for serial, index, moment, salt in reading.those(wanted, log.c.serial, serials)
    )
    for index, serial, moment, salt in found:
        if not (salt and index < before):
            at.setdefault(serial, moment)
    return at


def refs(reading: Reading, kind: str, some: Sequence[str]) -> set[str]:
    """Which of these refs have a leaf of a kind."""
    return {row.ref for row in reading.those(select(log.c.ref).where(log.c.kind == kind), log.c.ref, some)}


def refs_without_leaf(reading: Reading) -> Iterator[str]:
    """The rows of tables with leaves of kind `row` that have none, by ref."""
    for name, columns in committed.ROWS.items():
        table = metadata.tables[name]
        keys = [table.c[key] for key in committed.ROW_KEYS.get(name, columns[:1])]
        for rows in reading.along(keys, keys):
            here = ["/".join([name, "/".join(map(str, row))]) for row in rows]
            found = refs(reading, "row", here)
            yield from (ref for ref in here if ref not in found)
