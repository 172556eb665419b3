"""Brings the uploads that wait on this host to the object store, when that is back, and has them read."""

import logging
import threading

from service.logs import about, carried
from service.office import Office
from service.receive.reading import fail
from storage.archive import MOST_SKEW
from storage.errors import LockNotHeld, ObjectDamaged, StorageError, StoreAway, StoreFull
from storage.records import Job

SCAN = "scan"
LEASE_SECONDS = 60.0
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


def run(office: Office, stop: threading.Event) -> None:
    """Deliver until told to stop; whatever is away is waited for."""
    while not stop.is_set():
        try:
            busy = deliver(office)
        except StorageError as error:
            log.warning("cannot deliver: %s", error.code)
            busy = False
        if not busy:
            stop.wait(AGAIN_SECONDS)
