"""What every flow that takes a file in does with one that is refused: keep it, list it for a person, say why."""

from intake.errors import UploadRefused
from service.access import Who
from service.errors import Problem
from service.office.desk import Office

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "heic": "image/heic",
}
STATUSES = {"too_large": 413, "too_many_pages": 413, "unknown_type": 415}
"""Refused uploads that HTTP has a status of its own for; the others are 422."""


def keep_refused(office: Office, who: Who, sha256: str, refusal: UploadRefused) -> Problem:
    """Keep the refusal beside the bytes, then say why: nothing that was handed in is lost.

    It stands in the list of scans; the problem carries its id as `scan`.
    """
    problem = upload_problem(refusal)
    with office.archive.begin() as transaction:
        scan = transaction.add_scan(kind="unknown", original=sha256, org=who.org, by=who.token_digest)
        transaction.set_scan(scan.id, "failed", problem=problem.to_json())
    problem.extra["scan"] = scan.id
    return problem


def upload_problem(refusal: UploadRefused) -> Problem:
    """The problem a refused upload is answered with."""
    return Problem(refusal.code, STATUSES.get(refusal.code, 422), "不能接受这个文件", refusal.message_zh)
