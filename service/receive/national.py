"""The national system's upload profile: a paper's signed pages, its evidence and the photo as that system takes them (art. 18)."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from pypdf import PdfReader

from intake.fitting import fitting
from intake.uploads import pages
from intake.upright import upright_by_print
from service.access import Action, Who, may
from service.errors import Problem
from service.office import Content, Office
from service.office.lookups import find_document, form_title, hides_evidence, open_to, require
from service.receive.copies import not_there
from service.receive.later import queue_once
from storage.archive import Reading
from storage.errors import NotFound
from storage.records import Document, Entry, Scan
from templates.evidence import EVIDENCE

MOST_BYTES = 2_000_000
"""What the national system takes as evidence: JPG up to 2 MB, in whichever sense of MB."""
ZIP = "application/zip"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same files give the same zip, so it carries no clock."""
_UNSAFE = re.compile(r'[\\/:*?"<>|\s\x00-\x1f]+')
_POINTS = 72.0


def upload_profile(office: Office, who: Who | None, serial: str) -> Content:
    """A zip of JPEGs: 申请材料, 证明材料, 照片, each named as the national system wants it; the look is noted first (art. 44).

    Restricted evidence is withheld from whoever may not see it. Raises Problem 401, 403, 404, 409.
    """
    may(who, Action.READ)
    with office.archive.begin() as transaction:
        document = find_document(transaction, serial)
        allowed = require(transaction, who, Action.READ, document.school)
        open_to(office, allowed, document)
        transaction.note_access(
            who=allowed.token_digest,
            role=allowed.role,
            org=allowed.org,
            archive=document.student_no or document.school,
            what=f"upload profile {document.serial}",
            approval=None,
        )
        signed, missing = _signed(transaction, document)
        for scan in missing:
            queue_once(transaction, scan.id)
        entries = _evidence(transaction, document, allowed)
        turns = _turns(office, transaction, document)
        photo = _photo(transaction, document)
    if missing:
        raise not_there(missing[0])
    files = [*_applications(office, document, signed), *_evidences(office, entries, turns)]
    files += [(f"照片/{name}.jpg", office.archive.objects.get(sha256)) for name, sha256 in photo]
    if not files:
        raise Problem(
            "nothing_to_upload",
            409,
            "没有可上传的材料",
            "这份文书还没有扫描件、证明材料，学生也没有照片；请先扫描上传。",
        )
    return Content(_zipped(files), ZIP, f"upload-{document.serial}.zip")


def _signed(reading: Reading, document: Document) -> tuple[dict[int, tuple[str, int]], list[Scan]]:
    """Page of the paper → searchable copy (sha256) and page there, from its newest scan; and scans without a copy yet."""
    found: dict[int, tuple[str, int]] = {}
    missing: list[Scan] = []
    filed = dict.fromkeys(
        entry.sha256 for entry in reading.entries_of(document.serial) if entry.kind == "scan"
    )
    with reading.beyond_scope():  # the paper is in scope, whoever brought it back
        scans = [scan for sha256 in filed for scan in reading.scans_of(sha256) if scan.state == "done"]
        copies = {scan.id: reading.copies(scan.id) for scan in scans}
    for scan in sorted(scans, key=lambda scan: int(scan.id), reverse=True):
        sheets = [sheet for sheet in _sheets(scan, document) if sheet["page"] not in found]
        if not sheets:
            continue
        copy = next((one for one in copies[scan.id] if one.kind == "searchable"), None)
        if copy is None:
            missing.append(scan)
            continue
        for sheet in sheets:
            found.setdefault(sheet["page"], (copy.sha256, sheet["index"]))
    return dict(sorted(found.items())), missing


def _sheets(scan: Scan, document: Document) -> list[dict[str, Any]]:
    """The sides of a scan that show a page of the paper and could be judged."""
    sheets = (scan.result or {}).get("sheets", [])
    mine = [sheet for sheet in sheets if sheet["serial"] == document.serial and sheet["page"] is not None]
    return [sheet for sheet in mine if (sheet["quality"] or {}).get("ok")] or mine


