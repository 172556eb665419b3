"""Batches at work for the tests: a school with many pupils, and workers that take the chunks."""

import contextlib
import threading
import time
from collections import Counter
from datetime import timedelta

from service import worker
from service.demo.people import id_number
from service.register import add_block
from storage.records import Student
from tests.bureau import BIRTH, tireless
from tests.conftest import CITY, COUNTY, DIPLOMA, GUARDIAN, SCHOOL, as_role, diploma_block

FORM = "diploma_junior"
SECONDS = 240
"""A batch is waited for at most this long: LibreOffice prints five papers in a second on two busy cores, and a worker that
prints batches steps back for everything else the tests do meanwhile."""
FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
GIVEN = "一乐之山川木林石云青文武安康宁思远明华志"


def admit(office, count, school=SCHOOL, start=0, **changes):
    """Put invented pupils of one school on file, classes 1 to 12 in turn; gives their 学籍号 in that order."""
    students = [_pupil(order, school, changes) for order in range(start + 1, start + count + 1)]
    with office.archive.begin() as transaction:
        for student in students:
            transaction.put_student(student)
    return [student.student_no for student in students]


def _pupil(order, school, changes):
    birth = BIRTH + timedelta(days=order // 900)  # an id number counts to 999 on each day
    number = id_number(birth, order % 900 + 1)
    record = {
        **GUARDIAN,
        "name": FAMILY[order % 20] + GIVEN[order // 20 % 20] + GIVEN[order % 20],
        "sex": "2" if order % 900 % 2 else "1",
        "birth_date": birth.isoformat(),
        "id_type": "1",
        "id_number": number,
        "ethnic": "01",
        "grade": "J3",
        "class_no": str(order % 12 + 1),
        "school": school,
        **changes,
    }
    return Student("G" + number, record["name"], school, record)


def city_block(office):
    """Hand a block of numbers to the city: it serves every school that has none of its own."""
    add_block(office, as_role("city", CITY), diploma_block(1, 99, org=CITY, pattern="140400202699{:05d}"))


def county_block(office, first=1, last=10_000):
    """Hand a block of numbers to the county: it serves all its schools."""
    block = diploma_block(first, last, org=COUNTY, pattern="140426202699{:05d}")
    add_block(office, as_role("city", CITY), block)


def asked(students, **changes):
    """The body of a request for the diplomas of a list."""
    return {"form": FORM, "students": students, "data": DIPLOMA, **changes}


def made(answer):
    """The id of a batch that was taken in."""
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert answer.headers["location"] == body["links"]["self"] == f"/v1/batches/{body['id']}"
    assert (body["state"], body["done"], body["failed"], body["errors"]) == ("checking", 0, 0, [])
    return body["id"]


@contextlib.contextmanager
def working(office, count=1):
    """Let workers take the jobs of batches meanwhile."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=worker.run, args=(tireless(office), stop, (worker.BATCH,)), daemon=True)
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(SECONDS)


def ended(caller, batch):
    """Wait until a batch has ended and give its progress."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        body = caller.get(f"/v1/batches/{batch}", params={"wait": 30}).json()
        if body["state"] in {"done", "cancelled"}:
            return body
    raise AssertionError(body)


def rows(office, batch):
    """The rows of a batch."""
    with office.archive.read() as reading:
        return reading.batch_rows(int(batch))


def numbers(office, batch):
    """The numbers of a batch's papers in list order, None for a row without a paper."""
    return [row.number if row.state == "printed" else None for row in rows(office, batch)]


def states(office, batch):
    """How many rows are in which state."""
    return Counter(row.state for row in rows(office, batch))
