"""The ways to alter an archive: each does it once to a paper nobody has touched yet, and tells by what names that must be found."""

import contextlib
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Boolean

from storage import committed
from storage.log import leaf_hash
from storage.patterns import written
from storage.tables import metadata
from tests.drills.hands import Hands
from tests.drills.kept import PAPERS, SPOILT, now
from tests.shelf import PATTERN, REFUSED

YEAR = timedelta(days=400)
DAY = timedelta(days=1)
LEDGER = "number_blocks/1"
"""The block of all papers: whatever is changed in it shows at each of them."""
OVERWRITTEN = "supersede"
"""A leaf of this kind behind which a revocation lies commits to a reason that is no longer kept: its salt proves nothing."""


KEYS = {"documents": "id", "entries": "id", "numbers": "seq", "leaves": "index"}
LEFT_ALONE = {
    "documents": {"id", "status"},
    "entries": set(),
    "numbers": {"block_id", "seq"},
    "leaves": {"index"},
}
"""Keys whose change is another way of deleting and putting in, and the status, which has a way of its own."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper's places: every name by which a check may speak of it."""

    serial: str
    number: str
    entries: tuple[int, ...]
    leaves: tuple[int, ...]
    objects: tuple[str, ...]

    def names(self) -> frozenset[str]:
        """The names."""
        entries = {form for one in self.entries for form in (str(one), f"entry {one}")}
        return frozenset({self.serial, self.number, *entries, *map(str, self.leaves), *self.objects})


def paper_of(hands: Hands, serial: str) -> Paper:
    """Look a paper's places up."""
    ((number, *objects),) = hands.run(
        "SELECT number, pdf, docx, layout FROM documents WHERE serial = ?", serial
    )
    filed = hands.run("SELECT id, sha256 FROM entries WHERE serial = ? ORDER BY id", serial)
    leaves = hands.run('SELECT "index" FROM leaves WHERE serial = ? ORDER BY "index"', serial)
    return Paper(
        serial,
        number,
        tuple(one for one, _name in filed),
        tuple(index for (index,) in leaves),
        tuple({*objects, *(name for _one, name in filed)}),
    )


def flipped(dice: random.Random, data: bytes) -> bytes:
    """The same bytes but for one bit."""
    place = dice.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def another(dice: random.Random, value: Any) -> Any:
    """Another value of the same kind, as somebody would write it who knows the column."""
    if isinstance(value, bytes | memoryview):
        return flipped(dice, bytes(value))
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.choice([-3, -1, 1, 7, 1000])
    if isinstance(value, float):
        return value + dice.choice([-1.5, 0.25, 40.0])
    if isinstance(value, date):
        return value + timedelta(days=dice.choice([-365, -1, 1]))
    return dice.choice(["x", "0" * 12]) if value is None else _other_text(dice, value)


def _other_text(dice: random.Random, text: str) -> str:
    if text.startswith(("{", "[")):
        read = json.loads(text)
        place = dice.choice(list(read)) if isinstance(read, dict) and read else None
        changed = {**read, place: "另一"} if isinstance(read, dict) else [*read, "x"]
        return json.dumps(changed, ensure_ascii=False, separators=(",", ":"))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        place = dice.randrange(len(text)) if text else 0
        letters = [letter for letter in string.ascii_uppercase + "文武" if letter != text[place : place + 1]]
        return text[:place] + dice.choice(letters) + text[place + 1 :]
    step = dice.choice([timedelta(seconds=90), timedelta(hours=5), YEAR]) * dice.choice([-1, 1])
    return committed.moment(moment + step) if "T" in text else (moment + 365 * DAY).date().isoformat()


Tamper = Callable[[Hands, random.Random, Paper, Paper], frozenset[str]]
"""Alters the archive for a paper, with another one at hand; gives the names that count besides the first paper's own."""
NONE: frozenset[str] = frozenset()


