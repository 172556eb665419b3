"""What is told of each file in a package: its entries and papers with their proofs, its index page, its lines of the table."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from service.access import Who
from service.archives.items import items_of, location_text, told_location
from service.archives.leaving.pages import Line, file_page, line_cells, table_head, whole_page
from service.office import CHINA, Office
from service.office.files import Look, hidden_papers, owner_of, shown, told_custody
from service.office.proofs import paper_proof, proved
from service.regulation.file_classes import year_name, year_of
from storage import committed
from storage.archive import Reading
from storage.packing import Folder, Kept, Spool, Version
from storage.packing.bag import path_in_bag
from storage.packing.lines import Lines
from storage.packing.ocfl import path_in_ocfl, stored_paths
from storage.packing.suffixes import DENSE, SUFFIXES
from storage.records import Document, Entry, Leaf, Photo
from storage.tree import Tree


@dataclass(slots=True)
class Gathering:
    """Goes from file to file; what it has told is in `told`, in the spool and in two temporary tables.

    `log` is the tree that the proofs lead to and its signed head; `hidden` the restricted papers, None to show all.
    """

    office: Office
    reading: Reading
    who: Who
    spool: Spool
    log: tuple[Tree, str]
    form: str
    told: list[dict[str, Any]] = field(default_factory=list)
    hidden: set[str] | None = field(init=False)
    _table: Lines = field(init=False)
    _rows: Lines = field(init=False)

    def __post_init__(self) -> None:
        self.hidden = hidden_papers(self.office, self.reading, self.who)
        self._table = Lines(self.office.settings.workshop() / "packing")
        self._rows = Lines(self.office.settings.workshop() / "packing")

    def folder(self, owner: str) -> Folder | None:
        """One file as a folder; None for a student of whom nothing was filed yet, unless it is all that is packed."""
        kind, name, school = owner_of(self.reading, owner)
        look = Look(self.who, owner, kind, name, school)
        entries = self.reading.entries(owner)
        if not entries and self.told:
            return None
        if self.hidden is None:
            seen, withheld = entries, 0
        else:
            opened = shown(self.office, self.reading, look, entries, self.hidden)
            seen, withheld = opened.entries, opened.withheld
        return _File(self, look, seen, withheld).folder()

    def add(self, told: dict[str, Any], lines: Sequence[Line], page: str) -> None:
        """Note a file that was gathered: what is told of it, its lines, and where its own page lies."""
        whose = (told["folder"], told["name"])
        self.told.append(told)
        for line in lines:
            self._table.add(line_cells(line, *whose))
            self._rows.add(line.row(line.root_link))
        told["page"] = page

    def page(self, name: str, *, whole: bool, lists: Sequence[str]) -> Iterator[bytes]:
        """The page a reader opens first."""
        if whole:
            return whole_page(name, self.told, self.office.now().astimezone(CHINA), lists)
        return file_page(
            self.told[0], self._rows.pieces(), self.office.now().astimezone(CHINA), first=True, lists=lists
        )

    def table(self) -> Iterator[bytes]:
        """Every entry of every file as CSV; its mark lets spreadsheets show Chinese."""
        yield table_head()
        yield from self._table.pieces()

    def close(self) -> None:
        """Give the room of the tables back."""
        self._table.close()
        self._rows.close()


@dataclass(slots=True)
class _File:
    """One file being gathered."""

    to: Gathering
    look: Look
    entries: Sequence[Entry]
    withheld: int

    def folder(self) -> Folder:
        """Make what tells of it, and note it."""
        name = self._name()
        photos = self.to.reading.photos(self.look.owner) if self.look.kind == "student" else []
        versions = self._versions(photos)
        papers = self.to.reading.documents_by({entry.serial for entry in self.entries if entry.serial})
        told = {
            "folder": name,
            "kind": self.look.kind,
            "name": self.look.name,
            "entries": len(self.entries),
            "documents": len(papers),
            "bytes": sum(entry.size for entry in self.entries),
            "withheld": self.withheld,
        }
        leaves = self._leaves(papers)
        lines = self._lines(name, versions, papers)
        told["pages"] = sum(line.pages or 0 for line in lines)
        add = self.to.spool.add
        made = [
            add("file.json", [_json(self._about(name))]),
            add("entries.json", self._told_entries(lines, leaves)),
            *(
                add(f"documents/{paper.serial}.json", [_json(self._paper(paper, leaves))])
                for paper in papers.values()
            ),
            add(
                "index.html",
                file_page(
                    told,
                    (line.row(line.link) for line in lines),
                    self.to.office.now().astimezone(CHINA),
                    first=False,
                ),
            ),
        ]
        page = self._place(name, len(versions), "index.html")
        self.to.add(told, lines, page)
        return Folder(name, versions, made)

    def _name(self) -> str:
        """The volume, or the organization's code: never a 学籍号 or a name."""
        if self.look.kind != "student":
            return f"XJ-{self.look.owner}"
        volume = self.to.reading.volume(self.look.owner)
        return f"XJ-{self.look.school}-none" if volume is None else volume.text

    def _place(self, folder: str, version: int, path: str) -> str:
        return path_in_bag(folder, path) if self.to.form == "bagit" else path_in_ocfl(folder, version, path)

    def _versions(self, photos: Sequence[Photo]) -> list[Version]:
        """What was filed in each school year; the last one is also what is told of the file now."""
        settings = self.to.office.settings
        by, address = self.to.who.org, f"https://{settings.host.lower()}"
        found = []
        for year, group in groupby(
            self.entries, lambda entry: year_of(entry.created_at.astimezone(CHINA).date())
        ):
            some = list(group)
            kept = [_kept(entry) for entry in some]
            found.append(Version(some[-1].created_at, f"{year_name(year)}归档", by, address, kept))
        size = self.to.office.archive.objects.size
        portraits = [Kept(f"photos/{p.id:06d}.jpg", p.sha256, size(p.sha256), dense=True) for p in photos]
        last = [*(found.pop().kept if found else ()), *portraits]
        return [*found, Version(self.to.office.now(), "打包时的全部内容", by, address, last)]

    def _leaves(self, papers: Mapping[str, Document]) -> dict[str, list[Leaf]]:
        """The leaves of each paper by serial, and of each entry by its id."""
        alone = [entry.id for entry in self.entries if entry.serial is None]
        found: dict[str, list[Leaf]] = {}
        for leaf in self.to.reading.leaves_about(papers, alone):
            if leaf.salt:
                found.setdefault(f"entry {leaf.ref}" if leaf.ref else str(leaf.serial), []).append(leaf)
        return found

    def _lines(self, folder: str, versions: Sequence[Version], papers: Mapping[str, Document]) -> list[Line]:
        items, _ = items_of(self.to.reading, self.look.owner, None)
        of = {entry.id: item for item in items for entry in item.entries}
        probe = Folder(folder, versions, ())
        paths = {kept.path: self._place(folder, version, path) for kept, version, path in stored_paths(probe)}
        own = self._place(folder, len(versions), "index.html")
        lines = []
        for entry in self.entries:
            item, path = of.get(entry.id), _path(entry)
            paper = papers.get(entry.serial or "")
            root = paths[path] if self.to.form == "ocfl" else self._place(folder, 1, path)
            pages = paper.pages if paper is not None and _is_paper(entry, paper) else None
            place = "" if item is None or item.location is None else location_text(item.location)
            number = "" if item is None else item.number.text
            lines.append(Line(entry, path, root, _relative(root, own), number, pages, place, item))
        return lines

    def _about(self, name: str) -> dict[str, Any]:
        reading, owner = self.to.reading, self.look.owner
        student = self.look.kind == "student"
        record = reading.student(owner).data if student else reading.organization(owner).data
        school = reading.organization(self.look.school)
        return {
            "folder": name,
            "kind": self.look.kind,
            "owner": owner,
            "name": self.look.name,
            "school": {"code": school.code, "name": school.name},
            "record": record,
            "held_by": told_custody(self.to.office, self.look.school),
            "withheld": self.withheld,
        }

    def _told_entries(self, lines: Sequence[Line], leaves: Mapping[str, Sequence[Leaf]]) -> Iterator[bytes]:
        """Every entry as the log commits to it, with its leaf: a JSON list, one entry a line."""
        came = self.to.reading.arrived([line.entry.id for line in lines if line.entry.serial is None])
        yield b"["
        for place, line in enumerate(lines):
            row = {name: getattr(line.entry, name) for name in Entry.__slots__}
            told = {
                "entry": committed.filed(row).row,
                "file": line.path,
                "archive_no": line.archive_no,
                "location": None
                if not line.item or not line.item.location
                else told_location(line.item.location),
                "came_from": asdict(came[line.entry.id]) if line.entry.id in came else None,
                "leaf": self._leaf(leaves.get(f"entry {line.entry.id}", ())),
            }
            yield (b",\n" if place else b"\n") + json.dumps(told, ensure_ascii=False).encode()
        yield b"\n]\n"

    def _leaf(self, leaves: Sequence[Leaf]) -> dict[str, Any] | None:
        if not leaves:
            return None
        return {**proved(self.to.log[0], leaves[-1]), "salt": _salt(leaves[-1])}

    def _paper(self, paper: Document, leaves: Mapping[str, Sequence[Leaf]]) -> dict[str, Any]:
        """A document as the log commits to it, its values included, and the proof that `yinzheng verify --proof` takes."""
        tree, head = self.to.log
        row = {name: getattr(paper, name) for name in Document.__slots__}
        status = None if paper.status == "pending" else committed.ended(row).row
        mine = leaves.get(paper.serial, ())
        proof = paper_proof(paper.serial, tree, mine, head)
        return {
            **proof,
            "document": committed.issued(row).row,
            "status_row": status,
            "salts": {str(leaf.index): _salt(leaf) for leaf in mine if leaf.ref is None},
        }


def _kept(entry: Entry) -> Kept:
    return Kept(_path(entry), entry.sha256, entry.size, entry.media_type in DENSE)


def _path(entry: Entry) -> str:
    return f"files/{int(entry.id):06d}-{entry.kind}.{SUFFIXES.get(entry.media_type, 'bin')}"


def _is_paper(entry: Entry, paper: Document) -> bool:
    return entry.sha256 == paper.pdf


def _relative(path: str, page: str) -> str:
    """The link from a page to a file, both told from the top."""
    return "../" * page.count("/") + path


def _salt(leaf: Leaf) -> str:
    return base64.b64encode(leaf.salt or b"").decode("ascii")


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
