"""The check finds nothing in an honest archive, and names every single thing somebody altered."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from storage import committed, walk
from storage.archive import OBJECTS, Archive
from storage.check import HARMLESS, MESSAGES, Fault, check
from storage.errors import StoreAway
from storage.log import leaf_hash
from storage.patterns import written
from storage.records import Head
from tests.shelf import (
    CHILD,
    COUNTY,
    FORM,
    PATTERN,
    SCHOOL,
    STUDENT,
    Clock,
    Raw,
    block,
    columns_of,
    document,
    furnished,
    issue,
    serial,
)


@pytest.fixture(autouse=True, params=[2, 1000])
def _stretches(request, monkeypatch):
    """Rows are gone through in stretches: a small archive in many, and in one."""
    monkeypatch.setattr(walk, "AT_ONCE", request.param)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def hands(folder, database):
    """Whoever owns the database."""
    return Raw(folder, database)


@pytest.fixture
def archive(folder, database):
    """Three issued documents, one spoilt blank, one number given back, one paper numbered by the school itself."""
    opened = furnished(folder, Clock(), database)
    block(opened)
    for place in (1, 2, 3):
        issue(opened, place)
    with opened.begin() as transaction:
        transaction.take_number(FORM, [SCHOOL], 2026, "spoilt")
        transaction.void_number("spoilt", "打印时卡纸")
        transaction.take_number(FORM, [SCHOOL], 2026, "failed")
        transaction.give_back("failed")
    made = document(opened, 4, "校证第4号", form="certificate")
    with opened.begin() as transaction:
        transaction.add_document(made)
        entry = transaction.entries_of(serial(1))[0]
        fields = {name: getattr(entry, name) for name in entry.__slots__ if name not in {"id", "created_at"}}
        transaction.add_entry(**{**fields, "sha256": made.pdf, "serial": made.serial})
        transaction.set_status(made.serial, "revoked", reason="x")
    checked(opened, 3, "genuine")
    with opened.begin() as transaction:
        transaction.set_status(serial(3), "effective")
    checked(opened, 1, "pending")
    with opened.begin() as transaction:
        transaction.note_access(
            who="d1", role="county", org=COUNTY, archive=STUDENT, what="list", approval=None
        )
    yield opened
    opened.close()


def checked(archive, place, verdict, **more):
    """File the outcome of a scan's check, as receiving does."""
    data = json.dumps({"serial": serial(place), "verdict": verdict, **more}).encode()
    sha256 = archive.objects.put(data)
    with archive.begin() as transaction:
        transaction.add_entry(
            archive=STUDENT,
            kind="check",
            archive_class="学生学籍档案",
            title="核对记录",
            sha256=sha256,
            size=len(data),
            media_type="application/json",
            serial=serial(place),
            by="d1",
        )


def object_file(folder, name):
    return folder / OBJECTS / name[:2] / name[2:4] / name


def found(archive):
    return {(fault.code, fault.about) for fault in check(archive)}


def test_an_honest_archive_has_no_fault(archive):
    """Issued, spoilt, given back and self-numbered papers all agree."""
    assert check(archive) == []


def test_a_running_or_killed_issue_is_harmless(archive):
    """A held number and bytes without a row are named, and called harmless."""
    orphan = archive.objects.put(b"printed, then killed")
    with archive.begin() as transaction:
        held = transaction.take_number(FORM, [SCHOOL], 2026, "X")
    faults = check(archive)
    assert {(fault.code, fault.about) for fault in faults} == {
        ("object_orphan", orphan),
        ("number_held", held.number),
    }
    assert all(fault.harmless and fault.message_zh for fault in faults)


ISSUER = """
import sys
from pathlib import Path
from tests.shelf import Clock, issue
from storage.archive import Archive
archive = Archive.open(Path(sys.argv[1]), Clock(), sys.argv[3])
for place in range(int(sys.argv[2]), 10**6):
    print(issue(archive, place).number, flush=True)
"""


def test_a_killed_issuer_loses_nothing_and_leaves_no_gap(archive, folder, database):
    """kill -9 in the middle, twice: what was answered is kept, the next start goes on where it stopped."""
    told = []
    for kill_after in (7, 12):
        command = [sys.executable, "-c", ISSUER, str(folder), str(1000 * kill_after), database]
        issuer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CHILD)
        told += [issuer.stdout.readline().strip() for _ in range(kill_after)]
        issuer.kill()
        told += issuer.communicate()[0].split()
    later = Clock()
    later.forward(minutes=11)
    reopened = Archive.open(folder, later, database)
    assert {fault.code for fault in check(reopened)} <= {"object_orphan"}
    with reopened.read() as reading:
        kept = {made.number for made in reading.documents(form=FORM)}
        free = [row.number for row in reading.numbers(1) if row.state == "free"]
        left = [*free, written(PATTERN, reading.next_seqs()[1])]
    assert set(told) <= kept
    assert issue(reopened, 99).number == left[0]
    reopened.close()


