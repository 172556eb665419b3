"""A small archive with invented people for the tests of storage: real database, real folder, a clock that is set by hand."""

import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from storage.archive import DATABASE, Archive
from storage.objects.place import Place
from storage.records import Document, NumberBlock, Organization, Student
from storage.schema.guards import GUARDS, ddl
from storage.tables import metadata
from tests.postgresql import SERVICE

CITY, COUNTY, SCHOOL = "140400", "140426", "3114000123"
STUDENT = "G140499201104120011"
NAME = "文勇俊"
FORM = "diploma_junior"
PATTERN = "14042620262012{:04d}"
PDF = "application/pdf"
ROOT = Path(__file__).parent.parent
CHILD = {**os.environ, "PYTHONPATH": str(ROOT)}
"""Environment of child processes: they find the checkout even where nothing is installed."""


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time it was set to."""
        return self.moment

    def forward(self, **parts: float) -> None:
        """Move on by the parts of a timedelta."""
        self.moment += timedelta(**parts)


def furnished(folder: Path, clock: Clock, database: str = "", place: Place | None = None) -> Archive:
    """An open archive with a city, a county, a school and one student; rows and objects in the folder, or elsewhere."""
    archive = Archive.open(folder, clock, database, place=place)
    with archive.begin() as transaction:
        transaction.put_organization(Organization(CITY, "city", "长治市教育局", None, {}))
        transaction.put_organization(Organization(COUNTY, "county", "黎城县教育体育局", CITY, {}))
        school = Organization(SCHOOL, "school", "黎城县第三中学校", COUNTY, {"stages": ["J"]})
        transaction.put_organization(school)
        transaction.put_student(Student(STUDENT, NAME, SCHOOL, {"name": NAME, "sex": "1"}))
    return archive


REFUSED = (sqlite3.IntegrityError, psycopg.Error)
"""What somebody with the database in hands is told by a guard."""


class Raw:
    """The database in the hands of whoever owns the file, or of the server's superuser; each statement stands at once."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self._file = folder / DATABASE
        self._url = database.replace(f"//{SERVICE}@", "//postgres@")

    def connect(self) -> Any:
        """A connection that is the caller's to close."""
        if self._url:
            return psycopg.connect(self._url, autocommit=True)
        return sqlite3.connect(self._file, isolation_level=None)

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, its values in place of question marks; what it finds, if it asks."""
        with closing(self.connect()) as connection:
            done = connection.execute(statement.replace("?", "%s") if self._url else statement, values)
            return done.fetchall() if done.description else []

    def tamper(self, *statements: str) -> None:
        """What such somebody can do: get the guards out of the way, alter, and leave no guard missing."""
        with closing(self.connect()) as connection:
            if self._url:
                connection.execute("SET session_replication_role = replica")
                for statement in statements:
                    if not statement.startswith("PRAGMA"):
                        connection.execute(_for_server(statement))
                return
            for guard in GUARDS:
                connection.execute(f"DROP TRIGGER {guard.name}")
            for statement in statements:
                connection.execute(statement)
            for guard in GUARDS:
                connection.execute(ddl(guard, "sqlite"))


def _for_server(statement: str) -> str:
    return statement.replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')").replace(
        " AS BLOB)", " AS BYTEA)"
    )


def columns_of(table: str) -> list[str]:
    """The names of a table's columns."""
    return list(metadata.tables[table].columns.keys())


def block(archive: Archive, last: int = 400, org: str = SCHOOL, **changed: object) -> NumberBlock:
    """A block of numbers for the school."""
    wanted = {
        "form": FORM,
        "year": 2026,
        "org": org,
        "pattern": PATTERN,
        "first": 1,
        "last": last,
        "by": CITY,
    }
    with archive.begin() as transaction:
        return transaction.add_block(**{**wanted, **changed})


def serial(place: int) -> str:
    """A serial as long as the real ones."""
    return f"7K{place:011d}"


def document(archive: Archive, place: int, number: str | None = None, **changed: object) -> Document:
    """The record of a document whose objects are really in the folder."""
    facts = {"student_name": NAME, "number": number or ""}
    canonical = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    put = archive.objects.put
    values = {
        "serial": serial(place),
        "form": FORM,
        "student_no": STUDENT,
        "school": SCHOOL,
        "number": number,
        "status": "pending",
        "facts": facts,
        "data": {"study_from": "2023-09"},
        "issued_on": date(2026, 7, 1),
        "digest": sha256(canonical).hexdigest(),
        "token": f"TOKEN{place}",
        "code_text": f"HTTPS://YINZHENG.EXAMPLE/V/TOKEN{place}",
        "pages": 1,
        "template_hash": "0" * 64,
        "font_hashes": {"LXGW WenKai": "1" * 64},
        "pdf": put(b"%PDF-1.7 " + str(place).encode()),
        "docx": put(b"PK " + str(place).encode()),
        "layout": put(b"{} " + str(place).encode()),
        "created_at": datetime(2026, 7, 1, 8, 0, tzinfo=UTC),
        "created_by": "d1ge57",
        "stage": "J",
    }
    return Document(**{**values, **changed})


def issue(archive: Archive, place: int, **changed: object) -> Document:
    """Issue one document as the service does: hold a number, put the bytes, then everything at once."""
    with archive.begin() as transaction:
        taken = transaction.take_number(FORM, [SCHOOL, COUNTY], 2026, serial(place))
    made = document(archive, place, taken.number, **changed)
    with archive.begin() as transaction:
        transaction.add_document(made)
        transaction.use_number(made.serial)
        transaction.add_entry(
            archive=STUDENT,
            kind="document",
            archive_class="学生学籍档案",
            title="初中毕业证书",
            sha256=made.pdf,
            size=archive.objects.size(made.pdf),
            media_type=PDF,
            serial=made.serial,
            by="d1ge57",
        )
    return made
