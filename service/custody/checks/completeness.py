"""完整性: every file of the manifests is there and as it was, nothing else is, and the file's items and papers are whole."""

import re
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import get_args

from service.archives.leaving import CONTENT
from service.custody.checks.nouns import Bag, Difference, is_plain, member
from storage.packing.bag import DECLARATION, MANIFEST, SIGNATURE
from storage.packing.suffixes import SUFFIXES
from storage.records import EntryKind

KINDS = frozenset(get_args(EntryKind))
TAGS = ("bagit.txt", "bag-info.txt", MANIFEST, SIGNATURE)
ROOT_FILES = tuple(
    f"data/{name}"
    for name in (
        "package.json",
        "index.html",
        "entries.csv",
        "yinzheng-keys.json",
        "checkpoint.txt",
        "status-list.txt",
    )
)
TAG_MANIFEST = "tagmanifest-sha256.txt"
LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
OXUM = re.compile(r"^Payload-Oxum: ([0-9]{1,18})\.([0-9]{1,18})$", re.MULTILINE)
NUMBER = re.compile(r"(XJ-[0-9]+-[0-9]{4}-Y-[0-9]{4}-[0-9]{4})-([0-9]{4})")
IDENTITY = re.compile(r"[0-9a-f]{32}")
"""The id of a transfer."""
MOST_LISTS = 1000
"""移交清单 of one transfer: each names 400 files."""
LISTS = re.compile(r"data/transfer/list-[0-9]+\.pdf")


def completeness(bag: Bag) -> Iterator[Difference]:
    """Every difference between what a bag says it holds and what it holds."""
    if bag.text("bagit.txt") != DECLARATION.decode() and "bagit.txt" in bag.files.members:
        yield Difference("not_a_bag", "bagit.txt")
    yield from _manifests(bag)
    yield from _oxum(bag)
    for path in ROOT_FILES:
        if path not in bag.files.members:
            yield Difference("file_missing", path)
    if bag.told.get("content") != CONTENT:
        yield Difference("bad_list", "data/package.json")
        return
    yield from _transfer(bag)
    files = bag.told.get("files")
    if not isinstance(files, list) or len(files) != len(bag.folders):
        yield Difference("bad_list", "data/package.json")
    for one in bag.folders:
        yield from _folder(bag, one["folder"], one)


def _transfer(bag: Bag) -> Iterator[Difference]:
    """What is said of the transfer, without which a package is a copy for reading, and its lists."""
    if not IDENTITY.fullmatch(str(bag.transfer.get("id", ""))):
        yield Difference("no_transfer", "data/package.json")
    lists = {path for path in bag.files.members if LISTS.fullmatch(path)}
    told = bag.transfer.get("lists")
    count = len(told) if isinstance(told, list) and 0 < len(told) <= MOST_LISTS else 1
    wanted = {f"data/transfer/list-{place}.pdf" for place in range(1, count + 1)}
    yield from (Difference("list_missing", path) for path in sorted(wanted - lists))
    yield from (Difference("file_extra", path) for path in sorted(lists - wanted))


def _manifests(bag: Bag) -> Iterator[Difference]:
    payload = {path for path in bag.files.members if path.startswith("data/")}
    yield from _against(bag, MANIFEST, payload)
    rest = bag.files.members.keys() - payload - {TAG_MANIFEST}
    yield from _against(bag, TAG_MANIFEST, rest)
    told = bag.files.members.get(TAG_MANIFEST)
    made = "".join(
        f"{bag.files.members[path].sha256}  {path}\n" for path in sorted(TAGS) if path in bag.files.members
    )
    if told is not None and told.sha256 != sha256(made.encode()).hexdigest():
        yield Difference("file_changed", TAG_MANIFEST)


def _against(bag: Bag, name: str, there: set[str]) -> Iterator[Difference]:
    """A manifest against the files it is about."""
    if name not in bag.files.members:
        yield Difference("file_missing", name)
    listed: dict[str, str] = {}
    for line in bag.lines(name):
        found = LINE.fullmatch(line)
        if found is None or found[2] in listed:
            yield Difference("bad_list", name)
            continue
        listed[found[2]] = found[1]
    needed = listed.keys() | (set(TAGS) if name == TAG_MANIFEST else set())
    for path in sorted(needed - there):
        yield Difference("file_missing", path)
    for path in sorted(there - listed.keys()):
        yield Difference("file_extra", path)
    for path in sorted(listed.keys() & there):
        if bag.files.members[path].sha256 != listed[path]:
            yield Difference("file_changed", path)


