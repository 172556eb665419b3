"""A packed archive is a valid BagIt bag that opens in any browser and spreadsheet."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import bagit
import pytest

import storage.package
from storage.errors import ObjectDamaged, PackageTooLarge
from storage.objects.folder import Folder
from storage.package import BAG
from storage.package import bagit as packed
from storage.records import Entry

NAMES = ["初中毕业证书", "<script>alert(1)</script>", '=HYPERLINK("http://evil")', "张\n三,“李”"]


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "objects")


@pytest.fixture
def entries(folder):
    made = []
    for place, title in enumerate(NAMES, 1):
        data = f"paper {place % 3}".encode() * 50  # two entries share one object
        kind, media_type = ("scan", "image/jpeg") if place % 2 else ("document", "application/pdf")
        at = datetime(2026, 7, place, 8, 0, tzinfo=UTC)
        size = len(data)
        made.append(
            Entry(
                str(place),
                "G1",
                kind,
                "学生学籍档案",
                title,
                folder.put(data),
                size,
                media_type,
                None,
                at,
                "d1",
            )
        )
    return made


def unpacked(data, tmp_path):
    with zipfile.ZipFile(io.BytesIO(data)) as bag:
        assert {name.split("/")[0] for name in bag.namelist()} == {BAG}
        bag.extractall(tmp_path / "out")
    return tmp_path / "out" / BAG


def test_the_bag_is_valid(entries, folder, tmp_path):
    """The reference implementation validates it, completely and quickly."""
    bag = bagit.Bag(str(unpacked(packed(entries, folder.get), tmp_path)))
    assert bag.validate()
    assert bag.validate(fast=True)
    assert bag.version_info == (1, 0)
    assert bag.algorithms == ["sha256"]


def test_a_changed_file_in_the_bag_is_noticed(entries, folder, tmp_path):
    """Whoever alters a paper in the bag is found out by any BagIt tool."""
    path = unpacked(packed(entries, folder.get), tmp_path)
    paper = next((path / "data" / "files").iterdir())
    paper.write_bytes(paper.read_bytes().replace(b"p", b"q", 1))
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(path)).validate()


def test_every_entry_is_in_the_list_and_in_the_bag(entries, folder, tmp_path):
    """entries.csv names each file, and the file has the sha256 it says; no cell is a formula."""
    path = unpacked(packed(entries, folder.get), tmp_path)
    with (path / "data" / "entries.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["题名"].lstrip("'") for row in rows] == NAMES
    assert [row["题名"][0] for row in rows] == ["初", "<", "'", "张"]
    for row, entry in zip(rows, entries, strict=True):
        data = (path / "data" / row["文件"]).read_bytes()
        assert sha256(data).hexdigest() == row["SHA-256"] == entry.sha256
        assert len(data) == int(row["字节"])


def test_the_page_shows_titles_and_runs_nothing(entries, folder, tmp_path):
    """index.html is Chinese, static, escaped, and links to files that are there."""
    path = unpacked(packed(entries, folder.get), tmp_path) / "data"
    page = (path / "index.html").read_text()
    assert "学籍档案目录" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    links = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert len(links) == len(entries)
    assert all((path / link).is_file() for link in links)


def test_the_same_archive_gives_the_same_bytes(entries, folder):
    """Two packages of one archive can be compared by their sha256."""
    assert packed(entries, folder.get) == packed(entries, folder.get)


def test_an_empty_archive_is_a_valid_bag(folder, tmp_path):
    """Nothing filed yet is no error."""
    assert bagit.Bag(str(unpacked(packed([], folder.get), tmp_path))).validate()


def test_no_package_with_a_hole(entries, folder):
    """A lost object makes no package at all."""
    with pytest.raises(ObjectDamaged):
        packed([*entries, replace(entries[0], sha256="0" * 64)], folder.get)


def test_too_large_is_told_before_anything_is_read(entries, monkeypatch):
    """The limit is on the registered sizes."""
    monkeypatch.setattr(storage.package, "MAX_BYTES", sum(entry.size for entry in entries) - 1)
    with pytest.raises(PackageTooLarge):
        packed(entries, lambda _name: pytest.fail("was read"))
