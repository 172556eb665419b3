"""Packs the file of a student, or a school's with those of all its students: every look is noted before a byte leaves (art. 44)."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal, get_args

from service.access import Who
from service.archives.leaving.gathering import Gathering
from service.archives.numbering import arrange, arrange_many
from service.office import Handing, Office
from service.office.files import Look, note, open_file
from service.office.proofs import origin, seconds, signed_head, status_list
from storage.errors import ObjectDamaged
from storage.packing import Made, Package, Spool, write_bag, write_ocfl

Format = Literal["bagit", "ocfl"]
FORMATS: tuple[Format, ...] = get_args(Format)
WRITERS = {"bagit": write_bag, "ocfl": write_ocfl}
CONTENT = "yinzheng-archive/1"
"""What package.json calls the arrangement of files in a package (docs/leaving.md)."""
COUNTED = ("entries", "documents", "pages", "bytes")
AT_ONCE = 100
"""Students whose look is noted in one transaction."""
NUMBERED = frozenset({"student", "school"})


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is to be packed: whose file, in which form, with those of which students of a school.

    `everything` is also what is restricted from whoever packs, for a custody transfer; `extra` are files that tell of the
    whole, `said` goes into package.json.
    """

    look: Look
    form: Format = "bagit"
    students: Sequence[str] = ()
    everything: bool = False
    extra: Sequence[tuple[str, bytes]] = ()
    said: dict[str, object] | None = None


def package(
    office: Office, who: Who | None, owner: str, form: Format = "bagit", approval: str | None = None
) -> Handing:
    """The file of a student, or of an organization with those of its students, as a zip that is written piece by piece.

    Everything that tells of it is as of one moment. The register rows are on disk when this returns. Raises Problem 401,
    403, 404; ObjectDamaged when an object of a student's file is not there; that of a lost one of a whole school comes
    while writing, and leaves a zip that cannot be opened.
    """
    look = open_file(office, who, owner, approval, "package")
    order = Ordered(look, form, ordered_students(office, look, approval))
    with office.archive.read() as reading:
        if not order.students:
            for entry in reading.entries(owner):
                if not office.archive.objects.has(entry.sha256):
                    raise ObjectDamaged(entry.sha256)
    return Handing("application/zip", f"archive-{form}.zip", lambda out: _write(office, order, out))


def ordered_students(office: Office, look: Look, approval: str | None) -> list[str]:
    """The students of a school whose files are packed with it, each look noted; every item has its 档号 afterwards."""
    students: list[str] = []
    if look.kind == "school":
        with office.archive.read() as reading:
            students = [student.student_no for student in reading.students(look.owner)]
        for start in range(0, len(students), AT_ONCE):
            with office.archive.begin() as transaction:
                for student in students[start : start + AT_ONCE]:
                    note(transaction, look.who, student, f"package of {look.owner}", approval)
        arrange_many(office, look.owner, [(student, look.owner) for student in students])
    elif look.kind in NUMBERED:
        arrange(office, look.owner, look.kind, look.school)
    return students


def _write(office: Office, order: Ordered, out: BinaryIO) -> None:
    written(office, order, out)


def written(office: Office, order: Ordered, out: BinaryIO) -> dict[str, int]:
    """Write a package whose looks are noted; gives how many files, entries, papers, pages and bytes it holds."""
    with gathered(office, order) as (found, spool, counts):
        name, now = f"{office.settings.host.lower()}/package", seconds(office)

        def sign(digest: str) -> str:
            return office.keys.note(name, f"{name}\n{order.form}\n{digest}\n", now)

        WRITERS[order.form](out, found, spool, office.archive.objects.get, sign)
    return counts


@contextmanager
def gathered(office: Office, order: Ordered) -> Iterator[tuple[Package, Spool, dict[str, int]]]:
    """Everything of a package but the objects, as of one moment, in a spool on disk."""
    listed = status_list(office)
    with ExitStack() as stack:
        spool = stack.enter_context(Spool(office.settings.workshop() / "packing"))
        with office.archive.read() as reading:
            tree = reading.log_tree()
            head = signed_head(office, tree)
            gathering = Gathering(office, reading, order.look.who, spool, (tree, head), order.form)
            stack.callback(gathering.close)
            if order.everything:
                gathering.hidden = None
            owners = [order.look.owner, *order.students]
            folders = [folder for owner in owners if (folder := gathering.folder(owner)) is not None]
        told = {
            "content": CONTENT,
            "kind": order.look.kind,
            "owner": order.look.owner,
            "name": order.look.name,
            "form": order.form,
            "made_at": office.now().isoformat(),
            "by": {"role": order.look.who.role, "org": order.look.who.org},
            "log": {"origin": origin(office), "size": tree.size},
            "files": gathering.told,
            **(order.said or {}),
        }
        lists = [path for path, _ in order.extra]
        page = gathering.page(order.look.name, whole=bool(order.students), lists=lists)
        made: list[Made] = [
            spool.add("package.json", [json.dumps(told, ensure_ascii=False, indent=1).encode()]),
            spool.add("index.html", page),
            spool.add("entries.csv", gathering.table()),
            spool.add("yinzheng-keys.json", [office.keys.published().encode()]),
            spool.add("checkpoint.txt", [head.encode()]),
            spool.add("status-list.txt", [listed.encode()]),
            *(spool.add(path, [data]) for path, data in order.extra),
        ]
        counts = {what: sum(one[what] for one in gathering.told) for what in COUNTED}
        yield Package(made, folders), spool, {"files": len(folders), **counts}
