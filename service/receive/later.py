"""What is left for a worker once a verdict is told: one job makes the copies of a scan and the pictures of its checks."""

from collections.abc import Sequence

from service.logs import carried
from storage.archive import Reading, Transaction

JOB = "copies"


def queue(transaction: Transaction, scan_id: str, checks: Sequence[str] = ()) -> None:
    """Have a worker make the copies of a scan, and the picture of each of these filed checks (sha256)."""
    payload = {"scan": scan_id, "checks": list(checks), **carried()}
    transaction.add_job(JOB, payload, transaction.scan(scan_id).org)


def queue_once(transaction: Transaction, scan_id: str) -> None:
    """Queue the copies of a scan of before there were any, or of one that a worker gave up."""
    if not transaction.copies(scan_id) and not queued(transaction, scan_id):
        queue(transaction, scan_id)


def queued(reading: Reading, scan_id: str) -> bool:
    """Tell whether somebody is going to make the copies of a scan."""
    return any(job.payload["scan"] == scan_id for job in reading.open_jobs(JOB))
