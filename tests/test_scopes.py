"""On a server the database keeps scopes itself: a query without its WHERE shows nothing of another school (art. 44)."""

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, text

from service.web.auth import caller, office_for, office_of
from service.web.http import ROUTES
from storage.errors import Frozen, NotFound, OutOfScope, StorageError
from storage.records import (
    ArchiveNumber,
    Arrival,
    Arrived,
    Aside,
    Blank,
    Closure,
    Copy,
    Doubt,
    NewEntry,
    Organization,
    Student,
    Transfer,
    TransferStep,
    Volume,
)
from storage.schema.scopes import EVERYTHING, OPEN, SCOPES
from storage.tables import metadata
from tests.shelf import (
    CITY,
    COUNTY,
    FORM,
    SCHOOL,
    STUDENT,
    Clock,
    Raw,
    block,
    document,
    furnished,
    issue,
    serial,
)

NEIGHBOUR, ELSEWHERE, THERE = "3114000456", "3114000789", "140429"
PUPIL, STRANGER = "G140499201105060022", "G140499201107080033"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def archive(folder, on_server):
    """Two schools under one county and a third under another, and a row of the second in every table with a scope."""
    opened = furnished(folder, Clock(), on_server)
    with opened.begin() as transaction:
        transaction.put_organization(Organization(THERE, "county", "武乡县教育局", CITY, {}))
        for code, parent, pupil in ((NEIGHBOUR, COUNTY, PUPIL), (ELSEWHERE, THERE, STRANGER)):
            transaction.put_organization(Organization(code, "school", f"学校{code}", parent, {}))
            transaction.put_student(Student(pupil, "某某", code, {"id_number": pupil[1:]}))
    block(opened)
    issue(opened, 1)
    theirs(opened)
    yield opened
    opened.close()


def theirs(archive):
    """One row of the neighbour's in every table that has a scope."""
    block(archive, org=NEIGHBOUR, pattern="{:06d}")
    made = document(archive, 2, "x2", school=NEIGHBOUR, student_no=PUPIL)
    with archive.begin() as transaction:
        transaction.add_document(made)
        transaction.take_number(FORM, [NEIGHBOUR], 2026, "held")
        entry = transaction.add_entry(
            archive=PUPIL,
            kind="document",
            archive_class="学生学籍档案",
            title="初中毕业证书",
            sha256=made.pdf,
            size=archive.objects.size(made.pdf),
            media_type="application/pdf",
            serial=made.serial,
            by="d2",
        )
        transaction.add_volume(Volume(PUPIL, NEIGHBOUR, 2025, 1, made.created_at))
        transaction.add_archive_numbers([ArchiveNumber(entry.id, PUPIL, NEIGHBOUR, 2025, "1101", 1, 1)])
        transaction.add_location(
            entry.id, paper=False, parts=("", "", "", ""), by="x", role="head", org=NEIGHBOUR
        )
        transaction.note_access(
            who="x", role="head", org=NEIGHBOUR, archive=PUPIL, what="list", approval=None
        )
        scan = transaction.add_scan(kind="pdf", original=made.pdf, org=NEIGHBOUR, by="d2")
        transaction.add_copies([Copy(scan.id, "thumbnail", 0, made.pdf, 1, "image/jpeg", made.created_at)])
        doubt = ("page", NEIGHBOUR, None, None, 0, "1", None, None, None, None, "unmatched", "no_code")
        transaction.open_reviews(scan.id, [Doubt(*doubt, holds=False)])
        (review,) = transaction.reviews_of(scan.id)
        transaction.add_decision(
            review.id, answer="match", paper=False, note="", serial=None, by="x", role="head", org=NEIGHBOUR
        )
        transaction.add_batch(form=FORM, org=NEIGHBOUR, role="head", by="x", request={}, rows=[(PUPIL, {})])
        transaction.add_photo(PUPIL, made.pdf, "x")
        transaction.put_blank(Blank("b2", NEIGHBOUR, FORM, {}, made.created_at, "x"))
        transaction.note_override(
            serial=made.serial, form=FORM, org=NEIGHBOUR, rule="x", document="x", reason="x", by="x"
        )
        transaction.put_token("d" * 64, "head", NEIGHBOUR)
        handed_over(transaction, entry, made)


