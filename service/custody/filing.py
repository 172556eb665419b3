"""Files what came and passed: bytes first, then an entry for each, with where it comes from and who may see it."""

from dataclasses import dataclass
from typing import Any

from service.custody.checks.nouns import Bag, is_plain, member
from service.office import Office
from storage.archive import Transaction
from storage.records import Arrival, Arrived
from templates.evidence import EVIDENCE

AT_ONCE, BYTES_AT_ONCE = 50, 32 << 20
"""Objects put together, and how much of them is in memory before they are put."""

Entries = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be filed: the package, into which file each of its folders goes, and the entries of each."""

    bag: Bag
    owners: dict[str, str]
    entries: dict[str, Entries]


def put_objects(office: Office, bag: Bag, owners: dict[str, str]) -> dict[str, Entries]:
    """Put the bytes of every entry into the store, and list the entries of each folder: nothing tells of them yet."""
    found: dict[str, Entries] = {}
    for folder in owners:
        found[folder] = list(bag.entries(folder))
        some: list[bytes] = []
        for one in found[folder]:
            some.append(bag.files.read(f"data/{folder}/{one['file']}"))
            if len(some) == AT_ONCE or sum(map(len, some)) > BYTES_AT_ONCE:
                office.archive.objects.put_many(some)
                some = []
        office.archive.objects.put_many(some)
    return found


def leave_out(transaction: Transaction, load: Load) -> None:
    """Leave out what came before: it is not filed twice."""
    origin = str(member(load.bag.told, "log", "origin"))
    for folder, listed in load.entries.items():
        there = transaction.arrived([entry.id for entry in transaction.entries(load.owners[folder])])
        known = {(one.origin, one.original) for one in there.values()}
        listed[:] = [one for one in listed if (origin, one["entry"]["id"]) not in known]


def file_all(office: Office, transaction: Transaction, kept: Arrival, load: Load) -> None:
    """File what came, entry by entry, each with where it comes from."""
    origin = str(member(load.bag.told, "log", "origin"))
    for folder, listed in load.entries.items():
        owner = load.owners[folder]
        made = []
        for one in listed:
            row = one["entry"]
            before = one.get("came_from") or {}
            form = _form(load.bag, folder, row) or member(before, "form")
            few = bool(member(before, "restricted")) or _few(office, form, row.get("evidence"))
            serial = row.get("serial") or member(before, "serial")
            entry = transaction.add_entry(
                archive=owner,
                kind=row["kind"],
                archive_class=row["archive_class"],
                title=row["title"],
                sha256=row["sha256"],
                size=row["size"],
                media_type=row["media_type"],
                serial=None,
                by=kept.by,
                evidence=row.get("evidence"),
            )
            number = str(one.get("archive_no") or "")
            made.append(
                Arrived(entry.id, kept.id, origin, str(row["id"]), number, _plain(serial), _plain(form), few)
            )
        transaction.add_arrived(made)


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