def bit_of_object(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """One bit of a file."""
    file = hands.file(dice.choice(paper.objects))
    file.write_bytes(flipped(dice, file.read_bytes()))
    return NONE


def object_deleted(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """A file gone, or cut short."""
    file = hands.file(dice.choice(paper.objects))
    if dice.random() < 0.3:
        file.write_bytes(file.read_bytes()[: dice.choice([0, 5])])
    else:
        file.unlink()
    return NONE


def pdf_swapped_on_disk(hands: Hands, _dice: random.Random, paper: Paper, other: Paper) -> frozenset[str]:
    """The bytes of one paper under the name of another's."""
    ((mine,),) = hands.run("SELECT pdf FROM documents WHERE serial = ?", paper.serial)
    ((theirs,),) = hands.run("SELECT pdf FROM documents WHERE serial = ?", other.serial)
    hands.file(mine).write_bytes(hands.file(theirs).read_bytes())
    return NONE


def pdf_swapped_in_rows(hands: Hands, dice: random.Random, paper: Paper, other: Paper) -> frozenset[str]:
    """Row and entry of one paper name another's PDF."""
    ((theirs,),) = hands.run("SELECT pdf FROM documents WHERE serial = ?", other.serial)
    if dice.random() < 0.7:
        hands.run("UPDATE documents SET pdf = ? WHERE serial = ?", theirs, paper.serial)
    hands.run("UPDATE entries SET sha256 = ? WHERE serial = ? AND kind = 'document'", theirs, paper.serial)
    return NONE


def row_edited(table: str, where: str) -> Tamper:
    """One column of one row that tells of a paper."""

    def edit(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
        row = hands.row(table, where, paper.serial)
        if table == "leaves":
            row = hands.row(table, '"index" = ?', dice.choice(paper.leaves))
        while True:
            column = dice.choice(sorted(row.keys() - LEFT_ALONE[table]))
            if (table, column) == ("leaves", "salt") and _is_overwritten(hands, row):
                continue
            value = another(dice, row[column])
            change = f'UPDATE {table} SET "{column}" = ? WHERE "{KEYS[table]}" = ?'
            with contextlib.suppress(*REFUSED):  # no such value may stand there: another is tried
                hands.run(change, value, row[KEYS[table]])
                return frozenset({str(value), f"entry {value}"})

    return edit


def _is_overwritten(hands: Hands, leaf: dict[str, Any]) -> bool:
    later = 'SELECT count(*) FROM leaves WHERE serial = ? AND kind = ? AND "index" > ?'
    return leaf["kind"] == OVERWRITTEN and hands.run(later, leaf["serial"], "revoke", leaf["index"]) != [(0,)]


def _fitting(dice: random.Random, table: str, column: str, value: Any) -> Any:
    """Another value that the column can hold: SQLite keeps a flag as 0 or 1."""
    if isinstance(metadata.tables[table].c[column].type, Boolean):
        return not value if isinstance(value, bool) else 1 - value
    return another(dice, value)


def kept_row_edited(hands: Hands, dice: random.Random, _paper: Paper, _other: Paper) -> frozenset[str]:
    """One column of a row of any other table that is kept for ever: a look, a scan, a photo, a block of numbers …"""
    while True:
        table = dice.choice(sorted(committed.ROWS))
        keys = committed.ROW_KEYS.get(table, committed.ROWS[table][:1])
        rows = hands.rows(table, "1 = 1")
        if not rows:
            continue
        row = dice.choice(rows)
        ref = committed.kept(table, row).ref
        column = dice.choice(sorted(set(committed.ROWS[table]) - set(keys)))
        where = " AND ".join(f'"{key}" = ?' for key in keys)
        with contextlib.suppress(*REFUSED):
            if ref not in {*hands.touched, LEDGER}:
                value = _fitting(dice, table, column, row[column])
                hands.run(
                    f'UPDATE {table} SET "{column}" = ? WHERE {where}', value, *(row[key] for key in keys)
                )
                hands.touched.add(ref)
                more = {str(row[key]) for key in keys} | {str(row[column]), str(value)}
                if table == "number_blocks":  # one that is said to begin earlier has gaps
                    more |= {f"{row['id']}/{seq}" for seq in range(-2, 1)}
                return frozenset({ref, *more})


def status_edited(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """Another standing: raised, taken back, or ended without a word."""
    ((present,),) = hands.run("SELECT status FROM documents WHERE serial = ?", paper.serial)
    others = [one for one in ("pending", "effective", "revoked", "superseded") if one != present]
    hands.run("UPDATE documents SET status = ? WHERE serial = ?", dice.choice(others), paper.serial)
    return NONE


def leaf_bit(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """One bit of what a leaf says, or of its hash; sometimes the hash is made to fit."""
    leaf = hands.row("leaves", '"index" = ?', dice.choice(paper.leaves))
    column = dice.choice(["payload", "payload", "hash"])
    value = flipped(dice, bytes(leaf[column]))
    hands.run(f'UPDATE leaves SET {column} = ? WHERE "index" = ?', value, leaf["index"])
    if column == "payload" and dice.random() < 0.5:
        hands.run('UPDATE leaves SET hash = ? WHERE "index" = ?', leaf_hash(value), leaf["index"])
    return NONE


def row_deleted(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """A row gone: the paper's, its number's, its entry's, a leaf."""
    choice = dice.randrange(4)
    if choice == 0:
        hands.run("DELETE FROM documents WHERE serial = ?", paper.serial)
    elif choice == 1:
        hands.run("DELETE FROM numbers WHERE serial = ?", paper.serial)
    elif choice == 2:
        hands.run("DELETE FROM entries WHERE id = ?", dice.choice(paper.entries))
    else:
        hands.run('DELETE FROM leaves WHERE "index" = ?', dice.choice(paper.leaves))
    return NONE


def inserted(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """A row put in with an old date, and no leaf: a paper, an item in its file, a number written off, a leaf of nothing."""
    back = committed.moment(now() - YEAR)
    choice = dice.randrange(4)
    if choice == 0:
        serial = f"F{dice.randrange(10**11):011d}"
        row = hands.row("documents", "serial = ?", paper.serial)
        token = f"TOKEN{serial}"
        more = {"id": dice.randrange(10**6, 10**9), "serial": serial, "number": f"own {serial}"}
        hands.put("documents", {**row, **more, "token": token, "code_text": token, "created_at": back})
        return frozenset({serial})
    if choice == 1:
        row = hands.row("entries", "serial = ?", paper.serial)
        key = dice.randrange(10**6, 10**9)
        hands.put("entries", {**row, "id": key, "created_at": back})
        return frozenset({str(key), f"entry {key}"})
    if choice == 2:
        row = hands.row("numbers", "serial = ?", paper.serial)
        seq = row["seq"] + 100_000
        number = f"14042620262012{seq}"
        more = {"seq": seq, "number": number, "state": "void", "serial": None, "changed_at": back}
        hands.put("numbers", {**row, **more})
        return frozenset({number})
    row = hands.row("leaves", '"index" = ?', paper.leaves[0])
    index = dice.randrange(10**6, 10**9)
    hands.put("leaves", {**row, "index": index, "created_at": back})
    return frozenset({str(index)})


TOGETHER: dict[str, tuple[Tamper, ...]] = {
    "bit flipped in a file": (bit_of_object,),
    "file deleted or cut": (object_deleted,),
    "PDF swapped": (pdf_swapped_on_disk, pdf_swapped_in_rows),
    "row edited": (
        row_edited("documents", "serial = ?"),
        row_edited("entries", "serial = ?"),
        row_edited("numbers", "serial = ?"),
        status_edited,
        kept_row_edited,
        kept_row_edited,
    ),
    "row deleted": (row_deleted,),
    "row back-dated": (inserted,),
    "leaf edited": (row_edited("leaves", "serial = ?"), leaf_bit),
}
"""Many of these may be done to one archive: each is found by the names of its own paper."""


def forged_paper(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """Another name on a paper, with digest, leaf, nodes and head made to fit: nothing inside differs."""
    with hands.reading() as reading:
        document = reading.document(paper.serial)
        leaf = next(one for one in reading.leaves_of(paper.serial) if one.kind == "issue")
    made = replace(document, created_by=f"{document.created_by}{dice.randrange(10)}")
    row = {name: getattr(made, name) for name in made.__slots__}
    payload = committed.leaf_bytes(committed.issued(row), leaf.created_at, leaf.salt)
    hands.run("UPDATE documents SET created_by = ? WHERE serial = ?", made.created_by, paper.serial)
    where = 'UPDATE leaves SET payload = ?, hash = ? WHERE "index" = ?'
    hands.run(where, payload, leaf_hash(payload), leaf.index)
    hands.relog()
    return NONE


def _forged_entry(
    hands: Hands, dice: random.Random, paper: Paper, at: datetime
) -> tuple[int, dict[str, Any]]:
    """An item put into a file as of a moment, and the leaf that fits it; without a place in the log yet."""
    with hands.reading() as reading:
        entry = reading.entries_of(paper.serial)[0]
    key = dice.randrange(10**6, 10**9)
    made = replace(entry, id=str(key), created_at=at)
    row = {name: getattr(made, name) for name in made.__slots__}
    hands.put("entries", {**row, "id": key, "created_at": committed.moment(at)})
    salt = dice.randbytes(16)
    payload = committed.leaf_bytes(committed.filed(row), at, salt)
    leaf = {"kind": "entry", "serial": entry.serial, "hash": leaf_hash(payload), "payload": payload}
    return key, {**leaf, "created_at": committed.moment(at), "ref": str(key), "salt": salt}


def put_in_between(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """An item with its leaf among those of its day: the later leaves step aside, nodes and head fit."""
    place = dice.choice(paper.leaves)
    at = datetime.fromisoformat(hands.row("leaves", '"index" = ?', place)["created_at"])
    _key, leaf = _forged_entry(hands, dice, paper, at)
    hands.run('UPDATE leaves SET "index" = -"index" - 1 WHERE "index" >= ?', place)
    hands.run('UPDATE leaves SET "index" = -"index" WHERE "index" < 0')
    hands.put("leaves", {"index": place, **leaf})
    hands.relog()
    return NONE


def row_unreadable(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """Something in a row that nobody can read: no JSON, no moment."""
    column, value = dice.choice([("facts", "{"), ("data", ""), ("created_at", "yesterday")])
    hands.run(f"UPDATE documents SET {column} = ? WHERE serial = ?", value, paper.serial)
    ((key,),) = hands.run("SELECT id FROM documents WHERE serial = ?", paper.serial)
    return frozenset({f"documents/{key}"})


def appended_as_old(hands: Hands, dice: random.Random, paper: Paper, _other: Paper) -> frozenset[str]:
    """An item with its leaf at the end of the log, both dated a year back."""
    key, leaf = _forged_entry(hands, dice, paper, now() - YEAR)
    ((size,),) = hands.run("SELECT size FROM log_head")
    hands.put("leaves", {"index": size, **leaf})
    hands.relog()
    return frozenset({f"entry {key}", str(size)})


def end_taken_away(hands: Hands, dice: random.Random, _paper: Paper, _other: Paper) -> frozenset[str]:
    """The last leaves with what they tell of, and the head set back."""
    ((size,),) = hands.run("SELECT size FROM log_head")
    for index in range(size - 1, size - 1 - dice.randrange(1, 9), -1):
        leaf = hands.row("leaves", '"index" = ?', index)
        hands.run('DELETE FROM leaves WHERE "index" = ?', index)
        if leaf["kind"] in committed.ENDS.values():
            undone = "UPDATE documents SET status = 'pending', reason = NULL, superseded_by = NULL WHERE serial = ?"
            hands.run(undone, leaf["serial"])
    hands.relog()
    return NONE


def node_edited(hands: Hands, dice: random.Random, _paper: Paper, _other: Paper) -> frozenset[str]:
    """A node changed, gone or put in."""
    level, index, found = dice.choice(hands.run("SELECT * FROM log_nodes"))
    choice = dice.randrange(3)
    if choice == 0:
        hands.run('UPDATE log_nodes SET hash = ? WHERE "index" = ?', flipped(dice, bytes(found)), index)
    elif choice == 1:
        hands.run('DELETE FROM log_nodes WHERE "index" = ?', index)
    else:
        index += 7
        hands.run("INSERT INTO log_nodes VALUES (?, ?, ?)", level, index, found)
    return frozenset({f"{level}/{index}"})


def block_edited(hands: Hands, dice: random.Random, _paper: Paper, _other: Paper) -> frozenset[str]:
    """One column of the block that the papers' numbers are of."""
    row = hands.row("number_blocks", "id = 1")
    while True:
        column = dice.choice(sorted(row.keys() - {"id"}))
        with contextlib.suppress(*REFUSED):
            hands.run(f'UPDATE number_blocks SET "{column}" = ? WHERE id = 1', another(dice, row[column]))
            return frozenset({LEDGER, written(PATTERN, PAPERS + SPOILT + 1)})


def head_edited(hands: Hands, dice: random.Random, _paper: Paper, _other: Paper) -> frozenset[str]:
    """The log's own count."""
    ((size,),) = hands.run("SELECT size FROM log_head")
    size += dice.choice([-5, 1, 10**6])
    hands.run("UPDATE log_head SET size = ?", size)
    return frozenset({str(size)})


ALONE: dict[str, tuple[Tamper, ...]] = {
    "forged with its leaf": (forged_paper,),
    "put in with its leaf": (put_in_between, appended_as_old),
    "end of the log taken away": (end_taken_away,),
    "node or head edited": (node_edited, head_edited),
    "block edited": (block_edited,),
    "row made unreadable": (row_unreadable,),
}
"""What touches the log as a whole: one to an archive; the ranges between checkpoints tell where."""
