"""A file on its way out: a valid BagIt bag, a valid OCFL storage root, readable in any browser and spreadsheet, provable offline."""

import base64
import csv
import io
import json
import re
import zipfile
from hashlib import sha256

import bagit
import ocfl
import pytest
from ocfl.validator import Validator

from service import archives
from service.access import Role, Who
from service.errors import Problem
from service.offline import Offline, verify
from service.signing import BadNote, PublicKeys
from service.signing.published import read_checkpoint, read_list
from storage.committed import row_digest
from storage.errors import ObjectDamaged, StoreAway
from storage.log import leaf_hash, verify_inclusion
from storage.packing import BAG
from tests.conftest import BEARER, COUNTY, OTHER_SCHOOL, SCHOOL, STUDENT, as_role, issue_diploma
from tests.test_file_index import picture

FORMULA = '=HYPERLINK("http://evil")'
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def filed(town, registrar, clock):
    """Two papers, and in the year after something without a form, of the student; another student with nothing but a paper."""
    issue_diploma(town, registrar)
    issue_diploma(town, registrar, BEARER)
    clock.advance(days=365)
    for title in (FORMULA, HOSTILE):
        archives.file_item(town, registrar, STUDENT, picture(title), archives.NewItem("5", title))
    return town


def packed(office, who, owner, form="bagit"):
    out = io.BytesIO()
    archives.package(office, who, owner, form).write(out)
    return out.getvalue()


def unpacked(data, folder):
    with zipfile.ZipFile(io.BytesIO(data)) as bag:
        assert {name.split("/")[0] for name in bag.namelist()} == {BAG}
        assert len(set(bag.namelist())) == len(bag.namelist())
        bag.extractall(folder)
    return folder / BAG


@pytest.fixture
def bag(filed, registrar, tmp_path):
    return unpacked(packed(filed, registrar, STUDENT), tmp_path / "bag")


@pytest.fixture
def root(filed, registrar, tmp_path):
    return unpacked(packed(filed, registrar, STUDENT, "ocfl"), tmp_path / "ocfl")


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_bag_is_valid(bag):
    """The reference implementation validates it, completely and quickly."""
    found = bagit.Bag(str(bag))
    assert found.validate()
    assert found.validate(fast=True)
    assert found.version_info == (1, 0)
    assert found.algorithms == ["sha256"]


def test_a_changed_file_in_the_bag_is_noticed(bag):
    """Whoever alters a paper in the bag is found out by any BagIt tool."""
    paper = next((bag / "data").rglob("*-document.pdf"))
    data = bytearray(paper.read_bytes())
    data[100] ^= 1
    paper.write_bytes(data)
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(bag)).validate()


def valid_ocfl(root):
    """What ocfl-py says of a storage root, every digest computed again: whether all of it is good, and how many objects there are."""
    found = ocfl.StorageRoot(root=str(root))
    sound = found.validate()
    return sound and found.num_objects == found.good_objects, found.num_objects


def test_the_storage_root_is_valid(root):
    """ocfl-py validates the root and its object; a version for each school year.

    The one warning is that an id should be a URI: ours is its directory's name, which no system of files refuses.
    """
    assert valid_ocfl(root) == (True, 1)
    (folder,) = (path.parent for path in root.rglob("0=ocfl_object_1.1"))
    checker = Validator(log_warnings=True)
    assert checker.validate_object(str(folder))
    assert {message[:6] for message in checker.log.messages} == {"[W005]"}
    inventory = json.loads((folder / "inventory.json").read_text())
    assert inventory["head"] == "v2"
    assert [version["message"] for version in inventory["versions"].values()] == [
        "2026—2027学年归档",
        "打包时的全部内容",
    ]
    assert len(inventory["versions"]["v1"]["state"]) < len(inventory["versions"]["v2"]["state"])


def test_a_changed_file_in_the_storage_root_is_noticed(root):
    """ocfl-py too finds an altered paper."""
    paper = next(root.rglob("*-document.pdf"))
    data = bytearray(paper.read_bytes())
    data[100] ^= 1
    paper.write_bytes(data)
    assert valid_ocfl(root)[0] is False


