"""A bucket of write-once objects named by their sha256, each under a lock that was proved and is seen to hold."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from storage.errors import LockNotHeld, NotFound, ObjectDamaged
from storage.objects.bucket import Bucket, Head, Lock, Version
from storage.objects.canary import BROKEN, PREFIX, broken
from storage.objects.folder import NAME
from storage.objects.place import Place
from storage.objects.term import due, term

PROVED_FOR: Final = timedelta(days=1)
REFUSED_FOR: Final = timedelta(minutes=1)
"""A store that broke its lock is tried again after this long, when somebody asks."""
THREADS: Final = 8
"""Objects put side by side: a store waits for its disk, and shares the wait."""
PROBE: Final = PREFIX + "probe"


class Locked:
    """Objects of a bucket, latest version or, when somebody hid or overwrote it, an earlier one that is whole.

    The lock is proved by a canary before the first put of each process and then daily; a store that does not hold
    takes nothing.
    """

    def __init__(self, bucket: Bucket, now: Callable[[], datetime]) -> None:
        self._bucket = bucket
        self._now = now
        self._proving = threading.Lock()
        self._proved: datetime | None = None
        self._broken: tuple[datetime, tuple[str, ...]] | None = None

    def put(self, data: bytes) -> str:
        """Keep bytes and return their sha256; on return they are stored, read back, and locked.

        An earlier version of them that is whole is enough. StoreFull, StoreAway; LockNotHeld by a store that breaks its lock.
        """
        self.admit()
        return self._put(data)

    def put_many(self, datas: Sequence[bytes]) -> list[str]:
        """Keep objects side by side and return their sha256s in this order; the promise is put's for each."""
        self.admit()
        once = list(dict.fromkeys(datas))
        with ThreadPoolExecutor(THREADS) as pool:
            names = dict(zip(once, pool.map(self._put, once), strict=True))
        return [names[data] for data in datas]

    def get(self, name: str) -> bytes:
        """Read an object; NotFound for a text that is no sha256, ObjectDamaged when no version of it is whole."""
        data = self._bucket.get(_checked(name))
        if data is not None and _is(name, data):
            return data
        found = self._whole(name)
        if found is None:
            raise ObjectDamaged(name, missing=not any(self._versions(name)))
        return found[1]

    def has(self, name: str) -> bool:
        """Tell whether a version of that name is there; its bytes are not read."""
        return self._bucket.head(_checked(name)) is not None or any(self._versions(name))

    def size(self, name: str) -> int:
        """Bytes of an object; ObjectDamaged when it is lost."""
        head = self._bucket.head(_checked(name))
        if head is not None:
            return head.size
        found = self._whole(name)
        if found is None:
            raise ObjectDamaged(name, missing=True)
        return len(found[1])

    def names(self, after: str = "") -> Iterator[str]:
        """Walk the name of everything that has bytes, in order, also what a deletion hides; canaries are passed over."""
        last = None
        for version in self._bucket.versions(after=after):
            if not version.marker and version.key != last and not version.key.startswith(PREFIX):
                last = version.key
                yield last

    def probe(self) -> None:
        """Prove that an object could be put now, and that the lock was proved today."""
        self.admit()
        self._bucket.remove(PROBE, self._bucket.put(PROBE, b""))

    def renew(self, name: str) -> None:
        """Lock an object for its whole term again when a year of it is over; ObjectDamaged when no version is whole."""
        head = self._bucket.head(_checked(name))
        if head is not None and _fresh(head.lock, self._now()):
            return
        self.admit()
        found = self._whole(name)
        head = None if found is None else self._bucket.head(name, found[0].id)
        if head is None:
            raise ObjectDamaged(name, missing=not any(self._versions(name)))
        if not self._holds(name, head.version, self._lock(name, head)):
            raise self._caught(("not_told",))

    def covered(self, name: str) -> bool:
        """Tell whether a deletion hides an object, or other bytes lie over it."""
        data = self._bucket.get(_checked(name))
        return data is None or not _is(name, data)

    def restore(self, name: str, data: bytes) -> None:
        """Put the bytes of an object over whatever hides them; ObjectDamaged for other bytes."""
        if not _is(_checked(name), data):
            raise ObjectDamaged(name)
        self.put(data)

    def admit(self) -> None:
        """Prove the lock when that was not done within a day; LockNotHeld with what the store breaks."""
        with self._proving:
            now = self._now()
            if self._broken is not None and now - self._broken[0] < REFUSED_FOR:
                raise self._refusal(self._broken[1])
            if self._broken is None and self._proved is not None and now - self._proved < PROVED_FOR:
                return
            self._bucket.make()
            found = tuple(broken(self._bucket, now))
            self._broken = (now, found) if found else None
            if found:
                raise self._refusal(found)
            self._proved = now

    def _refusal(self, found: tuple[str, ...]) -> LockNotHeld:
        return LockNotHeld(str(self._bucket.place), [BROKEN[code] for code in found], found)

    def _put(self, data: bytes) -> str:
        name = sha256(data).hexdigest()
        head = self._bucket.head(name)
        if head is None or self._bucket.get(name, head.version) != data:
            until = term(self._now())
            version = self._bucket.put(name, data, until, held=True)
        else:
            version, until = head.version, self._lock(name, head)
        # What was sent and what is kept are two things, and so are a lock that was asked for and one that is there.
        if self._bucket.get(name, version) != data:
            raise ObjectDamaged(name)
        if not self._holds(name, version, until) and not self._locked_again(name, version, until):
            raise self._caught(("not_told",))
        return name

    def _locked_again(self, name: str, version: str, until: datetime) -> bool:
        """Ask for the lock of this very version, where another writer came between, and tell whether it is there now.

        Versity writes the lock of a put by key, after the bytes stand under it: of two writers of the same bytes at
        once, the first may lock the second's version, and so leave its own without. Nobody else excuses a store.
        """
        head = self._bucket.head(name, version)
        if head is None or all(other.id == version for other in self._versions(name)):
            return False
        self._bucket.extend(name, version, max(until, head.lock.until or until))
        self._bucket.hold(name, version)
        return self._holds(name, version, until)

    def _lock(self, name: str, head: Head) -> datetime:
        """Lock a version for its whole term when that is due; gives until when it is to be locked."""
        now = self._now()
        if head.lock.until is not None and _fresh(head.lock, now):
            return head.lock.until
        until = max(term(now), head.lock.until or now)
        self._bucket.extend(name, head.version, until)
        self._bucket.hold(name, head.version)
        return until

    def _holds(self, name: str, version: str, until: datetime) -> bool:
        head = self._bucket.head(name, version)
        return head is not None and head.lock.holds(until)

    def _caught(self, found: tuple[str, ...]) -> LockNotHeld:
        """Take nothing more, until the lock is proved again."""
        with self._proving:
            self._broken = (self._now(), found)
        return self._refusal(found)

    def _versions(self, name: str) -> Iterator[Version]:
        listed = self._bucket.versions(prefix=name)
        return (version for version in listed if version.key == name and not version.marker)

    def _whole(self, name: str) -> tuple[Version, bytes] | None:
        """The latest version whose bytes have this sha256, with them."""
        for version in self._versions(name):
            data = self._bucket.get(name, version.id)
            if data is not None and _is(name, data):
                return version, data
        return None


def opened(place: Place, now: Callable[[], datetime]) -> Locked:
    """The store at a place; it is not asked for anything yet, so that a service starts while it is away."""
    return Locked(Bucket(place), now)


def _fresh(lock: Lock, now: datetime) -> bool:
    """Tell whether a lock is as it was made less than a year ago."""
    return lock.until is not None and not due(lock.until, now) and lock.holds(lock.until)


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise NotFound("object")
    return name


def _is(name: str, data: bytes) -> bool:
    return sha256(data).hexdigest() == name
