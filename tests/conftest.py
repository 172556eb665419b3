"""A whole office in a temporary folder: real database, keys, printer and recogniser, and a stopped clock."""

import collections
import functools
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake.recognise.engines import load
from service import issue, register
from service.access import Role, Who
from service.app import faults
from service.office import Office
from service.regulation.edition import Editions
from service.settings import Settings
from service.signing import KeyRing
from storage.archive import Archive
from storage.database import prepare
from templates.catalogue import Catalogue
from templates.fonts import Fonts
from templates.libreoffice import Converter
from templates.render import Printer
from templates.stamp.engine import engine
from templates.stamp.press import Press
from tests import postgresql
from tests.weaker import reason

CITY, COUNTY, OTHER_COUNTY = "140400", "140426", "140429"
SCHOOL, OTHER_SCHOOL, SENIOR_SCHOOL = "3114000123", "3114000456", "3414000789"
UNITS = {
    CITY: {"kind": "city", "name": "长治市教育局"},
    COUNTY: {"kind": "county", "name": "黎城县教育体育局", "parent": CITY},
    OTHER_COUNTY: {"kind": "county", "name": "武乡县教育局", "parent": CITY},
    SCHOOL: {
        "kind": "school",
        "name": "黎城县第三中学校",
        "parent": COUNTY,
        "stages": ["J"],
        "head_name": "钟涛",
    },
    OTHER_SCHOOL: {
        "kind": "school",
        "name": "武乡县第二中学校",
        "parent": OTHER_COUNTY,
        "head_name": "贺文婷",
    },
    SENIOR_SCHOOL: {"kind": "school", "name": "黎城县第一中学校", "parent": COUNTY, "head_name": "秦志远"},
}
STUDENT = "G140499201104120011"
MOVER = "G140499201208250371"
BEARER = "G140499201011030228"
RECORDS = {
    STUDENT: {"name": "文勇俊", "sex": "1", "birth_date": "2011-04-12", "grade": "J3", "class_no": "6"},
    MOVER: {"name": "欧阳思远", "sex": "1", "birth_date": "2012-08-25", "grade": "J2", "class_no": "4"},
    BEARER: {"name": "郝一㛃", "sex": "2", "birth_date": "2010-11-03", "grade": "J3", "class_no": "2"},
}
GUARDIAN = {
    "guardian_name": "文建国",
    "guardian_relation": "1",
    "guardian_phone": "13800000000",
    "address_now": "测试区示范街道育才路18号2号楼3单元501室",
}
DIPLOMA = {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"}
RECORD_CERTIFICATE = {
    "study_from": "2023-09",
    "study_to": "2026-07",
    "issued_on": "2026-11-16",
    "original_no": "140426202620120087",
    "signer": "钟涛",
    "handler": "栗红",
}
TRANSFER = {
    "in_school": "武乡县第二中学校",
    "in_school_code": OTHER_SCHOOL,
    "in_grade": "J2",
    "reason_code": "1",
    "reason": "全家迁居武乡县，户籍已随迁，就近入学。",
    "hukou_old": "140426",
    "hukou_new": "140429",
    "entry_month": "2025-09",
}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.time = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)

    def __call__(self):
        """The time it stands at."""
        return self.time

    def advance(self, **step):
        """Move it by a timedelta given by name."""
        self.time += timedelta(**step)


class OnDemand(Converter):
    """The real converter, started by its first document: most tests print nothing."""

    def submit(self, docx):
        """Start with the first document."""
        if not self._threads:
            self.start()
        return super().submit(docx)


def pytest_collection_modifyitems(items):
    """Expect of Tesseract alone what tests/weaker.py says, and of every other test what PP-OCR gives."""
    if Settings.from_env(Path()).recogniser != "tesseract":
        return
    for item in items:
        why = reason(item.path.name, item.name)
        if why is not None:
            item.add_marker(pytest.mark.xfail(reason=why, raises=AssertionError, strict=True))


@pytest.fixture(scope="session")
def catalogue():
    return Catalogue.load()


@pytest.fixture(scope="session")
def fonts(tmp_path_factory):
    return Fonts.find(tmp_path_factory.mktemp("fonts"))


@pytest.fixture(scope="session")
def converter(tmp_path_factory, fonts):
    pool = OnDemand(tmp_path_factory.mktemp("soffice"), 1, fonts.conf)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def printer(catalogue, converter, fonts, tmp_path_factory):
    """Stamps what it can, as the service does."""
    return Printer(catalogue, converter, fonts, Press(tmp_path_factory.mktemp("stamps"), fonts, engine()))


@pytest.fixture(scope="session")
def slow_printer(catalogue, converter, fonts):
    """Prints everything through LibreOffice."""
    return Printer(catalogue, converter, fonts)


