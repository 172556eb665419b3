"""档号: given to each item once, in the order of filing, when its file is first put in order, and stored for ever."""

from collections.abc import Sequence
from datetime import date

from service.office import CHINA, Office
from service.regulation.edition import Edition
from service.regulation.file_classes import FileClass, class_of, year_of, year_told
from service.regulation.identity import is_school_code
from storage.archive import Transaction
from storage.records import ArchiveNumber, Document, Entry, Volume

AT_ONCE = 1000
"""Items numbered in one transaction: 50 ms, so that nobody who writes waits long."""
FILES_AT_ONCE = 50
"""Students' files in one transaction, ten items each."""
MOST_ITEMS = 9999
"""Items of one volume of a school's class: the number has four digits, the next one opens another volume."""


def classes_of(edition: Edition, kind: str) -> tuple[FileClass, ...]:
    """The classes of a student's file (art. 11) or a school's (art. 6)."""
    return edition.student_file if kind == "student" else edition.school_file


def arrange(office: Office, owner: str, kind: str, school: str) -> None:
    """Give every item of a file that has none its 档号; `school` is where a student is now."""
    more = True
    while more:
        with office.archive.begin() as transaction:
            more = _number(office, transaction, owner, kind, school) == AT_ONCE


def arrange_many(office: Office, school: str, students: Sequence[tuple[str, str]]) -> None:
    """The same for a school's file and those of many students (学籍号, school), several in a transaction."""
    arrange(office, school, "school", school)
    for start in range(0, len(students), FILES_AT_ONCE):
        with office.archive.begin() as transaction:
            for owner, at in students[start : start + FILES_AT_ONCE]:
                while _number(office, transaction, owner, "student", at) == AT_ONCE:
                    pass


def _number(office: Office, transaction: Transaction, owner: str, kind: str, school: str) -> int:
    """Number the next items of a file, at most AT_ONCE; tell how many there were."""
    heads = transaction.unnumbered(owner, AT_ONCE)
    papers = transaction.documents_by({head.serial for head in heads if head.serial})
    shelf = Shelf(transaction, owner, kind, school)
    numbers = []
    for head in heads:
        paper = papers.get(head.serial or "")
        of = class_of(
            classes_of(office.editions.on(_day(head)), kind),
            None if paper is None else paper.form,
            evidence=head.kind == "evidence",
        )
        numbers.append(shelf.take(head, of.code, _year(head, paper), paper))
    transaction.add_archive_numbers(numbers)
    return len(heads)


def _day(head: Entry) -> date:
    return head.created_at.astimezone(CHINA).date()


def _year(head: Entry, paper: Document | None) -> int:
    """The school year an item belongs to: that of its paper, or of the day it was filed."""
    if paper is None or head.kind == "evidence":
        return year_of(_day(head))
    return year_told(paper.data, paper.issued_on)


class Shelf:
    """Hands out the next 档号 of one file, in the transaction that keeps them."""

    def __init__(self, transaction: Transaction, owner: str, kind: str, school: str) -> None:
        self._transaction = transaction
        self._owner = owner
        self._school = school
        self._student = kind == "student"
        self._last: dict[tuple[int, str], tuple[int, int]] = {}

    def take(self, head: Entry, class_code: str, year: int, paper: Document | None = None) -> ArchiveNumber:
        """The next number for an item of a class; a student's file is all of the volume it got when it was opened."""
        if not self._student:
            volume, item = self._next(self._owner, year, class_code, None)
            return ArchiveNumber(head.id, self._owner, self._owner, year, class_code, volume, item)
        own = self._volume(head, paper)
        _, item = self._next(own.school, own.year, class_code, own.volume)
        return ArchiveNumber(head.id, self._owner, own.school, own.year, class_code, own.volume, item)

    def _next(self, school: str, year: int, class_code: str, volume: int | None) -> tuple[int, int]:
        key = (year, class_code)
        if key not in self._last:
            self._last[key] = self._transaction.last_number(school, year, class_code, volume)
        at, item = self._last[key]
        full = volume is None and item == MOST_ITEMS
        self._last[key] = (at + 1, 1) if full else (at, item + 1)
        return self._last[key]

    def _volume(self, head: Entry, paper: Document | None) -> Volume:
        """The volume of a student's file: opened with the first thing filed, by the school that filed it."""
        found = self._transaction.volume(self._owner)
        if found is not None:
            return found
        issued = paper.school if paper is not None and is_school_code(paper.school) else self._school
        year = year_of(_day(head))
        number = self._transaction.last_volume(issued, year) + 1
        opened = Volume(self._owner, issued, year, number, head.created_at)
        self._transaction.add_volume(opened)
        return opened


def heads_of(entries: Sequence[Entry], head: Entry) -> list[Entry]:
    """The electronic files of an item among those of its paper: all but the evidence, or a piece of evidence and its reading."""
    if head.serial is None:
        return [head]
    if head.kind != "evidence":
        return [entry for entry in entries if entry.kind not in {"evidence", "reading"}]
    found, mine = [], False
    for entry in entries:
        if entry.evidence == head.evidence and entry.kind in {"evidence", "reading"}:
            mine = entry.id == head.id if entry.kind == "evidence" else mine
            found += [entry] if mine else []
    return found