def test_what_is_signed_is_the_whole(bag, root, town):
    """The installation's signature is over the manifest of a bag, over the list of a root's inventories."""
    for folder, form, listed in (
        (bag, "bagit", "manifest-sha256.txt"),
        (root, "ocfl", "signed-files.txt"),
    ):
        note = town.keys.public.open_note((folder / "signature.txt").read_text())
        assert note.lines[1:] == [form, sha256((folder / listed).read_bytes()).hexdigest()]
    for line in (root / "signed-files.txt").read_text().splitlines():
        digest, path = line.split("  ")
        assert sha256((root / path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("form", ["bagit", "ocfl"])
def test_every_entry_is_listed_and_opens(filed, registrar, tmp_path, form):
    """entries.csv and both pages name each file; the links work from the file system; no cell is a formula, no title is run."""
    top = unpacked(packed(filed, registrar, STUDENT, form), tmp_path / "x")
    top = top / "data" if form == "bagit" else top
    rows = rows_of(top / "entries.csv")
    with filed.archive.read() as reading:
        entries = reading.entries(STUDENT)
    assert [row["件号"] for row in rows] == [entry.id for entry in entries]
    assert [row["题名"] for row in rows[-2:]] == ["'" + FORMULA, HOSTILE]
    for row, entry in zip(rows, entries, strict=True):
        data = (top / row["文件"]).read_bytes()
        assert sha256(data).hexdigest() == row["SHA-256"] == entry.sha256
        assert len(data) == int(row["字节"])
        assert row["档号"].startswith(f"XJ-{SCHOOL}-2026-Y-11")
    pages = list(top.rglob("index.html"))
    assert len(pages) == 2
    for path in pages:
        page = path.read_text()
        assert "学生学籍档案目录" in page
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        links = re.findall(r'href="([^"]*)"', page)
        assert len(links) == len(entries)
        assert all((path.parent / link).is_file() for link in links)


def test_no_name_of_a_file_tells_of_anybody(filed, registrar):
    """Neither 学籍号, id number nor name stands in a path."""
    for form in archives.FORMATS:
        with zipfile.ZipFile(io.BytesIO(packed(filed, registrar, SCHOOL, form))) as bag:
            for name in bag.namelist():
                assert name.isascii()
                assert STUDENT[1:] not in name


def proved(leaf, checkpoint, row):
    """Tell whether a leaf tells of a row and lies in the log of a checkpoint."""
    path = [base64.b64decode(node) for node in leaf["path"]]
    found = leaf_hash(leaf["payload"].encode())
    said = json.loads(leaf["payload"])["row"]
    return said == row_digest(row, base64.b64decode(leaf["salt"])) and verify_inclusion(
        found, leaf["index"], checkpoint.size, path, checkpoint.root
    )


def test_everything_is_proved_by_what_lies_in_the_package(bag, town):
    """Each entry and each paper's row is the one its leaf commits to, and the leaf leads to the signed checkpoint."""
    data = bag / "data"
    keys = PublicKeys.from_json((data / "yinzheng-keys.json").read_text())
    head = read_checkpoint(keys, (data / "checkpoint.txt").read_text())
    entries = json.loads(next(data.rglob("entries.json")).read_text())
    assert len(entries) > 2
    for told in entries:
        assert proved(told["leaf"], head, told["entry"])
    (paper,) = (json.loads(path.read_text()) for path in data.rglob("documents/*.json"))
    leaf = {**{name: paper[name] for name in ("index", "payload", "path")}}
    assert proved({**leaf, "salt": paper["salts"][str(leaf["index"])]}, head, paper["document"])
    assert not proved({**leaf, "salt": entries[0]["leaf"]["salt"]}, head, paper["document"])


def test_a_paper_of_the_package_is_verified_offline(filed, registrar, tmp_path):
    """Key file, status list, checkpoint and the paper's own JSON are what `yinzheng verify` takes."""
    with filed.archive.begin() as transaction:
        (made,) = transaction.documents(student_no=STUDENT)
        transaction.set_status(made.serial, "effective")
    data = unpacked(packed(filed, registrar, STUDENT), tmp_path / "x") / "data"
    keys = PublicKeys.from_json((data / "yinzheng-keys.json").read_text())
    have = Offline(
        keys,
        read_list(keys, (data / "status-list.txt").read_text()),
        read_checkpoint(keys, (data / "checkpoint.txt").read_text()),
        json.loads(next(data.rglob(f"{made.serial}.json")).read_text()),
    )
    assert verify(have, made.code_text, filed.now()).verdict == "genuine"
    with pytest.raises(BadNote):
        read_checkpoint(keys, (data / "checkpoint.txt").read_text().replace("\n", "\n1", 1))


@pytest.mark.parametrize("form", ["bagit", "ocfl"])
def test_a_whole_school(filed, registrar, tmp_path, form):
    """The school's own file and each student's with something in it, in a folder of its own, named by its volume."""
    root = unpacked(packed(filed, registrar, SCHOOL, form), tmp_path / "x")
    if form == "bagit":
        assert bagit.Bag(str(root)).validate()
    else:
        assert valid_ocfl(root) == (True, 3)
    top = root / "data" if form == "bagit" else root
    told = json.loads((top / "package.json").read_text())
    assert [one["kind"] for one in told["files"]] == ["school", "student", "student"]
    for path in top.rglob("index.html"):
        links = re.findall(r'href="([^"]*)"', path.read_text())
        assert links
        assert all((path.parent / link).is_file() for link in links)
    with filed.archive.read() as reading:
        for owner in (STUDENT, BEARER):
            assert [row.what for row in reading.accesses(owner)] == [f"package of {SCHOOL}"]
        assert [row.what for row in reading.accesses(SCHOOL)] == ["package"]


def test_the_register_comes_first(filed, registrar, monkeypatch):
    """Art. 44: out of scope nothing, and nothing at all when the row of one student cannot be written."""
    with pytest.raises(Problem) as refused:
        archives.package(filed, as_role("registrar", OTHER_SCHOOL), SCHOOL)
    assert refused.value.code == "approval_needed"

    def away(_self, *, archive, **_named):
        if archive == BEARER:
            raise StoreAway("SQLITE_READONLY")

    monkeypatch.setattr("storage.entries.WritesEntries.note_access", away)
    with pytest.raises(StoreAway):
        archives.package(filed, registrar, SCHOOL)


def test_a_restricted_paper_is_withheld(filed, registrar, tmp_path):
    """What the registrar may not see is not packed, and how much it was is told."""
    with filed.archive.begin() as transaction:
        (made,) = transaction.documents(student_no=STUDENT)
        sha256 = filed.archive.objects.put(b"%PDF-court")
        item = {"archive_class": "x", "title": "x", "media_type": "application/pdf", "by": "d1"}
        transaction.add_entry(
            archive=STUDENT,
            kind="evidence",
            sha256=sha256,
            size=10,
            serial=made.serial,
            evidence="judicial",
            **item,
        )
    for who, kept in ((Who(Role.REGISTRAR, SCHOOL, "another"), 0), (as_role("county", COUNTY), 1)):
        other = packed(filed, who, STUDENT)
        with zipfile.ZipFile(io.BytesIO(other)) as bag:
            told = json.loads(bag.read(f"{BAG}/data/package.json"))
            names = [name for name in bag.namelist() if name.endswith("-evidence.pdf")]
        assert (len(names), told["files"][0]["withheld"]) == (kept, 1 - kept)


def test_the_same_archive_gives_the_same_bytes(filed, registrar):
    """What is written of one archive as of one look can be compared by its sha256; each further look lengthens the log."""
    for form in archives.FORMATS:
        package, outs = archives.package(filed, registrar, STUDENT, form), (io.BytesIO(), io.BytesIO())
        for out in outs:
            package.write(out)
        assert outs[0].getvalue() == outs[1].getvalue()


def test_an_empty_file_is_valid(town, registrar, tmp_path):
    """Nothing filed yet is no error."""
    assert bagit.Bag(str(unpacked(packed(town, registrar, STUDENT), tmp_path / "b"))).validate()
    assert valid_ocfl(unpacked(packed(town, registrar, STUDENT, "ocfl"), tmp_path / "o"))[0]


def test_no_package_with_a_hole(filed, registrar):
    """A lost object of a student's file is told before the first byte; of a school's, it leaves no zip that opens."""
    with filed.archive.read() as reading:
        lost = reading.entries(BEARER)[0].sha256
    for path in (filed.settings.data / "objects").rglob(lost):
        path.unlink()
    with pytest.raises(ObjectDamaged):
        archives.package(filed, registrar, BEARER)
    out = io.BytesIO()
    with pytest.raises(ObjectDamaged):
        archives.package(filed, registrar, SCHOOL).write(out)
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(out)