@pytest.fixture(scope="session", params=["stamped", "converted"])
def either(request, printer, slow_printer):
    """What a paper promises it promises whoever prints it."""
    return printer if request.param == "stamped" else slow_printer


@pytest.fixture(scope="session")
def recogniser():
    """The engine the whole suite reads with: PP-OCR, or what YINZHENG_RECOGNISER says."""
    return load(Settings.from_env(Path()).recogniser)


@pytest.fixture(scope="session")
def server():
    """A real PostgreSQL; a test that needs it fails where it cannot be started."""
    with postgresql.started() as running:
        yield running


@pytest.fixture(scope="session")
def prepared(server):
    """The name of a database with the present tables, which each test copies."""
    name = server.create()
    prepare(server.url(postgresql.OWNER, name), postgresql.SERVICE)
    return name


@pytest.fixture
def on_server(server, prepared):
    """The URL of an empty database on the server, as the service reaches it."""
    name = server.create(prepared)
    yield server.url(postgresql.SERVICE, name)
    server.drop(name)


def pytest_addoption(parser):
    """Let the stories run on a server's database too: pytest --database=postgresql tests/test_batch.py …"""
    parser.addoption(
        "--database",
        choices=["sqlite", "postgresql"],
        default="sqlite",
        help="where the offices of tests keep their rows",
    )


@pytest.fixture(scope="session")
def new_database(request):
    """Give the database of one more office: none of its own, or one on the server."""
    if request.config.getoption("--database") == "sqlite":
        yield lambda: ""
        return
    server, prepared = request.getfixturevalue("server"), request.getfixturevalue("prepared")
    yield lambda: server.url(postgresql.SERVICE, server.create(prepared))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """Where the rows of an archive are: in its folder, or on a server; what holds of one holds of both."""
    return "" if request.param == "sqlite" else request.getfixturevalue("on_server")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def office_on(clock, catalogue, printer, converter, recogniser, *, new_database):
    """Build an office on a folder, as service.app does, with the stopped clock and the shared machines.

    An office on the same folder has the same rows.
    """
    databases = collections.defaultdict(new_database)

    def build(folder):
        archive = Archive.open(folder, clock, databases[folder])
        return Office(
            settings=Settings(data=folder, database=databases[folder]),
            archive=archive,
            catalogue=catalogue,
            printer=printer,
            keys=KeyRing.open(folder / "keys", clock),
            recogniser=lambda: recogniser,
            editions=Editions.load(),
            now=clock,
            randbytes=os.urandom,
            sleep=lambda _seconds: None,
            faults=functools.partial(faults, archive, converter, lambda: recogniser),
        )

    return build


@pytest.fixture
def office(tmp_path, office_on):
    """An empty office; nobody is registered."""
    built = office_on(tmp_path / "data")
    yield built
    built.archive.close()


def as_role(role, org):
    """Somebody with a role in an organization."""
    return Who(Role(role), org, f"{role}-{org}")


@pytest.fixture
def city():
    return as_role("city", CITY)


@pytest.fixture
def county():
    return as_role("county", COUNTY)


@pytest.fixture
def registrar():
    return as_role("registrar", SCHOOL)


@pytest.fixture
def town(office, city):
    """The office with its units, three students, and a block of 400 diploma numbers."""
    settle(office, city)
    return office


def settle(office, city):
    """Register the units, the students and a number block."""
    for code, body in UNITS.items():
        register.put_organization(office, city, code, body)
    for number, body in RECORDS.items():
        whole = {
            **body,
            **GUARDIAN,
            "id_type": "1",
            "id_number": number[1:],
            "ethnic": "01",
            "school": SCHOOL,
        }
        register.put_student(office, city, number, whole)
    register.add_block(office, city, diploma_block())


def diploma_block(first=1, last=400, **changes):
    """The body of a diploma number block."""
    block = {"form": "diploma_junior", "year": 2026, "org": SCHOOL, "pattern": "14042620262012{:04d}"}
    return {**block, "first": first, "last": last, **changes}


def issue_diploma(office, who, student=STUDENT, key=None, **changes):
    """Issue a diploma."""
    return issue.issue(
        office, who, issue.IssueRequest("diploma_junior", student, {**DIPLOMA, **changes}), key
    )


def layout_of(office, serial):
    """The archived layout of a document as JSON."""
    with office.archive.read() as reading:
        return json.loads(office.archive.objects.get(reading.document(serial).layout))


def pdf_of(office, serial):
    """The archived PDF of a document."""
    with office.archive.read() as reading:
        return office.archive.objects.get(reading.document(serial).pdf)
