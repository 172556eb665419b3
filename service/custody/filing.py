"""Files what came and passed: bytes first, then an entry for each, with where it comes from and who may see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from service.custody.checks.nouns import Bag, is_plain, member
from service.custody.keeping import put_whole
from service.errors import Problem
from service.office import Office
from storage.archive import Reading, Transaction
from storage.records import Arrival, Arrived, NewEntry
from templates.evidence import EVIDENCE

FILED_AT_ONCE = 250
"""Entries of one transaction: 50 ms, so that whoever issues papers meanwhile waits no longer."""
PUT_AT_ONCE, BYTES_AT_ONCE = 50, 32 << 20
"""Objects put together, and how much of them is in memory before they are put."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be filed: of which arrival, the package, and into which file each of its folders goes."""

    kept: Arrival
    bag: Bag
    owners: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry as the package tells it, the folder it lies in, and the file it goes into."""

    folder: str
    owner: str
    told: dict[str, Any]


class Waits(Problem):
    """The 409 for a package some of which another one brings that is not wholly filed: only that one can show it."""

    def __init__(self) -> None:
        super().__init__(
            "filed_elsewhere",
            409,
            "同样的材料正随另一个档案包归档",
            "档案包里有的材料正随另一个到来的档案包归档，还没有归完；请等它归完再办，它停下等人处理的，请先处理它。",
        )


def file_all(office: Office, load: Load) -> None:
    """File everything, some hundred entries after the other; what is there already is left out.

    Nobody sees any of it until its arrival has ended (storage.entries), so it may stop anywhere and go on later. Raises
    Waits when another arrival has filed some of it and has not ended.
    """
    items = _items(load)
    while some := list(islice(items, FILED_AT_ONCE)):
        with office.archive.read() as reading:
            left = _left_out(reading, load, some)
        _put(office, load, left)
        with office.archive.begin() as transaction:
            if is_over(transaction, load.kept.id):  # meanwhile: all would see this, or nobody ever
                return
            _file(office, transaction, load, _left_out(transaction, load, left))


def is_over(reading: Reading, arrival_id: str) -> bool:
    """Tell whether an arrival is over: how it ended is told, or a person has set it aside."""
    return bool(reading.results([arrival_id]) or reading.asides([arrival_id]))


def origin_of(bag: Bag) -> str:
    """The name of the log of the installation a package comes from."""
    return str(member(bag.told, "log", "origin"))


def _items(load: Load) -> Iterator[_Item]:
    """Owner after owner, each file by the ids its entries had, whichever order the package tells them in.

    Senders number them oldest first. Since all packages go the same way, those that share entries never wait for each
    other: whoever waits has filed nothing behind what it waits for.
    """
    folders: dict[str, list[str]] = {}
    for folder, owner in load.owners.items():
        folders.setdefault(owner, []).append(folder)
    for owner in sorted(folders):
        told = [
            _Item(folder, owner, one) for folder in sorted(folders[owner]) for one in load.bag.entries(folder)
        ]
        yield from sorted(told, key=_place)


def _place(one: _Item) -> tuple[int, str]:
    """Where an entry stands in its file: by number, and in some place also when a stranger's id is none."""
    name = str(one.told["entry"]["id"])
    return len(name), name


def _left_out(reading: Reading, load: Load, items: Sequence[_Item]) -> list[_Item]:
    """Those of some items, each once, that never came before, with this package or another: nothing is filed twice.

    Raises Waits when one has come with another that has not ended.
    """
    origin = origin_of(load.bag)
    there = {owner: reading.originals(owner, origin) for owner in {one.owner for one in items}}
    once: dict[tuple[str, str], _Item] = {}
    for one in items:
        once.setdefault((one.owner, str(one.told["entry"]["id"])), one)
    if any(there[owner].get(name) not in {None, load.kept.id} for owner, name in once):
        raise Waits
    return [one for (owner, name), one in once.items() if name not in there[owner]]


def _put(office: Office, load: Load, items: Sequence[_Item]) -> None:
    """Put the bytes of some entries into the store: nothing tells of them yet."""
    some: list[bytes] = []
    for one in items:
        some.append(load.bag.files.read(f"data/{one.folder}/{one.told['file']}"))
        if len(some) == PUT_AT_ONCE or sum(map(len, some)) > BYTES_AT_ONCE:
            put_whole(office, some)
            load.bag.beat()
            some = []
    put_whole(office, some)


def _file(office: Office, transaction: Transaction, load: Load, items: Sequence[_Item]) -> None:
    """File some entries, each with where it comes from."""
    ids = transaction.add_entries([_entry(load.kept, one) for one in items])
    transaction.add_arrived([_arrived(office, load, *pair) for pair in zip(items, ids, strict=True)])


def _entry(kept: Arrival, one: _Item) -> NewEntry:
    row = one.told["entry"]
    return NewEntry(
        one.owner,
        row["kind"],
        row["archive_class"],
        row["title"],
        row["sha256"],
        row["size"],
        row["media_type"],
        None,
        kept.by,
        row.get("evidence"),
    )


def _arrived(office: Office, load: Load, one: _Item, entry: str) -> Arrived:
    row, before = one.told["entry"], one.told.get("came_from") or {}
    form = _form(load.bag, one.folder, row) or member(before, "form")
    few = bool(member(before, "restricted")) or _few(office, form, row.get("evidence"))
    serial = row.get("serial") or member(before, "serial")
    number = str(one.told.get("archive_no") or "")
    origin = origin_of(load.bag)
    return Arrived(entry, load.kept.id, origin, str(row["id"]), number, _plain(serial), _plain(form), few)


def _few(office: Office, form: object, evidence: object) -> bool:
    """Tell whether few may see what is of this form or evidence; so it is with one nobody here knows (arts. 41 and 44)."""
    of, kind = office.catalogue.forms.get(str(form)), EVIDENCE.get(str(evidence))
    by_form = form is not None and (of is None or bool(of.access))
    return by_form or (evidence is not None and (kind is None or kind.restricted))


def _plain(value: object) -> str | None:
    return value if isinstance(value, str) and is_plain(value) else None


def _form(bag: Bag, folder: str, row: dict[str, Any]) -> str | None:
    if not row.get("serial"):
        return None
    return str(member(bag.json(f"data/{folder}/documents/{row['serial']}.json"), "document", "form"))
