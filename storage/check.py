"""Proves rows, objects, numbers and log against each other, in both directions, and names every difference."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from storage import ledgers, logged, ordered
from storage.archive import Archive, Reading
from storage.errors import ObjectDamaged, StorageError, StoreAway
from storage.faults import HARMLESS, MESSAGES, Fault
from storage.objects.folder import NAME
from storage.objects.store import Store
from storage.records import Document, Entry, Head
from storage.scratch import Scratch
from storage.tables import decisions, documents, entries, reviews

AT_ONCE = 1000
"""Objects whose names are set aside in one go."""

__all__ = ["HARMLESS", "MESSAGES", "Fault", "check"]


def check(archive: Archive, checkpoints: Sequence[Head] = ()) -> list[Fault]:
    """Check everything and list the differences, none when all agree; reads every object once.

    `checkpoints` are heads of the log that somebody else has kept: against whoever may write every row, only they hold.
    The service may be running: what it adds meanwhile shows at most as harmless. When a row cannot even be read, that
    is named, and nothing else is said before it is mended. Rows are gone through in stretches, so that memory does not
    grow with the archive: what is to be held against objects waits in a file of the system's temporary folder.
    """
    with Scratch() as scratch:
        with archive.read() as reading:
            found = [Fault("database_damaged", line) for line in reading.engine_faults()]
            found += [Fault("guard_missing", name) for name in sorted(reading.missing_guards())]
            unreadable = [Fault("row_unreadable", about) for about in reading.unreadable_rows()]
            if unreadable:
                return [*found, *unreadable]
            above = ledgers.gather(reading)
            found += _documents(reading, scratch, above)
            found += _entries(reading, scratch)
            found += ledgers.faults(reading, above.blocks)
            found += _reviews(reading, scratch)
            found += (Fault("arrival_left_half", one) for one in reading.left_half())
            found += logged.faults(reading, checkpoints)
            found += (Fault(code, about) for code, about in ordered.faults(reading))
            _set_aside(reading, scratch)
        found += _objects(scratch, archive.objects)
        found += _records(scratch, archive.objects)
        found += _standing(scratch, archive.objects)
    return found


def _documents(reading: Reading, scratch: Scratch, above: ledgers.Above) -> Iterator[Fault]:
    """The printed facts have the digest that was signed, the paper lies in a file, and a stamped one has its template."""
    sources = reading.source_templates()
    ended = {closure.org: closure for closure in reading.closures()}
    filed = select(entries.c.serial, entries.c.sha256, entries.c.kind)
    for rows in reading.along([documents.c[field.name] for field in fields(Document)], [documents.c.id]):
        some = [Document(*row) for row in rows]
        items = reading.those(filed, entries.c.serial, [document.serial for document in some])
        papers = {(item.serial, item.sha256) for item in items}
        for document in some:
            whole = _digest(document.facts)
            if not document.digest or not whole.startswith(document.digest):
                yield Fault("facts_digest", document.serial)
            if document.tier == 1 and document.template_hash not in sources:
                yield Fault("template_lost", document.serial)
            if (document.serial, document.pdf) not in papers:
                yield Fault("document_not_filed", document.serial)
        yield from ledgers.papers(reading, some, above)
        yield from logged.papers(reading, some)
        yield from (Fault(code, about) for code, about in ordered.issued_late(ended, some))
        scratch.put("layouts", ((one.serial, one.layout, _record(one)) for one in some))
        effective = {one.serial for one in some if one.status == "effective"}
        scratch.put("effective", ((serial,) for serial in effective))
        checks = (item for item in items if item.kind == "check" and item.serial in effective)
        scratch.put("checks", ((item.serial, item.sha256) for item in checks))


def _digest(value: Mapping[str, Any]) -> str:
    return sha256(
        json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def _record(document: Document) -> str:
    """The digest of the recorded values and whose they are."""
    return _digest({"data": document.data, "student_no": document.student_no})


def _entries(reading: Reading, scratch: Scratch) -> Iterator[Fault]:
    for rows in reading.along([entries.c[field.name] for field in fields(Entry)], [entries.c.id]):
        some = [Entry(str(row[0]), *row[1:]) for row in rows]
        yield from logged.items(reading, some)
        scratch.put("filed", ((entry.id, entry.sha256, entry.size) for entry in some))


def _reviews(reading: Reading, scratch: Scratch) -> Iterator[Fault]:
    """What counts as decided was answered so by somebody, whose answer is kept."""
    given = select(decisions.c.review, decisions.c.answer)
    for rows in reading.along([reviews.c.id, reviews.c.answer], [reviews.c.id], reviews.c.state == "decided"):
        answers = {tuple(row) for row in reading.those(given, decisions.c.review, [row[0] for row in rows])}
        yield from (Fault("review_without_decision", str(row[0])) for row in rows if row not in answers)
    for rows in reading.along([decisions.c.review, decisions.c.answer], [decisions.c.id]):
        scratch.put("given", ((str(review), answer) for review, answer in rows))


def _set_aside(reading: Reading, scratch: Scratch) -> None:
    """Note the objects that rows name, but for what waits on a host for the store to be back."""
    waiting = reading.spooled()
    for names in reading.named_along():
        scratch.put("named", ((name,) for name in names if name not in waiting))


def _objects(scratch: Scratch, store: Store) -> Iterator[Fault]:
    """Every object is what its name says, every row's object is there, and who has no row is named."""
    seen: list[tuple[str, int | None]] = []
    for name in store.names():
        if not NAME.fullmatch(name):
            yield Fault("foreign_file", name)
            continue
        size = None
        try:
            size = len(store.get(name))
        except ObjectDamaged:
            yield Fault("object_damaged", name)
        except StoreAway:
            yield Fault("object_unreadable", name)
        seen.append((name, size))
        if len(seen) == AT_ONCE:
            scratch.put("seen", seen)
            seen = []
    scratch.put("seen", seen)
    for code, query in _COMPARED.items():
        yield from (Fault(code, about) for (about,) in scratch.rows(query))