def _oxum(bag: Bag) -> Iterator[Difference]:
    payload = [one for path, one in bag.files.members.items() if path.startswith("data/")]
    told = OXUM.search(bag.text("bag-info.txt") or "")
    if told is None or (int(told[1]), int(told[2])) != (sum(one.size for one in payload), len(payload)):
        yield Difference("oxum_differs", "bag-info.txt")


def _folder(bag: Bag, folder: str, told: dict[str, object]) -> Iterator[Difference]:
    """One file: each entry has its bytes, each paper its data and its PDF, no item is left out."""
    here = f"data/{folder}/"
    for name in ("file.json", "entries.json", "index.html"):
        if here + name not in bag.files.members:
            yield Difference("file_missing", here + name)
    papers: dict[str, set[str]] = defaultdict(set)
    listed, items, count, ids = set(), defaultdict(set), 0, set()
    for one in bag.entries(folder):
        count += 1
        path = here + str(one.get("file", ""))
        if path in listed or str(member(one, "entry", "id")) in ids:
            yield Difference("bad_list", path)
        listed.add(path)
        ids.add(str(member(one, "entry", "id")))
        yield from _entry(bag, path, one)
        if serial := member(one, "entry", "serial"):
            papers[str(serial)].add(str(member(one, "entry", "sha256")))
        if number := NUMBER.fullmatch(str(one.get("archive_no", ""))):
            items[number[1]].add(int(number[2]))
    there = (path for path in bag.files.members if path.startswith(f"{here}files/"))
    yield from (Difference("file_extra", path) for path in sorted(there) if path not in listed)
    yield from _papers(bag, here, papers)
    yield from _gaps(items)
    if told.get("entries") != count or told.get("documents") != len(papers):
        yield Difference("counts_differ", folder)
    if told.get("withheld") and bag.transfer:
        yield Difference("withheld", folder)


def _entry(bag: Bag, path: str, told: dict[str, object]) -> Iterator[Difference]:
    """One entry: it is told as entries are, and its bytes are there."""
    row = member(told, "entry")
    texts = ("id", "archive", "archive_class", "title", "sha256", "media_type", "kind")
    if (
        not isinstance(row, dict)
        or not all(is_plain(row.get(name)) for name in texts)
        or not all(row.get(name) is None or is_plain(row[name]) for name in ("evidence", "serial"))
        or not is_plain(told.get("archive_no") or "")
        or row["kind"] not in KINDS
        or row["media_type"] not in SUFFIXES
        or not isinstance(row.get("size"), int)
    ):
        yield Difference("bad_list", path)
        return
    there = bag.files.members.get(path)
    if there is None:
        yield Difference("file_missing", path)
    elif (there.sha256, there.size) != (row["sha256"], row["size"]):
        yield Difference("entry_changed", path)


def _gaps(items: dict[str, set[int]]) -> Iterator[Difference]:
    """The 档号 of a class of a volume run from 1 on."""
    for volume, numbers in sorted(items.items()):
        gaps = set(range(1, max(numbers) + 1)) - numbers
        yield from (Difference("item_gap", f"{volume}-{number:04d}") for number in sorted(gaps))


def _papers(bag: Bag, here: str, papers: dict[str, set[str]]) -> Iterator[Difference]:
    for serial, there in sorted(papers.items()):
        path = f"{here}documents/{serial}.json"
        if path not in bag.files.members:
            yield Difference("document_missing", path)
        elif str(member(bag.json(path), "document", "pdf")) not in there:
            yield Difference("paper_missing", serial)


def digest_of(bag: Bag, path: str) -> str:
    """The SHA-256 of a file of the package; that of nothing when there is none."""
    found = bag.files.members.get(path)
    return sha256(b"").hexdigest() if found is None else found.sha256
