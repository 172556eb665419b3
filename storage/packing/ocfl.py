"""Writes a package as an OCFL 1.1 storage root in a zip: an object for each file, a version for each year of filing."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256, sha512
from typing import BinaryIO

from storage.packing.parts import Folder, Kept, Made, Package
from storage.packing.spool import Spool
from storage.packing.zipped import Zipped

LAYOUT = "0002-flat-direct-storage-layout"
"""An object lies in the directory that has its id for a name: what is read is where it says."""
ROOT_FILES = {
    "0=ocfl_1.1": "ocfl_1.1\n",
    "ocfl_layout.json": json.dumps(
        {"extension": LAYOUT, "description": "Each object lies in the directory named by its id."}
    ),
}
SIGNED, SIGNATURE = "signed-files.txt", "signature.txt"

Digests = dict[str, tuple[str, str]]
"""sha512 → where the bytes lie in the object, and their sha256."""


def path_in_ocfl(folder: str, version: int, path: str) -> str:
    """Where a file of a folder lies under the storage root, if it came with this version (from 1) and no other file has its bytes."""
    return f"{folder}/v{version}/content/{path}"


def write_ocfl(
    out: BinaryIO,
    package: Package,
    spool: Spool,
    get: Callable[[str], bytes],
    sign: Callable[[str], str],
) -> None:
    """Write it; as for a bag, but `sign` is given the sha256 of a list of the root's files and each object's inventory.

    An inventory holds the sha512 of what it tells of, so it comes after that; the bytes are read once.
    """
    signed: list[tuple[str, str]] = []
    with Zipped(out) as root:
        for path, text in ROOT_FILES.items():
            root.add(path, [text.encode()])
            signed.append((sha256(text.encode()).hexdigest(), path))
        for one in package.made:
            root.add(one.path, spool.read(one))
            signed.append((one.sha256, one.path))
        for folder in package.folders:
            inventory = _Object(root, folder, spool, get).write()
            signed.append((sha256(inventory).hexdigest(), f"{folder.name}/inventory.json"))
        listed = "".join(f"{digest}  {path}\n" for digest, path in signed).encode()
        root.add(SIGNED, [listed])
        root.add(SIGNATURE, [sign(sha256(listed).hexdigest()).encode()])


class _Object:
    """One object being written: the bytes first, version by version, then the inventories that tell of them."""

    def __init__(self, root: Zipped, folder: Folder, spool: Spool, get: Callable[[str], bytes]) -> None:
        self._root = root
        self._folder = folder
        self._spool = spool
        self._get = get
        self._stored: Digests = {}
        self._known: dict[str, str] = {}
        """sha256 → sha512 of what is stored."""
        self._state: dict[str, list[str]] = {}
        self._versions: dict[str, Mapping[str, object]] = {}

    def write(self) -> bytes:
        """Write it all; gives the last inventory."""
        self._add("0=ocfl_object_1.1", b"ocfl_object_1.1\n")
        inventory = b""
        last = len(self._folder.versions)
        for number, version in enumerate(self._folder.versions, 1):
            for kept in version.kept:
                self._keep(number, kept)
            if number == last:
                for made in self._folder.made:
                    self._make(number, made)
            self._versions[f"v{number}"] = {
                "created": _seconds(version.at),
                "message": version.message,
                "user": {"name": version.by, "address": version.address},
                "state": {digest: list(paths) for digest, paths in self._state.items()},
            }
            inventory = self._inventory(number)
            self._side(f"v{number}/", inventory)
        self._side("", inventory)
        return inventory

    def _keep(self, number: int, kept: Kept) -> None:
        long = self._known.get(kept.sha256)
        if long is None:
            data = self._get(kept.sha256)
            long = sha512(data).hexdigest()
            self._add(f"v{number}/content/{kept.path}", data, dense=kept.dense)
            self._known[kept.sha256] = long
            self._stored[long] = (f"v{number}/content/{kept.path}", kept.sha256)
        self._state.setdefault(long, []).append(kept.path)

    def _make(self, number: int, made: Made) -> None:
        if made.sha512 not in self._stored:
            self._root.add(path_in_ocfl(self._folder.name, number, made.path), self._spool.read(made))
            self._stored[made.sha512] = (f"v{number}/content/{made.path}", made.sha256)
        self._state.setdefault(made.sha512, []).append(made.path)

    def _inventory(self, head: int) -> bytes:
        fixity = {short: [path] for path, short in self._stored.values()}
        told = {
            "id": self._folder.name,
            "type": "https://ocfl.io/1.1/spec/#inventory",
            "digestAlgorithm": "sha512",
            "head": f"v{head}",
            "contentDirectory": "content",
            "fixity": {"sha256": fixity},
            "manifest": {digest: [path] for digest, (path, _) in self._stored.items()},
            "versions": self._versions,
        }
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    def _side(self, where: str, inventory: bytes) -> None:
        self._add(f"{where}inventory.json", inventory)
        digest = sha512(inventory).hexdigest()
        self._add(f"{where}inventory.json.sha512", f"{digest} inventory.json\n".encode())

    def _add(self, path: str, data: bytes, *, dense: bool = False) -> None:
        self._root.add(f"{self._folder.name}/{path}", [data], dense=dense)


def _seconds(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def stored_paths(folder: Folder) -> Iterator[tuple[Kept, int, str]]:
    """Each object of a folder with the version and path its bytes are stored under: those of the first with the same bytes."""
    first: dict[str, tuple[int, str]] = {}
    for number, version in enumerate(folder.versions, 1):
        for kept in version.kept:
            yield kept, *first.setdefault(kept.sha256, (number, kept.path))