_COMPARED = {
    "object_missing": "SELECT name FROM named WHERE name NOT IN (SELECT name FROM seen) ORDER BY name",
    "object_orphan": "SELECT name FROM seen WHERE size IS NOT NULL AND name NOT IN (SELECT name FROM named)"
    " ORDER BY name",
    "entry_size": "SELECT entry FROM filed JOIN seen USING (name) WHERE filed.size <> seen.size",
}


def _records(scratch: Scratch, store: Store) -> Iterator[Fault]:
    """The recorded values and whose they are have the digest that lies with the layout; older papers have none."""
    last = ""
    layout: dict[str, Any] = {}
    for serial, name, record in scratch.rows("SELECT serial, name, record FROM layouts ORDER BY name"):
        if name != last:  # papers of the same words may share a file
            # A damaged object is named as such; of another file in its place the leaf differs.
            last, layout = name, _said(store, name)
        if layout.get("record", "") not in {"", record}:
            yield Fault("record_differs", serial)


def _standing(scratch: Scratch, store: Store) -> Iterator[Fault]:
    """A paper counts only because a filed check found it genuine."""
    for (serial,) in scratch.rows("SELECT serial FROM effective"):
        filed = scratch.rows("SELECT name FROM checks WHERE serial = ?", [serial])
        if not any(_genuine(scratch, store, name) for (name,) in filed):
            yield Fault("effective_without_check", serial)


def _genuine(scratch: Scratch, store: Store, name: str) -> bool:
    """Tell whether a filed check is whole and says so, and the answers it stands on were given; a damaged one is named as an object."""
    said = _said(store, name)
    if said.get("verdict") != "genuine":
        return False
    given = "SELECT 1 FROM given WHERE review = ? AND answer = ?"
    return all(
        any(scratch.rows(given, [str(one["review"]), str(one["answer"])])) for one in said.get("reviewed", ())
    )


def _said(store: Store, name: str) -> dict[str, Any]:
    """What a JSON file says; nothing when it is damaged or no JSON object."""
    try:
        said = json.loads(store.get(name))
    except (StorageError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
