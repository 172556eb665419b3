"""A small archive with invented people for the tests of storage: real database, real folder, a clock that is set by hand."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from storage.archive import Archive
from storage.records import Document, NumberBlock, Organization, Student

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


def furnished(folder: Path, clock: Clock) -> Archive:
    """An open archive with a city, a county, a school and one student."""
    archive = Archive.open(folder, clock)
    with archive.begin() as transaction:
        transaction.put_organization(Organization(CITY, "city", "长治市教育局", None, {}))
        transaction.put_organization(Organization(COUNTY, "county", "黎城县教育体育局", CITY, {}))
        school = Organization(SCHOOL, "school", "黎城县第三中学校", COUNTY, {"stages": ["J"]})
        transaction.put_organization(school)
        transaction.put_student(Student(STUDENT, NAME, SCHOOL, {"name": NAME, "sex": "1"}))
    return archive


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


def issue(archive: Archive, place: int) -> Document:
    """Issue one document as the service does: hold a number, put the bytes, then everything at once."""
    with archive.begin() as transaction:
        taken = transaction.take_number(FORM, [SCHOOL, COUNTY], 2026, serial(place))
    made = document(archive, place, taken.number)
    with archive.begin() as transaction:
        transaction.add_document(made)
        transaction.use_number(made.serial)
        transaction.add_leaf(
            "issue", made.serial, json.dumps({"serial": made.serial, "pdf": made.pdf}).encode()
        )
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