def handed_over(transaction, entry, made):
    """The neighbour hands a file over and gets one."""
    day, whose = made.issued_on, ("x", "head", NEIGHBOUR, made.created_at)
    transfer = ("t" * 32, PUPIL, "student", NEIGHBOUR, "9999999999", "x", "1", "x", day, day, [], "x", 1, {})
    transaction.add_transfer(Transfer(*transfer, False, *whose))
    transaction.add_transfer_step(TransferStep(0, "t" * 32, "refused", "x", *whose))
    arrival = Arrival("", NEIGHBOUR, "x", 1, None, {}, False, {}, 0, None, "x", "head", made.created_at)
    kept = transaction.add_arrival(arrival)
    itself = {"arrival": int(kept.id), "result": int(kept.id)}
    transaction._insert("arrival", metadata.tables["arrival_results"], itself)
    transaction.add_aside(Aside(kept.id, "x", *whose))
    transaction.add_arrived([Arrived(entry.id, kept.id, "x", "1", "", None, None, False)])


def test_the_holder_of_a_school_that_ended_sees_its_rows(archive):
    """Art. 8: once the files have passed, the holder's transaction sees them, and so does whoever is above it."""
    students = metadata.tables["students"]
    assert rows_of(archive, ELSEWHERE, students) == rows_of(archive, THERE, students) == 1
    on = Clock()()
    ended = Closure(NEIGHBOUR, "merged", ELSEWHERE, on.date(), "x", [], "x", "county", COUNTY, on)
    with archive.begin() as transaction:
        transaction.add_closure(ended)
    assert rows_of(archive, ELSEWHERE, students) == rows_of(archive, THERE, students) == 2
    assert rows_of(archive, SCHOOL, students) == 1
    with archive.seen_by(ELSEWHERE).read() as reading:
        assert reading.volume(PUPIL).volume == 1
        assert reading.last_volume(NEIGHBOUR, 2025) == 1


def rows_of(archive, org, table):
    """How many rows of a table an organization's transaction sees that asks for all of them."""
    with archive.seen_by(org).read() as reading:
        return len(reading._connection.execute(select(table)).all())


def test_every_table_has_a_scope_or_a_reason(archive):
    """A table that joins later must be put under a policy, or named with the reason why it needs none."""
    scoped = {scope.table for scope in SCOPES}
    assert scoped | OPEN.keys() == metadata.tables.keys() | {"alembic_version"}
    assert scoped.isdisjoint(OPEN)


@pytest.mark.parametrize("name", sorted({scope.table for scope in SCOPES}))
def test_a_query_without_its_where_shows_nothing_of_another_school(archive, name):
    """The neighbour has a row in every table; the school's own transaction asks for all rows and gets none of them."""
    table = metadata.tables[name]
    ours = {"students": 1, "documents": 1, "entries": 1, "number_blocks": 1, "numbers": 1}.get(name, 0)
    assert rows_of(archive, SCHOOL, table) == ours
    assert rows_of(archive, NEIGHBOUR, table) == (0 if name == "tokens" else 1)
    assert rows_of(archive, ELSEWHERE, table) == (1 if name == "students" else 0)
    above = 0 if name == "tokens" else ours + 1
    assert rows_of(archive, COUNTY, table) == above
    assert rows_of(archive, CITY, table) == above + (name == "students")
    assert rows_of(archive, THERE, table) == (1 if name == "students" else 0)
    assert rows_of(archive, EVERYTHING, table) == rows_of(archive, CITY, table) + (name == "tokens")
    assert rows_of(archive, "nobody", table) == 0


def test_sender_and_receiver_see_a_transfer(archive):
    """So do those above either of them, and nobody else."""
    on = Clock()()
    handed = (
        "u" * 32,
        PUPIL,
        "student",
        NEIGHBOUR,
        ELSEWHERE,
        "x",
        "1",
        "x",
        on.date(),
        on.date(),
        [],
        "x",
        1,
    )
    with archive.begin() as transaction:
        transaction.add_transfer(Transfer(*handed, {}, False, "x", "head", NEIGHBOUR, on))
    transfers = metadata.tables["transfers"]
    assert [rows_of(archive, org, transfers) for org in (NEIGHBOUR, COUNTY, CITY)] == [2, 2, 2]
    assert [rows_of(archive, org, transfers) for org in (ELSEWHERE, THERE, SCHOOL)] == [1, 1, 0]


