"""An archive to tamper with: papers of every standing with their objects, numbers, entries and leaves, and a checkpoint of it kept outside."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from service.signing import KeyRing
from service.signing.published import checkpoint_note
from storage.archive import Archive
from storage.records import ArchiveNumber, Copy, Document, NewEntry, Volume
from tests.shelf import CITY, COUNTY, FORM, PDF, SCHOOL, STUDENT, block, furnished

PAPERS = 300
"""Enough for two nodes above the leaves."""
EFFECTIVE, ENDED, REPLACED, SPOILT = range(100), range(60, 90), range(100, 120), 30
OTHERS = 12
"""Rows in each of the other tables."""
ORIGIN = "yinzheng.example/log"


@dataclass(frozen=True, slots=True)
class Kept:
    """The data folder, where its rows are, and the checkpoints that others keep of its log, newest last."""

    folder: Path
    database: str
    checkpoints: tuple[Path, ...]


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def made(folder: Path, database: str) -> Kept:
    """Fill a data folder as issuing, reading and revoking do, and keep checkpoints of two moments beside it."""
    archive = furnished(folder, now, database)
    block(archive, last=PAPERS + 100)
    serials = [secrets.token_hex(6).upper() for _ in range(PAPERS)]
    _spoilt(archive)
    _issued(archive, serials)
    checkpoints = [_checkpoint(archive, folder)]
    _checked(archive, [serials[place] for place in EFFECTIVE])
    with archive.begin() as transaction:
        for place in ENDED:
            transaction.set_status(serials[place], "revoked", reason="发放错误")
        for place in REPLACED:
            transaction.set_status(serials[place], "superseded", superseded_by=serials[place + 100])
    _others(archive, serials)
    checkpoints.append(_checkpoint(archive, folder))
    archive.close()
    return Kept(folder, database, tuple(checkpoints))


def _issued(archive: Archive, serials: Sequence[str]) -> None:
    """Issue papers as a batch does: numbers of a range, objects together, rows in one transaction."""
    with archive.begin() as transaction:
        numbers = transaction.take_numbers(FORM, [SCHOOL, COUNTY], 2026, serials)
    papers = [_paper(serial, taken.number) for serial, taken in zip(serials, numbers, strict=True)]
    archive.objects.put_many([data for _document, datas in papers for data in datas])
    documents = [document for document, _datas in papers]
    with archive.begin() as transaction:
        transaction.add_documents(documents)
        transaction.use_numbers(serials)
        transaction.add_entries([_entry(document, datas[0]) for document, datas in papers])


def _paper(serial: str, number: str) -> tuple[Document, list[bytes]]:
    """A document and its objects: PDF, Word file, layout."""
    facts = {"student_name": "文勇俊", "number": number, "serial": serial}
    canonical = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    data = {"study_from": "2023-09"}
    record = json.dumps(
        {"data": data, "student_no": STUDENT}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    layout = json.dumps({"record": sha256(record.encode()).hexdigest(), "of": serial}).encode()
    datas = [f"%PDF-1.7 {serial} ".encode() + secrets.token_bytes(600), f"PK {serial}".encode(), layout]
    pdf, docx, place = (sha256(one).hexdigest() for one in datas)
    document = Document(
        serial=serial,
        form=FORM,
        student_no=STUDENT,
        school=SCHOOL,
        number=number,
        status="pending",
        facts=facts,
        data=data,
        issued_on=date(2026, 7, 1),
        digest=sha256(canonical).hexdigest(),
        token=f"TOKEN{serial}",
        code_text=f"HTTPS://YINZHENG.EXAMPLE/V/TOKEN{serial}",
        pages=1,
        template_hash="0" * 64,
        font_hashes={"LXGW WenKai": "1" * 64},
        pdf=pdf,
        docx=docx,
        layout=place,
        created_at=now(),
        created_by="d1ge57",
        stage="J",
    )
    return document, datas


def _entry(document: Document, pdf: bytes) -> NewEntry:
    return NewEntry(
        archive=STUDENT,
        kind="document",
        archive_class="学生学籍档案",
        title="初中毕业证书",
        sha256=document.pdf,
        size=len(pdf),
        media_type=PDF,
        serial=document.serial,
        by="d1ge57",
    )


def _spoilt(archive: Archive) -> None:
    with archive.begin() as transaction:
        names = [f"spoilt-{place}" for place in range(SPOILT)]
        transaction.take_numbers(FORM, [SCHOOL, COUNTY], 2026, names)
        for name in names:
            transaction.void_number(name, "打印时卡纸")


def _checked(archive: Archive, serials: Sequence[str]) -> None:
    """Find papers genuine, file that, and let them count."""
    datas = [json.dumps({"serial": serial, "verdict": "genuine"}).encode() for serial in serials]
    names = archive.objects.put_many(datas)
    items = [
        NewEntry(
            STUDENT, "check", "学生学籍档案", "核对记录", name, len(data), "application/json", serial, CITY
        )
        for serial, name, data in zip(serials, names, datas, strict=True)
    ]
    with archive.begin() as transaction:
        transaction.add_entries(items)
        for serial in serials:
            transaction.set_status(serial, "effective")


def _others(archive: Archive, serials: Sequence[str]) -> None:
    """Some rows of the other tables that are kept for ever."""
    photos = archive.objects.put_many([b"photo %d" % place for place in range(OTHERS)])
    scans = archive.objects.put_many([b"scan %d" % place for place in range(OTHERS)])
    with archive.begin() as transaction:
        for year in range(2020, 2020 + OTHERS // 2):
            transaction.add_block(
                form="other", year=year, org=COUNTY, pattern=f"{year}-{{:03d}}", first=1, last=9, by=CITY
            )
        for place in range(OTHERS):
            kind = {"kind": "pdf", "original": scans[place], "org": SCHOOL, "by": "d1"}
            scan = transaction.add_scan(**kind)
            transaction.add_copies([Copy(scan.id, "thumbnail", 0, photos[place], 7, PDF, now())])
            looked = {"who": "d1", "role": "county", "org": COUNTY, "archive": STUDENT, "what": "list"}
            transaction.note_access(**looked, approval=None)
            transaction.add_photo(STUDENT, photos[place], "d1")
            said = {"form": FORM, "org": COUNTY, "rule": "r", "document": "文号", "reason": "x", "by": "d1"}
            transaction.note_override(serial=serials[place], **said)
        entries = transaction.entries(STUDENT)[:OTHERS]
        transaction.add_volume(Volume(STUDENT, SCHOOL, 2025, 1, entries[0].created_at))
        transaction.add_archive_numbers(
            [ArchiveNumber(one.id, STUDENT, SCHOOL, 2025, "0603", 1, at) for at, one in enumerate(entries, 1)]
        )
        for one in entries:
            parts = ("1", "2", "3", "4")
            transaction.add_location(one.id, paper=True, parts=parts, by="d1", role="county", org=COUNTY)


def _checkpoint(archive: Archive, folder: Path) -> Path:
    """A signed checkpoint of the log as it stands, in a file outside the data folder."""
    keys = KeyRing.open(folder / "keys", now)
    with archive.read() as reading:
        tree = reading.log_tree()
        note = checkpoint_note(keys, ORIGIN, tree.size, tree.root(), int(now().timestamp()))
    place = folder.parent / f"{folder.name}-checkpoint-{tree.size}"
    place.write_text(note, encoding="utf-8")
    return place
