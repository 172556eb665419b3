"""A package arrives: kept as it came and listed before anybody looks into it; a worker checks and files it afterwards."""

import shutil
from collections.abc import Callable, Mapping
from typing import IO, Any, BinaryIO

from service import bell
from service.access import Action, Who, may
from service.custody.examining import arrival_row, process
from service.custody.following import ended, find_transfer
from service.custody.keeping import put, scratch
from service.custody.telling import JOB, NOT_FINISHED, arrival, find, is_open, job_of
from service.logs import carried
from service.office import Office
from service.office.files import note
from service.office.lookups import require
from storage.archive import Transaction
from storage.objects.folder import system_errors
from storage.records import Arrival


def accept(office: Office, who: Who | None, org: str, file: BinaryIO | IO[bytes]) -> dict[str, Any]:
    """Take in a package that came as a file, for a worker to check; whatever it is, it is kept and listed first.

    The same package again, while it is being checked, is the same arrival. Raises Problem 401, 403, 404, 413.
    """
    return _queued(office, who, _kept(office, who, org, file))


def accept_here(office: Office, who: Who | None, transfer_id: str) -> dict[str, Any]:
    """Take over what another unit of this installation handed over: a worker checks the kept package, nothing is filed twice.

    Raises Problem 401, 403, 404.
    """
    return _queued(office, who, _here(office, who, transfer_id))


def accept_again(office: Office, who: Who | None, arrival_id: str) -> dict[str, Any]:
    """Have a kept package checked once more, after a key or a student was registered; the earlier result stays on file.

    Raises Problem 401, 403, 404.
    """
    return _queued(office, who, _anew(office, who, arrival_id))


def take(office: Office, who: Who | None, org: str, file: BinaryIO | IO[bytes]) -> dict[str, Any]:
    """The same as `accept`, checked and filed before it returns."""
    return _done(office, who, _kept(office, who, org, file))


def receive_here(office: Office, who: Who | None, transfer_id: str) -> dict[str, Any]:
    """The same as `accept_here`, checked before it returns."""
    return _done(office, who, _here(office, who, transfer_id))


def again(office: Office, who: Who | None, arrival_id: str) -> dict[str, Any]:
    """The same as `accept_again`, checked and filed before it returns."""
    return _done(office, who, _anew(office, who, arrival_id))


def work(office: Office, payload: Mapping[str, Any], beat: Callable[[], None]) -> None:
    """Do the job of an arrival; `beat` is called often."""
    process(office, str(payload["arrival"]), str(payload["org"]), beat)


def begun(office: Office, payload: Mapping[str, Any]) -> bool:
    """Tell whether something of the job's arrival is filed: it passed, and whoever dies over it has come further."""
    with office.archive.read() as reading:
        return bool(reading.coming([str(payload["arrival"])]))


def _kept(office: Office, who: Who | None, org: str, file: BinaryIO | IO[bytes]) -> Arrival:
    may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        allowed = require(reading, who, Action.HAND_OVER, org)
    with scratch(office) as mine:
        file.seek(0)
        with system_errors():
            shutil.copyfileobj(file, mine)
        package, size, made = put(office, mine)
    with office.archive.begin() as transaction:
        transaction.add_pieces(package, made)
        return _listed(office, transaction, allowed, (org, package, size))


def _here(office: Office, who: Who | None, transfer_id: str) -> Arrival:
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        found = find_transfer(transaction, allowed, transfer_id)
        require(transaction, who, Action.HAND_OVER, found.receiver)
        note(transaction, allowed, found.archive, f"receive transfer {found.id}", None)
        steps = transaction.transfer_steps([found.id]).get(found.id, [])
        if steps and steps[-1].answer == "received":
            raise ended()
        package = (found.receiver, found.package, found.size)
        return _listed(office, transaction, allowed, package, found.id)


def _anew(office: Office, who: Who | None, arrival_id: str) -> Arrival:
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        before = find(transaction, allowed, arrival_id)
        require(transaction, who, Action.HAND_OVER, before.org)
        package = (before.org, before.package, before.size)
        return _listed(office, transaction, allowed, package, before.transfer)


def _listed(
    office: Office,
    transaction: Transaction,
    who: Who,
    package: tuple[str, str, int],
    transfer: str | None = None,
) -> Arrival:
    """The arrival of a package whose check has not ended, or a new one: two checks of one could file it twice.

    `transfer` is of this installation: what few may see can be in a package that nobody carried here.
    """
    org, name, _ = package
    mine = [one for one in transaction.arrivals(name) if one.org == org]
    if mine and is_open(mine[-1]) and not transaction.asides([mine[-1].id]):
        return mine[-1]
    values = {"transfer": transfer, "checks": NOT_FINISHED.told()}
    return transaction.add_arrival(arrival_row(office, who, package, values))


def _queued(office: Office, who: Who | None, kept: Arrival) -> dict[str, Any]:
    """Leave an arrival to a worker, unless one has it; a job that was given up is tried again."""
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        job = job_of(transaction, kept)
        if job is not None and job.state == "dead":
            transaction.requeue_job(job.id)
        elif job is None and not transaction.results([kept.id]):
            payload = {"arrival": kept.id, "org": allowed.org, **carried()}
            transaction.add_job(JOB, payload, kept.org)
    bell.ring(office.settings.data, "work")
    return arrival(office, who, kept.id)


def _done(office: Office, who: Who | None, kept: Arrival) -> dict[str, Any]:
    process(office, kept.id, may(who, Action.HAND_OVER).org, lambda: None)
    return arrival(office, who, kept.id)
