"""Brings the uploads that wait on this host to the object store, when that is back, and has them read."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

from service.logs import about, carried
from service.office import Office
from service.receive.reading import fail
from storage.archive import MOST_SKEW
from storage.errors import LockNotHeld, ObjectDamaged, StorageError, StoreAway, StoreFull
from storage.jobs import ReadsJobs
from storage.objects.folder import NAME
from storage.records import Job

SCAN = "scan"
LEASE_SECONDS = 60.0
FORGOTTEN = timedelta(hours=1)
"""What no row tells of after so long never will be told of: its process died before it acknowledged anything."""
AGAIN_SECONDS = 5.0
"""Between two looks whether the store is back, or something waits."""

log = logging.getLogger("yinzheng.spool")


def deliver(office: Office) -> bool:
    """Bring one upload that waits on this host to the store, and queue its reading; False when there is nothing to do now.

    A host whose clock is wrong takes none, as its workers do: who leases also takes back what seems to be over.
    """
    spool = office.archive.spool
    kind = None if spool is None else spool.kind()
    if kind is None or abs(office.archive.skew()) > MOST_SKEW:
        return False
    with office.archive.work() as transaction:
        job = transaction.lease_job([kind], LEASE_SECONDS)
    if job is None:
        return False
    with about(str(job.payload.get("request", ""))):
        return _delivered(office, job)


def _delivered(office: Office, job: Job) -> bool:
    spool, name, scan_id = office.archive.spool, str(job.payload["name"]), str(job.payload["scan"])
    assert spool is not None
    try:
        _brought(office, name)
    except (StoreAway, StoreFull, LockNotHeld) as error:
        with office.archive.work() as transaction:
            transaction.give_back_job(job.id, type(error).__name__, seconds=AGAIN_SECONDS, spent=False)
        return False
    except ObjectDamaged:
        log.critical("scan %s is lost from this host's spool", scan_id)
        fail(office, scan_id, job.id, "ObjectDamaged")
        return True
    with office.archive.begin() as transaction:
        if transaction.renew_job(job.id, LEASE_SECONDS):
            transaction.finish_job(job.id)
            transaction.add_job(SCAN, {"scan": scan_id, **carried()}, transaction.scan(scan_id).org)
    spool.drop(name)
    log.info("scan %s delivered to the store", scan_id)
    return True


def _brought(office: Office, name: str) -> None:
    """Put bytes of the spool into the store; ObjectDamaged when neither has them whole."""
    spool = office.archive.spool
    assert spool is not None
    try:
        data = spool.get(name)
    except ObjectDamaged:  # the same bytes came twice, and went with the first, perhaps just now
        office.archive.objects.get(name)
    else:
        office.archive.objects.put(data)


def forget(office: Office) -> int:
    """Remove from this host's spool what nobody waits for; gives how many.

    Bytes whose process died before it wrote their row, so that whoever brought them was told nothing and brings them
    again; and those that died between delivering and removing them. What a job names stays, dead ones too.
    """
    spool, forgotten = office.archive.spool, 0
    for name in [] if spool is None else list(_unclaimed(office)):
        assert spool is not None
        with office.archive.begin() as transaction:  # alone: no row of it can come up meanwhile
            if name not in _claimed(transaction, spool.kind()):
                spool.drop(name)
                forgotten += 1
    if forgotten:
        log.warning("%s uploads that were never acknowledged, or are delivered, left the spool", forgotten)
    return forgotten


def _unclaimed(office: Office) -> Iterator[str]:
    """What has waited here for long and no job names; what a scan names only once the store has it."""
    spool, before = office.archive.spool, time.time() - FORGOTTEN.total_seconds()
    assert spool is not None
    with office.archive.read() as reading:
        claimed = _claimed(reading, spool.kind())
    for name in spool.names():
        if name not in claimed and NAME.fullmatch(name) and spool.older(name, before):
            with office.archive.read() as reading:
                scans = reading.scans_of(name)
            if not scans or office.archive.objects.has(name):
                yield name


def _claimed(reading: ReadsJobs, kind: str | None) -> set[str]:
    """What jobs of this host's spool name that wait, are done just now, or wait for a person."""
    if kind is None:
        return set()
    dead = (job for job in reading.dead_jobs() if job.kind == kind)
    return {str(job.payload["name"]) for job in [*reading.open_jobs(kind), *dead]}


def run(office: Office, stop: threading.Event) -> None:
    """Deliver until told to stop; whatever is away is waited for."""
    looked = float("-inf")
    while not stop.is_set():
        try:
            if time.monotonic() - looked > FORGOTTEN.total_seconds():
                looked = time.monotonic()
                forget(office)
            busy = deliver(office)
        except StorageError as error:
            log.warning("cannot deliver: %s", error.code)
            busy = False
        if not busy:
            stop.wait(AGAIN_SECONDS)
