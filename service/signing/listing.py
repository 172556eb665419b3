"""Sets of serials in four bytes each: what a signed list holds, to ask whether a serial is in it and nothing else."""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

DOMAIN = b"yinzheng status\n"
PER_BUCKET = 16
"""Serials in a bucket on average: its length takes one byte, so a serial takes 4 1/16."""
REST_BYTES = 4
MOST_IN_BUCKET = 255


@dataclass(frozen=True, slots=True)
class SerialSet:
    """The table: a byte for each bucket that says how many are in it, then their remainders, bucket by bucket, sorted.

    The first 4 bytes of SHA-256 of DOMAIN and the serial (XXXX-XXXX-XXXXX) choose the bucket (times the
    number of buckets, shifted by 32), the next 4 are the remainder. A serial that is not in the set is taken for one
    that is once in 2^28 times.
    """

    buckets: int
    table: bytes

    @classmethod
    def of(cls, serials: Iterable[str]) -> "SerialSet":
        """The set of these serials."""
        hashes = [_hash(serial) for serial in serials]
        buckets = max(1, len(hashes) // PER_BUCKET)
        while True:
            found: list[list[bytes]] = [[] for _ in range(buckets)]
            for one in hashes:
                found[_bucket(one, buckets)].append(one[REST_BYTES:])
            if max(map(len, found)) <= MOST_IN_BUCKET:
                break
            buckets *= 2
        counts = bytes(map(len, found))
        return cls(buckets, counts + b"".join(rest for bucket in found for rest in sorted(bucket)))

    def __contains__(self, serial: str) -> bool:
        one = _hash(serial)
        bucket = _bucket(one, self.buckets)
        start = self.buckets + REST_BYTES * sum(self.table[:bucket])
        count = self.table[bucket]
        rests = (
            self.table[at : at + REST_BYTES] for at in range(start, start + REST_BYTES * count, REST_BYTES)
        )
        return one[REST_BYTES:] in rests

    def __len__(self) -> int:
        return sum(self.table[: self.buckets])

    def line(self) -> str:
        """The set as it stands in a list: how many serials, how many buckets, and the table in base64."""
        return f"{len(self)} {self.buckets} {base64.b64encode(self.table).decode('ascii')}"

    @classmethod
    def read(cls, line: str) -> "SerialSet":
        """The set of such a line. Raises ValueError."""
        count, buckets, text = line.split(" ")
        try:
            found = cls(int(buckets), base64.b64decode(text, validate=True))
        except binascii.Error:
            raise ValueError(line[:40]) from None
        if found.buckets < 1 or len(found) != int(count):
            raise ValueError(line[:40])
        if len(found.table) != found.buckets + REST_BYTES * len(found):
            raise ValueError(line[:40])
        return found


def _hash(serial: str) -> bytes:
    return hashlib.sha256(DOMAIN + serial.encode("ascii")).digest()[: 2 * REST_BYTES]


def _bucket(one: bytes, buckets: int) -> int:
    return int.from_bytes(one[:REST_BYTES]) * buckets >> 32
