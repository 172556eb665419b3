"""Uploads that come while the object store is away: taken in on this host's disk, to be delivered when it is back."""

import logging

from intake.errors import UploadRefused
from intake.uploads import inspect
from service.access import Who
from service.logs import carried
from service.office import Office
from storage.archive import Reading
from storage.errors import ObjectDamaged, StoreAway
from storage.records import Scan

log = logging.getLogger("yinzheng.spool")


def spooled(office: Office, who: Who, data: bytes, away: StoreAway) -> str:
    """Take an upload in although the store is away; gives the scan's id.

    It is safe as files of a folder are: fsynced on this host's disk, and its job says so, in the same transaction as
    its row. Raises `away` again where there is no spool, or for what would be refused: that could not be kept.
    """
    spool = office.archive.spool
    if spool is None:
        raise away
    try:
        kind = inspect(data, office.settings.max_upload_mb << 20).kind
    except UploadRefused:
        raise away from None
    name, job = spool.keep(data)
    with office.archive.begin() as transaction:
        if not spool.has(name):  # the same bytes lay here unacknowledged for long, and were just forgotten
            spool.keep(data)
        scan = transaction.add_scan(kind=kind, original=name, org=who.org, by=who.token_digest)
        transaction.add_job(job, {"scan": scan.id, "name": name, **carried()}, scan.org)
    log.warning("store away, scan %s waits on this host", scan.id)
    return scan.id


def original_of(office: Office, reading: Reading, scan: Scan) -> bytes:
    """The bytes of an upload, wherever they are. StoreAway while they wait on another host."""
    spool = office.archive.spool
    if spool is not None and spool.has(scan.original):
        try:
            return spool.get(scan.original)
        except ObjectDamaged as damage:
            if not damage.missing:  # else it was delivered between the two looks
                raise
    try:
        return office.archive.objects.get(scan.original)
    except ObjectDamaged:
        if scan.original in reading.spooled():
            raise StoreAway("spool") from None
        raise
