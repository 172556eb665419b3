"""The items (件) of a file as they are told: a paper with everything that came of it, a piece of evidence, a thing filed by itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.access import Who, reads_restricted
from service.archives.numbering import heads_of
from service.office import Office
from service.office.lookups import hides_evidence, readable
from service.regulation.completeness import STUBBED, Filed
from storage.archive import Reading
from storage.errors import NotFound, OutOfScope
from storage.records import ArchiveNumber, Document, Entry, Location
from templates.codes import is_code, label
from templates.evidence import EVIDENCE, wanted

KINDS = {"document": "paper", "evidence": "evidence", "scan": "filed"}
"""What an item begins with → what it is called."""
STUB = "stub"
"""Id of the block that lies on the stub of a certificate."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its 档号, its first entry and all its entries, its paper, where that lies; `few` may see what came so from elsewhere."""

    number: ArchiveNumber
    head: Entry
    entries: Sequence[Entry]
    paper: Document | None
    location: Location | None
    few: bool = False


def items_of(reading: Reading, owner: str, year: int | None) -> tuple[list[Item], Mapping[str, list[Entry]]]:
    """The numbered items of a file in the order of filing, of a school year when given, and all entries of their papers."""
    return _gathered(reading, owner, reading.archive_numbers(owner, year))


def item_of(reading: Reading, owner: str, entry_id: str) -> Item | None:
    """The item one of whose entries this is; None when the file holds no such entry."""
    try:
        entry = reading.entry(entry_id)
    except (NotFound, OutOfScope):
        return None
    if entry.archive != owner:
        return None
    serials = [entry.serial] if entry.serial else []
    group = reading.entries_beside(owner, serials).get(entry.serial or "", [entry])
    found, _ = _gathered(reading, owner, reading.archive_numbers_of([one.id for one in group]))
    return next((item for item in found if entry_id in {one.id for one in item.entries}), None)


def _gathered(
    reading: Reading, owner: str, numbers: Sequence[ArchiveNumber]
) -> tuple[list[Item], Mapping[str, list[Entry]]]:
    heads = reading.entries_by_id([number.entry for number in numbers])
    serials = {head.serial for head in heads.values() if head.serial}
    papers, beside = reading.documents_by(serials), reading.entries_beside(owner, serials)
    places = reading.locations_of([number.entry for number in numbers])
    came = reading.arrived([head.id for head in heads.values() if head.serial is None])
    found = [
        Item(
            number,
            heads[number.entry],
            heads_of(beside.get(heads[number.entry].serial or "", []), heads[number.entry]),
            papers.get(heads[number.entry].serial or ""),
            places.get(number.entry),
            number.entry in came and came[number.entry].restricted,
        )
        for number in numbers
    ]
    return found, beside


def visible(office: Office, who: Who, item: Item) -> bool:
    """Tell whether somebody in scope may see an item: restricted papers and evidence few may (arts. 41 and 44)."""
    paper = item.paper
    if paper is None:
        return not item.few or reads_restricted(who, "")
    return readable(office, who, paper) and not hides_evidence(who, paper, item.head.evidence)


def told(owner: str, item: Item) -> dict[str, Any]:
    """An item as told: 档号, title, what it is, when it came, its electronic files, where the paper lies."""
    return {
        "archive_no": item.number.text,
        "entry": item.head.id,
        "kind": KINDS[item.head.kind],
        "title": item.head.title,
        "about": "" if item.paper is None else about(item.paper),
        "form": None if item.paper is None else item.paper.form,
        "serial": item.head.serial,
        "number": None if item.paper is None else item.paper.number,
        "status": None if item.paper is None or item.head.kind == "evidence" else item.paper.status,
        "evidence": item.head.evidence,
        "filed_at": item.head.created_at.isoformat(),
        "files": [
            {
                "entry": entry.id,
                "kind": entry.kind,
                "title": entry.title,
                "media_type": entry.media_type,
                "size": entry.size,
                "sha256": entry.sha256,
                "content": f"/v1/archives/{owner}/entries/{entry.id}/content",
            }
            for entry in item.entries
        ],
        "location": None if item.location is None else told_location(item.location),
    }


def about(paper: Document) -> str:
    """Whom or what a paper is about, as far as its values tell: a student, a class, a year's graduates or entrants, a term."""
    said = paper.data
    grade, stage = said.get("grade", ""), said.get("stage", "")
    if said.get("student_name"):
        return said["student_name"]
    if is_code("grade", grade) and said.get("class_no"):
        return f"{label('grade', grade)}{said['class_no'].removesuffix('班')}班"
    if said.get("grad_year") or said.get("entry_year"):
        name = label("stage", stage) if is_code("stage", stage) else ""
        year = f"{said['grad_year']}届" if said.get("grad_year") else f"{said['entry_year']}年"
        return name + year
    return said.get("term", "")


def told_location(found: Location) -> dict[str, Any]:
    """Where paper lies, in parts and in one line, and who said so when."""
    return {
        "paper": found.paper,
        "text": location_text(found),
        "fonds": found.fonds,
        "cabinet": found.cabinet,
        "box": found.box,
        "pages": found.pages,
        "role": found.role,
        "org": found.org,
        "at": found.at.isoformat(),
    }


def location_text(found: Location) -> str:
    """A location in one line: 全宗 … 柜 … 盒 … 页 …, of the parts that are known."""
    parts = (("全宗", found.fonds), ("柜", found.cabinet), ("盒", found.box), ("页", found.pages))
    return " ".join(f"{name} {text}" for name, text in parts if text) if found.paper else "无纸质件"


def filed(office: Office, item: Item, beside: Sequence[Entry]) -> Filed:
    """A paper as the expectations see it; `beside` is all that its file holds of it. The item must be a paper's."""
    paper = item.paper
    assert paper is not None
    form = office.catalogue.forms.get(paper.form)
    there = {entry.evidence for entry in beside if entry.kind == "evidence"}
    asked = () if form is None else wanted(form, paper.data)
    return Filed(
        form=paper.form,
        title=f"{item.head.title}（{told_of}）" if (told_of := about(paper)) else item.head.title,
        serial=paper.serial,
        status=paper.status,
        values=paper.data,
        scanned=any(entry.kind == "scan" for entry in beside),
        stub=paper.form in STUBBED and _stub_seen(office, beside),
        lacks=[EVIDENCE[kind.name].label for kind, required in asked if required and kind.name not in there],
    )


def _stub_seen(office: Office, beside: Sequence[Entry]) -> bool:
    """Tell whether a filed check looked at the stub of a certificate, and not only at its main part."""
    return any(
        mark["block"] == STUB and mark.get("why") != "part_missing"
        for entry in beside
        if entry.kind == "check"
        for mark in json.loads(office.archive.objects.get(entry.sha256))["marks"]
    )
