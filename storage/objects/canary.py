"""Tries to break the lock of a bucket on objects made for it: what a store says of its lock is not believed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from storage.objects.bucket import Bucket, Lock
from storage.objects.term import term

PREFIX: Final = "canary/"
"""Keys that are no archive's; what lies below is made to be attacked."""
LOCKED_FOR: Final = timedelta(days=1)
"""After it a canary can be swept; longer than any clock is wrong."""
SWEPT_AFTER: Final = timedelta(days=2)
MOST_SWEPT: Final = 200
BYTES: Final = b"yinzheng canary"

BROKEN: Final = {
    "not_versioned": "存储桶没有保留版本（未开启对象锁定）",
    "not_told": "写入时要求的锁定没有照样登记",
    "deleted": "删除锁定的版本竟然成功",
    "bypassed": "声称有权绕过锁定的批量删除竟然成功",
    "shortened": "锁定期竟然可以缩短",
    "weakened": "锁定竟然可以改成可解除的一种",
    "changed": "锁定的版本内容变了",
    "suspended": "存储桶的版本保留竟然可以停掉",
    "hold_ignored": "保全（legal hold）中的版本竟然被删除",
    "far_deleted": "锁定到本世纪末的版本竟然被删除",
    "nothing_deleted": "连没有锁定的版本也不能删除，不能证明起作用的是锁定；请给密钥删除版本的权限，并去掉存储桶的默认保留期",
}
"""What a store can fail, in the order it is tried."""


@dataclass(frozen=True, slots=True)
class _Canary:
    key: str
    version: str


def broken(bucket: Bucket, now: datetime) -> list[str]:
    """Which promises the store breaks, as keys of BROKEN; none when the lock holds. Leaves five tiny objects, swept later.

    StoreAway or StoreFull when that cannot be told.
    """
    if not bucket.versioned():
        return ["not_versioned"]
    found = list(
        dict.fromkeys([*_retention(bucket, now), *_hold(bucket), *_far(bucket, now), *_free(bucket)])
    )
    _sweep(bucket, now)
    return found


def _retention(bucket: Bucket, now: datetime) -> Iterator[str]:
    """A version locked for a day: not deleted, not by a bypass, not shortened, not weakened; and the versions stay on."""
    until = (now + LOCKED_FOR).replace(microsecond=0)
    one = _Canary(PREFIX + "retention", bucket.put(PREFIX + "retention", BYTES, until))
    lock = _lock(bucket, one)
    if lock is None or lock.mode != "COMPLIANCE" or lock.until != until:
        yield "not_told"
    earlier = until - LOCKED_FOR / 2
    attacks: dict[str, Callable[[], bool]] = {
        "shortened": lambda: bucket.shorten(one.key, one.version, earlier),
        "weakened": lambda: bucket.weaken(one.key, one.version, until),
        "deleted": lambda: bucket.remove(one.key, one.version),
        "bypassed": lambda: bucket.remove_bypassing(one.key, one.version),
    }
    for name, attack in attacks.items():
        # The answer alone proves nothing: some stores refuse and do it, or agree and do not.
        allowed, after = attack(), _lock(bucket, one)
        if allowed or after != lock:
            yield name
        lock = after
    if bucket.suspend() or not bucket.versioned():
        bucket.resume()
        yield "suspended"
    bucket.put(one.key, BYTES + b" again", until)
    if bucket.get(one.key, one.version) != BYTES:
        yield "changed"
    # It is an earlier version now: some stores keep those elsewhere, and could forget their locks on the way.
    for name in ("deleted", "bypassed"):
        if attacks[name]() or bucket.get(one.key, one.version) is None:
            yield name


def _hold(bucket: Bucket) -> Iterator[str]:
    """A version under a legal hold alone: not deleted until the hold is lifted."""
    one = _Canary(PREFIX + "hold", bucket.put(PREFIX + "hold", BYTES, held=True))
    lock = _lock(bucket, one)
    if lock is None or not lock.held:
        yield "not_told"
    if bucket.remove(one.key, one.version) or bucket.get(one.key, one.version) != BYTES:
        yield "hold_ignored"
    bucket.release(one.key, one.version)
    bucket.remove(one.key, one.version)


def _far(bucket: Bucket, now: datetime) -> Iterator[str]:
    """A version locked for as long as archive files are, made once a year and never swept: some stores count years wrongly."""
    key = f"{PREFIX}far-{now.year}"
    head = bucket.head(key)
    one = _Canary(key, bucket.put(key, BYTES, term(now)) if head is None else head.version)
    if bucket.remove(one.key, one.version) or bucket.remove_bypassing(one.key, one.version):
        yield "far_deleted"
    if bucket.get(one.key, one.version) != BYTES:
        yield "far_deleted"


def _free(bucket: Bucket) -> Iterator[str]:
    """A version without a lock: these keys may delete it, so what stopped them before was the lock."""
    key = PREFIX + "free"
    version = bucket.put(key, BYTES)
    if not bucket.remove(key, version) or bucket.get(key, version) is not None:
        yield "nothing_deleted"


def _sweep(bucket: Bucket, now: datetime) -> None:
    """Remove the canaries of earlier days, whose lock is over; the store refuses the others."""
    listed = (one for one in bucket.versions(PREFIX) if not one.key.startswith(PREFIX + "far-"))
    old = [one for one in listed if now - one.at > SWEPT_AFTER][:MOST_SWEPT]
    for one in old:
        bucket.remove(one.key, one.id)


def _lock(bucket: Bucket, one: _Canary) -> Lock | None:
    head = bucket.head(one.key, one.version)
    return None if head is None else head.lock
