"""What a package is made of: objects of the store, files made for it, and the folders they lie in, version by version."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

BAG = "yinzheng-archive"
"""The one directory at the top of the zip, as RFC 8493 §4 asks; it names nobody."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An object of the store and its path in its folder; `size` in bytes, `dense` when it does not get smaller by packing."""

    path: str
    sha256: str
    size: int
    dense: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A file made for the package, which lies in a spool from byte `start` on."""

    path: str
    sha256: str
    sha512: str
    size: int
    start: int


@dataclass(frozen=True, slots=True)
class Version:
    """What came into a folder in one go: when, and how it is called; `by` and `address` (a URI) say who packed it."""

    at: datetime
    message: str
    by: str
    address: str
    kept: Sequence[Kept]


@dataclass(frozen=True, slots=True)
class Folder:
    """The file of one student, school or authority: its versions, oldest first (one at least), and what tells of it now."""

    name: str
    versions: Sequence[Version]
    made: Sequence[Made]

    def kept(self) -> Iterator[Kept]:
        """Every object of it, in order."""
        return (one for version in self.versions for one in version.kept)


@dataclass(frozen=True, slots=True)
class Package:
    """Everything that is packed: files that tell of the whole, and the folders."""

    made: Sequence[Made]
    folders: Sequence[Folder]