def test_what_comes_for_the_county_is_seen_by_nobody_before_all_of_it_is_filed(archive):
    """The school below sees its pupil's file, not the county's arrival: it must not see, number or reuse a half of it either."""
    at = Clock()()
    new = NewEntry(PUPIL, "scan", "5", "x", "f" * 64, 1, "image/png", None, "x")
    came = Arrival("", COUNTY, "y", 1, None, {}, False, {}, 0, None, "x", "county", at)
    with archive.begin() as transaction:
        kept = transaction.add_arrival(came)
        ids = transaction.add_entries([new] * 3)
        where = ("x", "9", "", None, None, False)
        transaction.add_arrived([Arrived(one, kept.id, *where) for one in ids])

    def told(org):
        with archive.seen_by(org).read() as reading:
            return (
                len(reading.entries(PUPIL)),
                len(reading.unnumbered(PUPIL, 2)),
                len(reading.filed_alone(PUPIL, new.sha256)),
            )

    everybody = (NEIGHBOUR, COUNTY, CITY, EVERYTHING)
    assert {org: told(org) for org in everybody} == dict.fromkeys(everybody, (1, 0, 0))
    with archive.begin() as transaction:
        alone = transaction.add_entries([new])
    assert {told(org) for org in everybody} == {(2, 1, 1)}
    with archive.seen_by(NEIGHBOUR).read() as reading:
        assert [one.id for one in reading.unnumbered(PUPIL, 1)] == alone
    with archive.begin() as transaction:
        transaction.add_arrival_result(kept.id, came)
    assert {told(org) for org in everybody} == {(5, 2, 4)}


def test_without_a_scope_nothing_is_seen(archive):
    """A connection of the service's login that never said for whom it acts."""
    with archive._rows._engine.begin() as connection:
        for scope in SCOPES:
            assert connection.execute(text(f"SELECT count(*) FROM {scope.table}")).scalar_one() == 0


def test_a_scope_ends_with_its_transaction(archive):
    """The next user of the connection does not inherit it."""
    with archive.begin() as transaction:
        pid = transaction._connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        assert len(transaction.documents()) == 2
    with archive.seen_by(SCHOOL).begin() as transaction:
        assert transaction._connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == pid
        assert [found.serial for found in transaction.documents()] == [serial(1)]


def test_what_is_there_and_not_in_scope_is_told_apart(archive):
    """The service answers 403 for the one and 404 for the other, as it does on SQLite."""
    with archive.seen_by(SCHOOL).read() as reading:
        assert reading.document(serial(1)).school == SCHOOL
        for ask in (
            lambda: reading.document(serial(2)),
            lambda: reading.student(PUPIL),
            lambda: reading.scan("1"),
        ):
            with pytest.raises(OutOfScope):
                ask()
        for ask in (
            lambda: reading.document(serial(9)),
            lambda: reading.student("G1"),
            lambda: reading.scan("9"),
        ):
            with pytest.raises(NotFound):
                ask()
        assert [found.serial for found in reading.documents()] == [serial(1)]


def test_what_must_be_one_everywhere_is_looked_for_everywhere(archive):
    """An id number, a portrait and a number are found at another school too, and the scope holds again afterwards."""
    with archive.seen_by(SCHOOL).begin() as transaction:
        assert transaction.bearers([PUPIL[1:]]) == {PUPIL[1:]: [PUPIL]}
        assert transaction.is_photo_of_another(STUDENT, document(archive, 2).pdf)
        assert [found.code for found in transaction.organizations()] == sorted(
            [CITY, COUNTY, THERE, SCHOOL, NEIGHBOUR, ELSEWHERE]
        )
        assert len(transaction.students(NEIGHBOUR)) == 0
    with pytest.raises(StorageError), archive.seen_by(COUNTY).begin() as transaction:
        transaction.add_block(form=FORM, year=2026, org=SCHOOL, pattern="{:06d}", first=1, last=9, by=COUNTY)


def test_a_county_brings_back_a_paper_and_the_school_answers(archive):
    """Of a scan that others brought it sees those that left it a question, and what was made of them."""
    with archive.begin() as transaction:
        scans = [
            transaction.add_scan(kind="pdf", original=letter * 64, org=COUNTY, by="d3") for letter in "ab"
        ]
        doubt = ("field", SCHOOL, serial(1), None, 0, "name", None, None, None, None, "unreadable", "x")
        transaction.open_reviews(scans[0].id, [Doubt(*doubt, holds=True)])
    with archive.seen_by(SCHOOL).begin() as transaction:
        assert [found.id for found in transaction.all_scans()] == [scans[0].id]
        transaction.set_scan(scans[0].id, "done")
        with transaction.beyond_scope():
            assert transaction.scan(scans[1].id).org == COUNTY
            with transaction.beyond_scope(), pytest.raises(NotFound):
                transaction.scan("99")
            assert len(transaction.all_scans()) == 3
        assert len(transaction.all_scans()) == 1
    with archive.seen_by(SCHOOL).begin() as transaction:
        with pytest.raises(ZeroDivisionError), transaction.beyond_scope():
            raise ZeroDivisionError
        assert len(transaction.all_scans()) == 1


