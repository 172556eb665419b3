"""Writes a package as a BagIt 1.0 bag in a zip (RFC 8493): provable in 30 years with sha256sum alone."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from storage.packing.parts import Kept, Made, Package
from storage.packing.spool import Spool
from storage.packing.zipped import Zipped

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST, SIGNATURE = "manifest-sha256.txt", "signature.txt"


def path_in_bag(folder: str, path: str) -> str:
    """Where a file of a folder lies under data/."""
    return f"{folder}/{path}"


def write_bag(
    out: BinaryIO,
    package: Package,
    spool: Spool,
    get: Callable[[str], bytes],
    sign: Callable[[str], str],
) -> None:
    """Write it; `get` fetches an object by its sha256 and checks it, `sign` turns the manifest's sha256 into a signed note.

    What tells of the bag comes first, so that a reader knows what is to follow. Whatever `get` raises comes through,
    and leaves a zip that cannot be opened: no package is made with a hole.
    """
    manifest = spool.add(MANIFEST, _manifest(package))
    tags = [
        spool.add("bagit.txt", [DECLARATION]),
        spool.add("bag-info.txt", [_info(package)]),
        manifest,
        spool.add(SIGNATURE, [sign(manifest.sha256).encode()]),
    ]
    tagged = "".join(f"{one.sha256}  {one.path}\n" for one in sorted(tags, key=lambda one: one.path))
    with Zipped(out) as bag:
        for tag in tags:
            bag.add(tag.path, spool.read(tag))
        bag.add("tagmanifest-sha256.txt", [tagged.encode()])
        for path, one in _payload(package):
            if isinstance(one, Made):
                bag.add(f"data/{path}", spool.read(one))
            else:
                bag.add(f"data/{path}", [get(one.sha256)], dense=one.dense)


def _payload(package: Package) -> Iterator[tuple[str, Made | Kept]]:
    yield from ((one.path, one) for one in package.made)
    for folder in package.folders:
        yield from ((path_in_bag(folder.name, one.path), one) for one in folder.made)
        yield from ((path_in_bag(folder.name, one.path), one) for one in folder.kept())


def _manifest(package: Package) -> Iterator[bytes]:
    return (f"{one.sha256}  data/{path}\n".encode() for path, one in _payload(package))


def _info(package: Package) -> bytes:
    octets = files = 0
    for _, one in _payload(package):
        octets, files = octets + one.size, files + 1
    return f"Bag-Software-Agent: Yinzheng 印证\nPayload-Oxum: {octets}.{files}\n".encode()
