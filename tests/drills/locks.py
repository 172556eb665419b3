"""Drill: the lock canary against every real store, and against one that breaks each promise behind a 200."""

from datetime import UTC, datetime

from storage.errors import LockNotHeld
from storage.objects.bucket import Bucket
from storage.objects.canary import BROKEN, PREFIX, broken
from storage.objects.locked import Locked
from storage.objects.place import Place
from tests.drills.outcome import Outcome
from tests.stores import liar, rgw, versity

STORES = {"Versity 1.8.0": versity, "Ceph RGW 16": rgw}


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def locks() -> Outcome:
    """Each store must hold and take a file; each lie must be named and take none."""
    wrongly = {}
    for name, store in STORES.items():
        if store.installed():
            with store.served() as server:
                bucket = Bucket(Place(server.endpoint, "drill", server.access_key, server.secret_key))
                bucket.make()
                wrongly[name] = broken(bucket, now())
    unfound = took = 0
    for promise in sorted(BROKEN):
        with liar.served(promise) as (address, store):
            try:
                Locked(Bucket(Place(address, "archive", "a", "s")), now).put(b"paper")
            except LockNotHeld as error:
                unfound += promise not in error.broken
            else:
                unfound += 1
            took += sum(not key.startswith(PREFIX) for key in store.puts)
    return Outcome(
        {"true stores": len(wrongly), "lies": len(BROKEN)},
        {
            "true stores refused": sum(bool(found) for found in wrongly.values()),
            "lies not found": unfound,
            "files that went to a liar": took,
        },
    )