FIRST, SECOND = serial(1), serial(2)
N1, N2 = "140426202620120001", "140426202620120002"


def put_in(table, where, **changed):
    """Copy a row, but for what is changed."""
    names = columns_of(table)
    wanted = ", ".join(changed.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({listed}) SELECT {wanted} FROM {table} WHERE {where}"


ENTRY_PUT_IN = put_in("entries", "id = 2", id="99")
DOCUMENT_PUT_IN = put_in(
    "documents",
    f"serial = '{SECOND}'",
    id="99",
    serial="'NEW'",
    number="'own'",
    token="token || 'X'",
    code_text="code_text || 'X'",
)
ALTERED = {
    "a name on a diploma": (
        [f"UPDATE documents SET facts = replace(facts, '文勇俊', '文勇') WHERE serial = '{FIRST}'"],
        {("facts_digest", FIRST), ("leaf_differs", FIRST)},
    ),
    "a digest": (
        [f"UPDATE documents SET digest = '' WHERE serial = '{FIRST}'"],
        {("facts_digest", FIRST), ("leaf_differs", FIRST)},
    ),
    "the paper behind a row": (
        [f"UPDATE documents SET pdf = docx WHERE serial = '{FIRST}'"],
        {("leaf_differs", FIRST), ("document_not_filed", FIRST)},
    ),
    "a number on a document": (
        [f"UPDATE documents SET number = '140426202620120300' WHERE serial = '{FIRST}'"],
        {("number_without_document", N1), ("document_without_number", FIRST), ("leaf_differs", FIRST)},
    ),
    "who a paper is of": (
        [f"UPDATE documents SET created_by = 'another' WHERE serial = '{FIRST}'"],
        {("leaf_differs", FIRST)},
    ),
    "a document taken out": (
        ["PRAGMA foreign_keys = OFF", f"DELETE FROM documents WHERE serial = '{FIRST}'"],
        {("number_without_document", N1)} | {("leaf_without_document", place) for place in ("1", "2", "13")},
    ),
    "a number taken out": (
        [f"DELETE FROM numbers WHERE number = '{N2}'"],
        {("number_missing", N2), ("document_without_number", SECOND)},
    ),
    "the last number taken out": (
        ["DELETE FROM numbers WHERE seq = 5"],
        {("number_missing", "140426202620120005")},
    ),
    "a number rewritten": (
        [f"UPDATE numbers SET number = '999' WHERE number = '{N2}'"],
        {("number_text", "999"), ("number_without_document", "999"), ("document_without_number", SECOND)},
    ),
    "a used number freed": (
        [f"UPDATE numbers SET state = 'free', serial = NULL WHERE number = '{N2}'"],
        {("document_without_number", SECOND)},
    ),
    "a pattern": (
        ["UPDATE number_blocks SET pattern = 'none'"],
        {("number_text", f"14042620262012000{seq}") for seq in range(1, 6)}
        | {("leaf_differs", "number_blocks/1")},
    ),
    "a leaf taken out": (
        [f"DELETE FROM leaves WHERE serial = '{SECOND}'"],
        {("leaf_missing", "3"), ("leaf_missing", "4")}
        | {("document_without_leaf", SECOND), ("entry_without_leaf", "2")},
    ),
    "a leaf's hash": (['UPDATE leaves SET hash = zeroblob(32) WHERE "index" = 1'], {("leaf_hash", "1")}),
    "a leaf's payload": (
        [f"UPDATE leaves SET payload = CAST('{{\"serial\":\"x\"}}' AS BLOB) WHERE serial = '{SECOND}'"],
        {("leaf_hash", "3"), ("leaf_hash", "4"), ("leaf_differs", SECOND), ("leaf_differs", "entry 2")},
    ),
    "a status raised": (
        [f"UPDATE documents SET status = 'effective' WHERE serial = '{FIRST}'"],
        {("effective_without_check", FIRST), ("effective_without_leaf", FIRST)},
    ),
    "a revocation undone": (
        [f"UPDATE documents SET status = 'pending' WHERE serial = '{serial(4)}'"],
        {("revocation_differs", serial(4))},
    ),
    "a revocation nobody logged": (
        [f"UPDATE documents SET status = 'revoked' WHERE serial = '{SECOND}'"],
        {("revocation_differs", SECOND)},
    ),
    "a status taken back": (
        [f"UPDATE documents SET status = 'pending' WHERE serial = '{serial(3)}'"],
        {("effective_without_leaf", serial(3))},
    ),
    "the reason of a revocation": (
        [f"UPDATE documents SET reason = 'y' WHERE serial = '{serial(4)}'"],
        {("revocation_differs", serial(4))},
    ),
    "an entry's size": (
        ["UPDATE entries SET size = 1 WHERE id = 2"],
        {("entry_size", "2"), ("leaf_differs", "entry 2")},
    ),
    "an entry's file": (
        ["UPDATE entries SET archive = 'G140499201104120038' WHERE id = 2"],
        {("leaf_differs", "entry 2")},
    ),
    "an entry taken out": (
        ["DELETE FROM entries WHERE id = 2"],
        {("document_not_filed", SECOND), ("leaf_without_row", "4")},
    ),
    "an entry put in": (
        [ENTRY_PUT_IN],
        {("entry_without_leaf", "99")},
    ),
    "a document put in": (
        [DOCUMENT_PUT_IN],
        {("document_without_leaf", "NEW"), ("document_not_filed", "NEW")},
    ),
    "a void number's reason": (
        ["UPDATE numbers SET reason = 'y' WHERE state = 'void'"],
        {("leaf_differs", "140426202620120004")},
    ),
    "a number written off by hand": (
        ["UPDATE numbers SET state = 'void' WHERE seq = 5"],
        {("number_without_leaf", "140426202620120005")},
    ),
    "the log's own count": (["UPDATE log_head SET size = 12"], {("log_size", "12")}),
    "a node put in": (["INSERT INTO log_nodes VALUES (1, 0, zeroblob(32))"], {("node_differs", "1/0")}),
    "a look in the register": (
        ["UPDATE accesses SET who = 'd2' WHERE id = 1"],
        {("leaf_differs", "accesses/1")},
    ),
    "a look taken out of the register": (
        ["DELETE FROM accesses WHERE id = 1"],
        {("leaf_without_row", "14")},
    ),
    "a look put in": (
        [put_in("accesses", "id = 1", id="7")],
        {("row_without_leaf", "accesses/7")},
    ),
    "whose block it is": (
        ["UPDATE number_blocks SET by = '140426'"],
        {("leaf_differs", "number_blocks/1")},
    ),
    "the form of a number": (
        [f"UPDATE numbers SET form = 'diploma_primary' WHERE number = '{N2}'"],
        {("number_differs", N2)},
    ),
    "when a number was used": (
        [f"UPDATE numbers SET changed_at = '2026-07-01T09:00:00.000000Z' WHERE number = '{N2}'"],
        {("number_differs", N2)},
    ),
    "a reason at a paper that stands": (
        [f"UPDATE documents SET reason = 'y' WHERE serial = '{SECOND}'"],
        {("revocation_differs", SECOND)},
    ),
    "an entry told as older": (
        [
            "UPDATE entries SET created_at = '2020-01-01T00:00:00.000000Z' WHERE id = 2",
        ],
        {("leaf_differs", "entry 2"), ("back_dated", "entry 2")},
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_every_altered_row_is_named(archive, hands, what):
    """Whoever alters a row leaves a difference to number, log, file or digest."""
    statements, expected = ALTERED[what]
    hands.tamper(*statements)
    real = {fault for fault in found(archive) if fault[0] not in HARMLESS and fault[0] != "database_damaged"}
    assert real == expected


def test_a_paper_made_effective_by_an_answer_nobody_gave_is_named(archive):
    """A check that stands on persons' answers counts only as long as those are kept."""
    checked(archive, 2, "genuine", reviewed=[{"review": "1", "answer": "match"}])
    with archive.begin() as transaction:
        transaction.set_status(SECOND, "effective")
    assert ("effective_without_check", SECOND) in found(archive)
    checked(archive, 2, "genuine")
    assert ("effective_without_check", SECOND) not in found(archive)


UNREADABLE = {
    "no JSON": ("UPDATE documents SET facts = '{' WHERE serial = ?", "documents/1"),
    "no moment": ("UPDATE entries SET created_at = 'yesterday' WHERE id = 1 AND serial = ?", "entries/1"),
}
ON_A_FILE = {
    "no number": ("UPDATE numbers SET seq = 'x' WHERE serial = ?", "numbers/1/x"),
    "no text": ("UPDATE documents SET created_by = CAST(x'ff' AS TEXT) WHERE serial = ?", "documents/1"),
    "no date": ("UPDATE documents SET issued_on = 'x' WHERE serial = ?", "documents/1"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_row_that_cannot_be_read_is_named(archive, hands, what):
    """The check says which, instead of falling over it; whoever asks for the paper is told that it cannot be had now."""
    statement, about = UNREADABLE[what]
    hands.tamper(statement.replace("?", f"'{FIRST}'"))
    assert {fault for fault in found(archive) if fault[0] != "database_damaged"} == {
        ("row_unreadable", about)
    }
    with archive.read() as reading, pytest.raises(StoreAway):
        _ = reading.all_entries(), reading.documents()


@pytest.mark.parametrize("what", ON_A_FILE)
def test_a_row_of_another_type_is_named(folder, what):
    """SQLite keeps any value in any column; a server does not."""
    archive = furnished(folder, Clock())
    block(archive)
    issue(archive, 1)
    statement, about = ON_A_FILE[what]
    Raw(folder).tamper(statement.replace("?", f"'{FIRST}'"))
    assert ("row_unreadable", about) in found(archive)
    archive.close()


def test_an_endless_gap_is_told_by_its_ends(archive, hands):
    """Whoever sets a block far ahead makes no check that never ends."""
    hands.tamper("UPDATE number_blocks SET next = 400000000000 WHERE id = 1")
    missing = {about for code, about in found(archive) if code == "number_missing"}
    assert missing == {"140426202620120006–1/399999999999"}


def test_a_leaf_that_claims_to_be_older_than_a_checkpoint_without_it_is_named(archive, folder, database):
    """A signed checkpoint says when it was made: what lies behind it and says it is older was put in later."""
    kept = replace(head(archive), at=Clock().moment)
    past = Clock()
    past.forward(days=-400)
    other = Archive.open(folder, past, database)
    with other.begin() as transaction:
        transaction.note_access(
            who="d9", role="county", org=COUNTY, archive=STUDENT, what="list", approval=None
        )
    other.close()
    assert codes(archive, kept) == {("back_dated", "accesses/2")}
    assert codes(archive) == set()


def test_a_dangling_reference_is_named(archive, hands):
    """The engine's own check says which table points nowhere."""
    hands.tamper(*ALTERED["a document taken out"][0])
    assert ("database_damaged", "leaves -> documents") in found(archive)


def test_a_dropped_guard_is_named(archive, hands, database):
    """Dropping a trigger does not go unseen."""
    hands.execute("DROP TRIGGER leaves_frozen" + (" ON leaves" if database else ""))
    assert check(archive) == [Fault("guard_missing", "leaves_frozen")]


SILENCED = {
    "switched off": ("ALTER TABLE leaves DISABLE TRIGGER leaves_frozen", "leaves_frozen"),
    "run for nobody": ("ALTER TABLE leaves ENABLE REPLICA TRIGGER leaves_frozen", "leaves_frozen"),
    "a step allowed": (
        "CREATE OR REPLACE FUNCTION yinzheng_blocks_forward() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "blocks_forward",
    ),
    "a scope taken off": ("ALTER TABLE students DISABLE ROW LEVEL SECURITY", "students_scope"),
    "a scope dropped": ("DROP POLICY scans_scope ON scans", "scans_scope"),
}


@pytest.mark.parametrize("what", SILENCED)
def test_a_silenced_guard_of_a_server_is_named(tmp_path, on_server, what):
    """There a guard can stand and say nothing."""
    archive = furnished(tmp_path / "data", Clock(), on_server)
    statement, name = SILENCED[what]
    Raw(tmp_path / "data", on_server).execute(statement)
    assert check(archive) == [Fault("guard_missing", name)]
    archive.close()


def test_every_altered_object_is_named(archive, folder):
    """Changed, lost and strange files, each by name."""
    with archive.read() as reading:
        first, second, third = (reading.document(serial(place)) for place in (1, 2, 3))
    changed = object_file(folder, first.pdf)
    changed.chmod(0o644)
    changed.write_bytes(b"forged")
    object_file(folder, second.docx).unlink()
    object_file(folder, third.layout).unlink()
    object_file(folder, third.layout).mkdir()
    (folder / OBJECTS / "note.txt").write_text("hello")
    assert found(archive) == {
        ("object_damaged", first.pdf),
        ("object_missing", second.docx),
        ("object_missing", third.layout),
        ("foreign_file", "note.txt"),
    }


def test_a_lost_scan_is_named(archive):
    """What people uploaded is checked like what we printed."""
    with archive.begin() as transaction:
        transaction.add_scan(kind="pdf", original="0" * 64, org=SCHOOL, by="d1")
    assert found(archive) == {("object_missing", "0" * 64)}


def test_a_paper_with_a_number_of_the_countys_block_needs_it(archive):
    """A number of a block above the school, without its line in the ledger, is a difference."""
    block(archive, org=COUNTY, pattern="14042620262099{:04d}")
    made = replace(document(archive, 9, "140426202620990001"), form=FORM)
    with archive.begin() as transaction:
        transaction.add_document(made)
    assert {("document_without_number", made.serial)} <= found(archive)


def test_every_fault_says_what_it_means():
    """Harmless ones are among those explained."""
    assert set(MESSAGES) > HARMLESS
    assert Fault("leaf_hash", "1").message_zh == MESSAGES["leaf_hash"]


def head(archive, size=None):
    """A checkpoint as somebody outside has kept it."""
    with archive.read() as reading:
        return Head(reading.log_size() if size is None else size, reading.log_tree(size).root())


def codes(archive, *checkpoints):
    return {(fault.code, fault.about) for fault in check(archive, checkpoints) if not fault.harmless}


def test_a_checkpoint_holds_against_who_writes_every_row(archive, hands, database):
    """An entry given to another, its leaf made anew with salt and hash: only the checkpoint kept outside tells, and where."""
    early, late = head(archive, 3), head(archive)
    with archive.read() as reading:
        entry = reading.entry("2")
        (leaf,) = [one for one in reading.leaves() if (one.kind, one.ref) == ("entry", "2")]
    row = {name: getattr(entry, name) for name in entry.__slots__}
    fact = committed.filed({**row, "archive": "G140499201104120038"})
    payload = committed.leaf_bytes(fact, leaf.created_at, leaf.salt)
    made = [
        f"decode('{one.hex()}', 'hex')" if database else f"X'{one.hex()}'"
        for one in (payload, leaf_hash(payload))
    ]
    hands.tamper(
        "UPDATE entries SET archive = 'G140499201104120038' WHERE id = 2",
        f'UPDATE leaves SET payload = {made[0]}, hash = {made[1]} WHERE "index" = {leaf.index}',
    )
    assert codes(archive) == set()
    assert codes(archive, late) == {("checkpoint_differs", f"0–{late.size}")}
    assert codes(archive, late, early) == {("checkpoint_differs", f"{early.size}–{late.size}")}


def test_a_checkpoint_holds_against_who_takes_the_end_away(archive, hands):
    """The last look, its row and its leaf gone, and the head set back: nothing is left to differ but the checkpoint."""
    kept = head(archive)
    with archive.read() as reading:
        last = reading.leaves()[-1]
    hands.tamper(
        "DELETE FROM accesses WHERE id = 1",
        f'DELETE FROM leaves WHERE "index" = {last.index}',
        f"UPDATE log_head SET size = {last.index}",
    )
    assert codes(archive) == set()
    assert codes(archive, kept) == {("log_shorter", str(kept.size))}


def test_what_is_inserted_later_with_an_old_date_is_named(archive, folder, database):
    """Also by who lets this very software do it, with its clock set back: the leaf lies behind younger ones."""
    kept = head(archive)
    past = Clock()
    past.forward(days=-1000)
    other = Archive.open(folder, past, database)
    with other.begin() as transaction:
        entry = transaction.entries_of(SECOND)[0]
        fields = {name: getattr(entry, name) for name in entry.__slots__ if name not in {"id", "created_at"}}
        transaction.add_entry(**fields)
    other.close()
    assert Fault("time_reversed", str(kept.size)) in check(archive, [kept])
    assert codes(archive, kept) == set()


def test_honest_growth_keeps_every_checkpoint(archive):
    """Checkpoints of every size so far hold, and still do when more has come."""
    kept = [head(archive, size) for size in range(head(archive).size + 1)]
    assert codes(archive, *kept) == set()
    checked(archive, 2, "pending")
    assert codes(archive, *kept) == set()