def _applications(
    office: Office, document: Document, signed: dict[int, tuple[str, int]]
) -> Iterator[tuple[str, bytes]]:
    title = _safe(form_title(office, document.form))
    opened: dict[str, PdfReader] = {}
    for page, (sha256, index) in signed.items():
        if sha256 not in opened:
            opened[sha256] = PdfReader(io.BytesIO(office.archive.objects.get(sha256)))
        yield f"申请材料/{title}_{page}.jpg", _as_it_is(opened[sha256].pages[index])


def _as_it_is(page: Any) -> bytes:
    """The picture of a page of a copy of ours: the very JPEG, packed anew only when it is too large."""
    picture = page["/Resources"]["/XObject"]["/P"].get_object()
    data: bytes = picture._data  # noqa: SLF001 - the bytes as they are packed; pypdf would unpack them
    if len(data) <= MOST_BYTES:
        return data
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    dpi = float(picture["/Width"]) / float(page.mediabox.width) * _POINTS
    return fitting(np.asarray(pixels, np.uint8), dpi, MOST_BYTES)


def _evidence(reading: Reading, document: Document, who: Who) -> list[Entry]:
    """What was filed as evidence of the paper, each once, but for what is restricted from whoever asks."""
    found: dict[tuple[str | None, str], Entry] = {}
    for entry in reading.entries_of(document.serial):
        if entry.kind == "evidence" and not hides_evidence(who, document, entry.evidence):
            found.setdefault((entry.evidence, entry.sha256), entry)
    return list(found.values())


def _turns(office: Office, reading: Reading, document: Document) -> dict[str, list[int]]:
    """Bundle of evidence (sha256) → by how many degrees clockwise each of its pages must be turned, as its print was read."""
    found: dict[str, list[int]] = {}
    kept = {entry.sha256 for entry in reading.entries_of(document.serial) if entry.kind == "reading"}
    for sha256 in sorted(kept):
        told = json.loads(office.archive.objects.get(sha256))
        turned = {page["page"]: page["turned"] for page in told["print"]}
        found[told["pdf"]] = [turned.get(page["page"], 0) for page in told["pages"]]
    return found


def _evidences(
    office: Office, entries: list[Entry], turns: dict[str, list[int]]
) -> Iterator[tuple[str, bytes]]:
    counts: dict[str, int] = {}
    for entry in entries:
        label = _safe(EVIDENCE[str(entry.evidence)].label)
        turned = turns.get(entry.sha256, [])
        for number, page in enumerate(pages(office.archive.objects.get(entry.sha256), "pdf")):
            counts[label] = counts.get(label, 0) + 1
            picture = upright_by_print(page, turned[number] if number < len(turned) else 0)
            pixels = picture.pixels if page.colour else cv2.cvtColor(picture.pixels, cv2.COLOR_BGR2GRAY)
            packed = fitting(np.asarray(pixels, np.uint8), picture.dpi, MOST_BYTES)
            yield f"证明材料/{label}_{counts[label]}.jpg", packed


def _photo(reading: Reading, document: Document) -> list[tuple[str, str]]:
    """The student's newest photo (sha256) under its name: the id number, else 学校标识码_班号_姓名."""
    photo = None if document.student_no is None else reading.photo(document.student_no)
    if photo is None:
        return []
    try:
        student = reading.student(photo.student_no)
    except NotFound:
        return []
    rest = "_".join([student.school, student.data.get("class_no", ""), student.name])
    return [(_safe(student.data.get("id_number") or rest), photo.sha256)]


def _safe(name: str) -> str:
    """A name as every system's files may have it."""
    return _UNSAFE.sub("_", name).strip("._") or "_"


def _zipped(files: list[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for name, data in files:
            file.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return out.getvalue()
