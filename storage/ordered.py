"""Proves the order of the files: every 档号 where it belongs and none left out, paper that is an item's, schools that ended rightly."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from storage.archive import Reading
from storage.people import MAX_DEPTH
from storage.records import ArchiveNumber, Closure, Document, Entry, Location, Organization, Volume

MESSAGES = {
    "archive_number_differs": "档号与所属的档案、卷不符，或所指的件不在该档案中",
    "archive_number_gap": "同一卷同一类的件号中间缺号",
    "volume_gap": "同一学校同一学年的卷号中间缺号",
    "location_without_item": "登记了位置的件没有档号",
    "closure_differs": "学校合并、撤销的登记与学校登记、移交清单不一致，或档案在几个单位之间循环移交",
    "issued_after_closure": "学校合并、撤销登记之后又出具了文书",
}


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that is told of the order of the files, as of one moment."""

    volumes: list[Volume]
    numbers: list[ArchiveNumber]
    locations: list[Location]
    closures: list[Closure]
    units: dict[str, Organization]


def gather(reading: Reading) -> Order:
    """Read it."""
    return Order(
        volumes=reading.volumes(),
        numbers=reading.archive_numbers(),
        locations=reading.all_locations(),
        closures=reading.closures(),
        units={unit.code: unit for unit in reading.organizations()},
    )


def faults(
    order: Order, entries: Iterable[Entry], documents: Mapping[str, Document]
) -> Iterator[tuple[str, str]]:
    """Name every difference as its code and what it is about: an entry, a school's code with year and class, a serial."""
    yield from _numbers(order, {entry.id: entry for entry in entries})
    yield from _closures(order, documents)


def _numbers(order: Order, entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    own = {volume.archive: (volume.school, volume.year, volume.volume) for volume in order.volumes}
    items: dict[tuple[str, int, str, int], list[int]] = defaultdict(list)
    for number in order.numbers:
        entry = entries.get(number.entry)
        place = (number.school, number.year, number.volume)
        right = own.get(number.archive) == place if number.archive in own else number.archive == number.school
        if entry is None or entry.archive != number.archive or not right:
            yield "archive_number_differs", number.entry
        items[number.school, number.year, number.class_code, number.volume].append(number.item)
    for (school, year, class_code, volume), taken in items.items():
        if sorted(taken) != list(range(1, len(taken) + 1)):
            yield "archive_number_gap", f"{school}/{year}/{class_code}/{volume}"
    opened: dict[tuple[str, int], list[int]] = defaultdict(list)
    for one in order.volumes:
        opened[one.school, one.year].append(one.volume)
    for (school, year), volumes in opened.items():
        if sorted(volumes) != list(range(1, len(volumes) + 1)):
            yield "volume_gap", f"{school}/{year}"
    numbered = {number.entry for number in order.numbers}
    yield from (("location_without_item", one.entry) for one in order.locations if one.entry not in numbered)


def _closures(order: Order, documents: Mapping[str, Document]) -> Iterator[tuple[str, str]]:
    ended = {closure.org: closure for closure in order.closures}
    for closure in order.closures:
        unit = order.units.get(closure.org)
        said = {} if unit is None else unit.data
        told = said.get("merged_into") if closure.kind == "merged" else said.get("held_by")
        lists = [documents.get(serial) for serial in closure.lists]
        accepted = all(
            paper is not None and paper.school == closure.org and paper.status != "pending" for paper in lists
        )
        if told != closure.holder or not accepted or _goes_round(ended, closure.org):
            yield "closure_differs", closure.org
    for document in documents.values():
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