def test_nothing_is_written_beyond_the_scope(archive):
    """Neither added for another school, nor moved to it, nor changed there."""
    school = archive.seen_by(SCHOOL)
    for write in (
        lambda transaction: transaction.put_student(Student("G9", "某", NEIGHBOUR, {})),
        lambda transaction: transaction.put_student(Student(STUDENT, "某", NEIGHBOUR, {})),
        lambda transaction: transaction.add_document(
            document(archive, 5, school=NEIGHBOUR, student_no=PUPIL)
        ),
        lambda transaction: transaction.note_access(
            who="x", role="head", org=NEIGHBOUR, archive=PUPIL, what="list", approval=None
        ),
        lambda transaction: transaction.set_status(serial(2), "revoked"),
        lambda transaction: transaction.put_token("e" * 64, "city", CITY),
    ):
        with pytest.raises(OutOfScope), school.begin() as transaction:
            write(transaction)
    with school.begin() as transaction:
        for table in ("documents", "scans", "reviews", "batches"):
            column = "reason" if table == "documents" else "state"
            changed = transaction._connection.execute(
                text(f"UPDATE {table} SET {column} = {column} WHERE true")
            )
            assert changed.rowcount == {"documents": 1}.get(table, 0)


def test_a_student_who_came_brings_the_earlier_papers(archive):
    """The new school's rules see that a diploma was issued before; the old school still sees its own paper."""
    with archive.begin() as transaction:
        transaction.put_student(Student(PUPIL, "某某", SCHOOL, {}))
    for school in (SCHOOL, NEIGHBOUR):
        with archive.seen_by(school).read() as reading:
            assert [found.serial for found in reading.documents(student_no=PUPIL)] == [serial(2)]
    with archive.seen_by(ELSEWHERE).read() as reading:
        assert reading.documents(student_no=PUPIL) == []


def test_a_school_takes_the_numbers_of_its_county(archive):
    """What is handed down is used by those below, and by nobody else."""
    block(archive, org=COUNTY, form="certificate", pattern="C{:03d}")
    with archive.seen_by(SCHOOL).begin() as transaction:
        taken = transaction.take_number("certificate", [SCHOOL, COUNTY, CITY], 2026, "A")
        assert taken.number == "C001"
    with archive.seen_by(ELSEWHERE).read() as reading:
        assert reading.blocks() == []


def test_the_services_login_can_do_no_more_than_it_must(archive, folder, on_server):
    """It owns nothing, is held by the policies, deletes nothing that is kept, and touches no schema."""
    asked = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'yinzheng'"
    assert Raw(folder, on_server).execute(asked) == [(False, False, False)]
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert Raw(folder, on_server).execute(owners) == [("yinzheng_owner",)]
    for statement in (
        "DELETE FROM documents",
        "TRUNCATE entries",
        "ALTER TABLE students DISABLE ROW LEVEL SECURITY",
        "DROP TRIGGER leaves_frozen ON leaves",
        "UPDATE alembic_version SET version_num = '0000'",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(StorageError), archive.begin() as transaction:
            transaction._do("row", text(statement))
    with pytest.raises(Frozen), archive.begin() as transaction:
        transaction._do("row", text("UPDATE documents SET facts = facts"))


def test_every_route_of_a_caller_works_in_the_callers_scope():
    """Whoever forgets it is told here: a route that knows its caller takes the office through him."""
    routes = [route for room in ROUTES for route in room.router.routes if isinstance(route, APIRoute)]
    known = [route for route in routes if caller in _calls(route.dependant)]
    assert len(known) > 40
    for route in known:
        direct = {found.call for found in route.dependant.dependencies}
        assert office_of not in direct, route.path
        assert office_for in direct, route.path


def _calls(dependant):
    return {found.call for found in dependant.dependencies} | {
        call for found in dependant.dependencies for call in _calls(found)
    }
