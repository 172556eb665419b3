"""Photos: a student's portrait is judged, kept for ever, and printed on certificates; the newest one counts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from intake import uploads
from intake.errors import UploadRefused
from service.access import Action, Who, may
from service.errors import Objection, article_name, refused
from service.office import Content, Office
from service.office.desk import CHINA
from service.office.lookups import require, unknown
from storage.archive import Reading
from storage.errors import NotFound
from storage.records import Photo, Student
from templates import photo as judgement
from templates.errors import PhotoRefused

ARTICLE = 12
"""照片重新采集: whoever enters 初中 or 普通高中 is photographed anew."""
DOUBLE_ARTICLE = 14
MEDIA_TYPE = "image/jpeg"
TERM_MONTH = 8
"""New classes are registered in August, before school begins on 1 September."""
_GRADE = re.compile(r"([JS])([1-9])")


@dataclass(frozen=True, slots=True)
class Kept:
    """A portrait as it now stands on file, and whether it is new."""

    body: Mapping[str, Any]
    created: bool


def put_photo(office: Office, who: Who | None, student_no: str, data: bytes) -> Kept:
    """Judge a student's photo and keep it; earlier ones stay in the archive (art. 12).

    What is kept is a copy without anything but the picture. Raises Problem 401, 403, 404, 422, and
    PhotoRefused that says what to do.
    """
    may(who, Action.WRITE_STUDENT)
    with office.archive.read() as reading:
        require(reading, who, Action.WRITE_STUDENT, _student(reading, student_no).school)
    picture = judged(data)
    sha256 = office.archive.objects.put(picture)
    with office.archive.begin() as transaction:
        student = _student(transaction, student_no)
        allowed = require(transaction, who, Action.WRITE_STUDENT, student.school)
        if transaction.is_photo_of_another(student_no, sha256):
            raise refused([_double()])
        before = transaction.photo(student_no)
        if before is not None and before.sha256 == sha256:
            return Kept(_told(office, student, before), created=False)
        kept = transaction.add_photo(student_no, sha256, allowed.token_digest)
        return Kept(_told(office, student, kept), created=True)


def judged(data: bytes) -> bytes:
    """Decode a JPEG in a limited child process, judge it, and give the copy to keep; raises PhotoRefused."""
    try:
        kind = uploads.sniff(data)
        if kind != "jpeg":
            raise PhotoRefused("photo_not_jpeg")
        if len(data) > judgement.MAX_BYTES:
            raise PhotoRefused("photo_too_large")
        page = next(uploads.pages(data, kind), None)
    except UploadRefused as problem:
        unlike = problem.code in {"empty", "unknown_type", "polyglot"}
        raise PhotoRefused("photo_not_jpeg" if unlike else "photo_damaged") from None
    if page is None:
        raise PhotoRefused("photo_damaged")
    judgement.judge(page.pixels, len(data))
    return judgement.normalise(page.pixels)


def photo(office: Office, who: Who | None, student_no: str) -> Content:
    """The newest photo of a student in scope; the look is noted first (art. 44). Raises Problem 401, 403, 404."""
    found = _noted(office, who, student_no, "student photo")[1]
    if not found:
        raise unknown("photo", "学生的照片", "请先上传照片")
    return Content(office.archive.objects.get(found[0].sha256), MEDIA_TYPE, "photo.jpg")


def photos(office: Office, who: Who | None, student_no: str) -> dict[str, Any]:
    """When a student was photographed, newest first, and whether a new photo is wanted (art. 12)."""
    student, found = _noted(office, who, student_no, "student photos")
    wanted = wanted_since(student, office.today())
    newest = _day(found[0]) if found else None
    due = newest is None or (wanted is not None and newest < wanted)
    return {
        "student_no": student_no,
        "photos": [_told(office, student, item) for item in found],
        "wanted_since": None if wanted is None else wanted.isoformat(),
        "due": due,
        "note": _due_note(newest, wanted) if due else None,
        "article": article_name(ARTICLE) if due else None,
    }


def wanted_since(student: Student, today: date) -> date | None:
    """The day from which a photo counts: when a student entered 初中 or 普通高中; None in 小学."""
    found = _GRADE.fullmatch(student.data.get("grade", ""))
    if found is None:
        return None
    term = today.year if today.month >= TERM_MONTH else today.year - 1
    return date(term - int(found[2]) + 1, TERM_MONTH, 1)


def _due_note(newest: date | None, wanted: date | None) -> str:
    if newest is None:
        return "还没有照片；请上传本人近期正面免冠彩色照片"
    return f"现有照片采集于 {newest}，早于入学（{wanted}）；升入初中、普通高中时照片须重新采集，请上传新照片"


def _noted(office: Office, who: Who | None, student_no: str, what: str) -> tuple[Student, list[Photo]]:
    with office.archive.begin() as transaction:
        may(who, Action.READ)
        student = _student(transaction, student_no)
        allowed = require(transaction, who, Action.READ, student.school)
        transaction.note_access(
            who=allowed.token_digest,
            role=allowed.role,
            org=allowed.org,
            archive=student_no,
            what=what,
            approval=None,
        )
        return student, transaction.photos(student_no)


def _student(reading: Reading, student_no: str) -> Student:
    try:
        return reading.student(student_no)
    except NotFound:
        raise unknown("student", "学生", "请核对学籍号，或先登记该生") from None


def _double() -> Objection:
    return Objection(
        "photo",
        "photo_of_another",
        "这张照片已是另一名学生的照片；请核对是否传错人，或有人重复建籍",
        DOUBLE_ARTICLE,
    )


def _day(item: Photo) -> date:
    return item.at.astimezone(CHINA).date()


def _told(office: Office, student: Student, item: Photo) -> dict[str, Any]:
    wanted = wanted_since(student, office.today())
    day = _day(item)
    return {"sha256": item.sha256, "at": day.isoformat(), "stale": wanted is not None and day < wanted}
