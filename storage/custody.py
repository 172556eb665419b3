"""Files on their way between units: what was handed over, what came back of it, what arrived from elsewhere; all of it only grows."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select, tuple_

from storage.records import Arrival, Aside, Partner, Transfer, TransferStep
from storage.session import Session, id_number, portions, select_record
from storage.tables import (
    arrival_asides,
    arrival_results,
    arrivals,
    package_pieces,
    partner_units,
    partners,
    transfer_steps,
    transfers,
)

_transfer = select_record(transfers, Transfer).order_by(transfers.c.at, transfers.c.id)
_anew = transfers.alias("anew")
_is_over = (
    exists()
    .where(transfer_steps.c.transfer == transfers.c.id)
    .where(
        or_(
            transfer_steps.c.answer == "received",
            exists().where(
                _anew.c.archive == transfers.c.archive,
                tuple_(_anew.c.at, _anew.c.id) > tuple_(transfers.c.at, transfers.c.id),
            ),
        )
    )
)
"""Of a transfer: it was received, or refused and then opened once more, which speaks for it."""
_step = select_record(transfer_steps, TransferStep).order_by(transfer_steps.c.id)
_arrival = select_record(arrivals, Arrival).order_by(arrivals.c.id)
_taken = _arrival.where(~exists().where(arrival_results.c.result == arrivals.c.id))
"""What was taken in, without the rows that say how it ended."""
_how = (
    select(arrival_results.c.arrival, arrivals.c.passed, arrivals.c.transfer)
    .join(arrivals, arrivals.c.id == arrival_results.c.result)
    .subquery("how")
)
_later, _another = arrivals.alias("later"), arrivals.alias("another")
_of = func.coalesce(_how.c.transfer, arrivals.c.transfer)
_is_held = and_(
    func.coalesce(_how.c.passed, arrivals.c.passed).is_(False),
    ~exists()
    .where(
        _later.c.org == arrivals.c.org, _later.c.package == arrivals.c.package, _later.c.id > arrivals.c.id
    )
    .where(~exists().where(arrival_results.c.result == _later.c.id)),
    ~exists().where(
        _another.c.org == arrivals.c.org, _another.c.transfer == _of, _another.c.passed.is_(True)
    ),
    ~exists().where(arrival_asides.c.arrival == arrivals.c.id),
)
_aside = select_record(arrival_asides, Aside)
_pieces = (
    select(package_pieces.c.sha256, package_pieces.c.size)
    .where(package_pieces.c.package == bindparam("package"))
    .order_by(package_pieces.c.piece)
)


class ReadsCustody(Session):
    """Looks up transfers, arrivals and the keys of others."""

    def transfer(self, transfer_id: str) -> Transfer:
        """Look one up; NotFound when there is none."""
        wanted = _transfer.where(transfers.c.id == bindparam("id"))
        return Transfer(*self._one("transfer", wanted, {"id": transfer_id}))

    def transfers(self, archive: str) -> list[Transfer]:
        """List those of one file, oldest first."""
        wanted = _transfer.where(transfers.c.archive == archive)
        return [Transfer(*row) for row in self._rows("transfer", wanted)]

    def transfers_between(
        self,
        units: Collection[str],
        *,
        after: Transfer | None = None,
        due_before: date | None = None,
        limit: int,
    ) -> list[Transfer]:
        """List what these units send or are to receive, oldest first, beginning behind `after`.

        With `due_before` only what is due before that day and was neither received nor, once refused, opened anew.
        """
        wanted = _transfer.where(or_(transfers.c.sender.in_(units), transfers.c.receiver.in_(units)))
        if after is not None:
            place = tuple_(transfers.c.at, transfers.c.id)
            wanted = wanted.where(place > tuple_(bindparam("at", after.at, transfers.c.at.type), after.id))
        if due_before is not None:
            wanted = wanted.where(transfers.c.due < due_before, ~_is_over)
        # Whoever opened it anew may have sent it to somebody else.
        with nullcontext() if due_before is None else self.beyond_scope():
            rows = self._rows("transfer", wanted.limit(limit))
        return [Transfer(*row) for row in rows]

    def transfer_steps(self, ids: Collection[str]) -> dict[str, list[TransferStep]]:
        """List what was answered to each of these transfers, oldest first."""
        found: dict[str, list[TransferStep]] = {}
        for some in portions(ids):
            for row in self._rows("transfer", _step.where(transfer_steps.c.transfer.in_(some))):
                found.setdefault(row.transfer, []).append(TransferStep(*row))
        return found

    def pieces(self, package: str) -> list[tuple[str, int]]:
        """The objects a kept package is made of, in order: sha256 and bytes; empty when it is not kept."""
        return [(row.sha256, row.size) for row in self._rows("package", _pieces, {"package": package})]

    def arrival(self, arrival_id: str) -> Arrival:
        """Look one up that was taken in; NotFound when there is none. What came of it has an id nobody asks by."""
        wanted = _taken.where(arrivals.c.id == bindparam("id"))
        return _told(self._one("arrival", wanted, {"id": id_number(arrival_id, "arrival")}))

    def arrivals(self, package: str) -> list[Arrival]:
        """List what was taken in, and what came of it, of one package, oldest first."""
        return [_told(row) for row in self._rows("arrival", _arrival.where(arrivals.c.package == package))]

    def arrivals_for(
        self, units: Collection[str], *, before: str | None = None, held: bool = False, limit: int
    ) -> list[Arrival]:
        """List what was taken in for these units, newest first, beginning behind the arrival `before`.

        With `held` only the last time a package was taken in, when it did not pass, no other of its transfer did, and
        nobody has set it aside.
        """
        wanted = _taken.where(arrivals.c.org.in_(units)).order_by(None).order_by(arrivals.c.id.desc())
        if held:
            wanted = wanted.outerjoin(_how, _how.c.arrival == arrivals.c.id).where(_is_held)
        if before is not None:
            wanted = wanted.where(arrivals.c.id < id_number(before, "arrival"))
        return [_told(row) for row in self._rows("arrival", wanted.limit(limit))]

    def results(self, ids: Collection[str]) -> dict[str, Arrival]:
        """Tell how these arrivals ended, by id; one that has not ended is left out."""
        found: dict[str, Arrival] = {}
        for some in portions(ids):
            of = [id_number(one, "arrival") for one in some]
            wanted = (
                _arrival.add_columns(arrival_results.c.arrival)
                .join(arrival_results, arrival_results.c.result == arrivals.c.id)
                .where(arrival_results.c.arrival.in_(of))
            )
            for *row, began in self._rows("arrival", wanted):
                found[str(began)] = _told(row)
        return found

    def asides(self, ids: Collection[str]) -> dict[str, Aside]:
        """Tell which of these arrivals a person has set aside, by id."""
        found: dict[str, Aside] = {}
        for some in portions(ids):
            of = [id_number(one, "arrival") for one in some]
            for row in self._rows("arrival", _aside.where(arrival_asides.c.arrival.in_(of))):
                one = Aside(*row)
                found[str(one.arrival)] = replace(one, arrival=str(one.arrival))
        return found

    def partners(self, *, after: str | None = None, limit: int | None = None) -> list[Partner]:
        """List whose keys were told, oldest first, beginning behind the one with the id `after`."""
        wanted = select_record(partners, Partner).order_by(partners.c.id)
        if after is not None:
            wanted = wanted.where(partners.c.id > id_number(after, "partner"))
        return [Partner(*row) for row in self._rows("partner", wanted.limit(limit))]

    def partner_units(self, ids: Collection[int]) -> dict[int, list[str]]:
        """Tell for which units each of these keys speaks."""
        found: dict[int, list[str]] = {}
        for some in portions(map(str, ids)):
            of = partner_units.c.partner.in_([int(one) for one in some])
            wanted = select(partner_units).where(of).order_by(partner_units.c.partner, partner_units.c.unit)
            for row in self._rows("partner", wanted):
                found.setdefault(int(row.partner), []).append(str(row.unit))
        return found


class WritesCustody(ReadsCustody):
    """Writes down what leaves, what is answered and what arrives."""

    def add_transfer(self, transfer: Transfer) -> Transfer:
        """Keep it; NotFound for an unknown sender."""
        self._insert("transfer", transfers, asdict(transfer))
        return transfer

    def add_transfer_step(self, step: TransferStep) -> TransferStep:
        """Keep an answer."""
        values = {name: getattr(step, name) for name in TransferStep.__slots__ if name != "id"}
        return replace(step, id=self._insert("transfer", transfer_steps, values))

    def add_pieces(self, package: str, made: Sequence[tuple[str, int]]) -> None:
        """Say of which objects a package is made, once."""
        if not self.pieces(package):
            rows = [
                {"package": package, "piece": at, "sha256": sha256, "size": size}
                for at, (sha256, size) in enumerate(made)
            ]
            self._insert_many("package", package_pieces, rows)

    def add_arrival(self, arrival: Arrival) -> Arrival:
        """Keep it; gives it with its id. NotFound for an unknown unit."""
        values = {name: getattr(arrival, name) for name in Arrival.__slots__ if name != "id"}
        return replace(arrival, id=str(self._insert("arrival", arrivals, values)))

    def add_arrival_result(self, arrival_id: str, result: Arrival) -> Arrival:
        """Keep how an arrival ended; AlreadyThere when that was told before."""
        kept = self.add_arrival(result)
        values = {"arrival": id_number(arrival_id, "arrival"), "result": id_number(kept.id, "arrival")}
        self._insert("arrival", arrival_results, values)
        return kept

    def add_aside(self, aside: Aside) -> None:
        """Keep that a person has set an arrival aside; AlreadyThere when somebody did before."""
        values = asdict(aside) | {"arrival": id_number(aside.arrival, "arrival")}
        self._insert("arrival", arrival_asides, values)

    def add_partner(self, partner: Partner, units: Collection[str] = ()) -> Partner:
        """Keep another installation's keys and for which units they speak; what was told before stays."""
        values = {name: getattr(partner, name) for name in Partner.__slots__ if name != "id"}
        kept = replace(partner, id=self._insert("partner", partners, values))
        rows = [{"partner": kept.id, "unit": unit} for unit in dict.fromkeys(units)]
        self._insert_many("partner", partner_units, rows)
        return kept


def _told(row: Any) -> Arrival:
    found = Arrival(*row)
    return replace(found, id=str(found.id))
