"""Proves the order of the files: every 档号 where it belongs and none left out, paper that is an item's, schools that ended rightly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import select

from storage.archive import Reading
from storage.people import MAX_DEPTH
from storage.records import Closure, Document
from storage.tables import archive_numbers, entries, locations, volumes

MESSAGES = {
    "archive_number_differs": "档号与所属的档案、卷不符，或所指的件不在该档案中",
    "archive_number_gap": "同一卷同一类的件号中间缺号",
    "volume_gap": "同一学校同一学年的卷号中间缺号",
    "location_without_item": "登记了位置的件没有档号",
    "closure_differs": "学校合并、撤销的登记与学校登记、移交清单不一致，或档案在几个单位之间循环移交",
    "issued_after_closure": "学校合并、撤销登记之后又出具了文书",
}


_SCHOOL_YEAR = [volumes.c.school, volumes.c.year, volumes.c.volume]
_PLACE = [
    *(archive_numbers.c.school, archive_numbers.c.year, archive_numbers.c.class_code),
    *(archive_numbers.c.volume, archive_numbers.c.item),
]


def faults(reading: Reading) -> Iterator[tuple[str, str]]:
    """Name every difference as its code and what it is about: an entry, a school's code with year and class, a school."""
    yield from _numbers(reading)
    yield from _broken(
        "volume_gap", (row for rows in reading.along(_SCHOOL_YEAR, _SCHOOL_YEAR) for row in rows)
    )
    for rows in reading.along([locations.c.entry], [locations.c.id]):
        ids = [row[0] for row in rows]
        found = reading.those(select(archive_numbers.c.entry), archive_numbers.c.entry, ids)
        numbered = {row.entry for row in found}
        yield from (("location_without_item", str(one)) for one in ids if one not in numbered)
    yield from _closures(reading)


def _numbers(reading: Reading) -> Iterator[tuple[str, str]]:
    wanted = [archive_numbers.c.entry, archive_numbers.c.archive, *_PLACE]
    yield from _broken("archive_number_gap", (row for rows in reading.along(_PLACE, _PLACE) for row in rows))
    for rows in reading.along(wanted, _PLACE):
        filed = reading.those(select(entries.c.id, entries.c.archive), entries.c.id, (row[0] for row in rows))
        archive_of = {row.id: row.archive for row in filed}
        opened = reading.those(
            select(volumes.c.archive, *_SCHOOL_YEAR), volumes.c.archive, (row[1] for row in rows)
        )
        own = {row.archive: (row.school, row.year, row.volume) for row in opened}
        for entry, archive, school, year, _class_code, volume, _item in rows:
            right = own[archive] == (school, year, volume) if archive in own else archive == school
            if archive_of.get(entry) != archive or not right:
                yield "archive_number_differs", str(entry)


def _broken(code: str, rows: Iterable[Sequence[object]]) -> Iterator[tuple[str, str]]:
    """The groups whose last keys do not count from 1 on without a gap; the rows come in order."""
    group: tuple[object, ...] | None = None
    last, named = 0, False
    for row in rows:
        of = tuple(row[:-1])
        if of != group:
            group, last, named = of, 0, False
        if row[-1] != last + 1 and not named:
            named = True
            yield code, "/".join(map(str, group))
        last += 1


def _closures(reading: Reading) -> Iterator[tuple[str, str]]:
    ended = {closure.org: closure for closure in reading.closures()}
    units = {unit.code: unit for unit in reading.organizations()} if ended else {}
    for closure in ended.values():
        unit = units.get(closure.org)
        said = {} if unit is None else unit.data
        told = said.get("merged_into") if closure.kind == "merged" else said.get("held_by")
        papers = reading.documents_by(closure.lists)
        lists = [papers.get(serial) for serial in closure.lists]
        accepted = all(
            paper is not None and paper.school == closure.org and paper.status != "pending" for paper in lists
        )
        if told != closure.holder or not accepted or _goes_round(ended, closure.org):
            yield "closure_differs", closure.org


def issued_late(ended: Mapping[str, Closure], documents: Iterable[Document]) -> Iterator[tuple[str, str]]:
    """Name the documents that a school issued after it had ended."""
    for document in documents:
        gone = ended.get(document.school)
        if gone is not None and document.created_at > gone.at:
            yield "issued_after_closure", document.serial


def _goes_round(ended: Mapping[str, Closure], org: str) -> bool:
    """Tell whether files that pass from holder to holder never come to rest."""
    for _ in range(MAX_DEPTH):
        if org not in ended:
            return False
        org = ended[org].holder
    return True
