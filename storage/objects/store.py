"""What every store of objects promises, wherever it keeps them."""

from collections.abc import Iterator, Sequence
from typing import Protocol


class Store(Protocol):
    """Write-once objects named by their sha256. Safe for threads and processes."""

    def put(self, data: bytes) -> str:
        """Keep bytes and return their sha256; on return they are safe. Putting them again changes nothing.

        StoreFull, StoreAway or LockNotHeld, and then nothing was promised.
        """

    def put_many(self, datas: Sequence[bytes]) -> list[str]:
        """Keep objects and return their sha256s in this order; the promise is put's for each, the waits are shared."""

    def get(self, name: str) -> bytes:
        """Read an object; NotFound for a text that is no sha256, ObjectDamaged when it is lost or changed."""

    def has(self, name: str) -> bool:
        """Tell whether an object of that name is there; its bytes are not read."""

    def size(self, name: str) -> int:
        """Bytes of an object; ObjectDamaged when it is lost."""

    def names(self, after: str = "") -> Iterator[str]:
        """Walk every object's name, in order, those after a name only; what has no business here comes by the name it has."""

    def probe(self) -> None:
        """Prove that an object could be put now; StoreFull, StoreAway or LockNotHeld when not."""

    def covered(self, name: str) -> bool:
        """Tell whether an object that is whole is hidden from other readers of the store."""

    def restore(self, name: str, data: bytes) -> None:
        """Put the bytes of an object that is damaged, lost or covered in its place again."""

    def renew(self, name: str) -> None:
        """Look after an object beyond keeping it: where there is a lock, see that its term goes on."""
