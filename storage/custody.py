"""Files on their way between units: what was handed over, what came back of it, what arrived from elsewhere; all of it only grows."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import bindparam, select

from storage.records import Arrival, Arrived, Partner, Transfer, TransferStep
from storage.session import Session, id_number, portions, select_record
from storage.tables import arrivals, arrived_entries, package_pieces, partners, transfer_steps, transfers

_transfer = select_record(transfers, Transfer).order_by(transfers.c.at, transfers.c.id)
_step = select_record(transfer_steps, TransferStep).order_by(transfer_steps.c.id)
_arrival = select_record(arrivals, Arrival).order_by(arrivals.c.id)
_arrived = select_record(arrived_entries, Arrived)
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

    def transfers(self, archive: str | None = None) -> list[Transfer]:
        """List them, of one file when given, oldest first."""
        wanted = _transfer if archive is None else _transfer.where(transfers.c.archive == archive)
        return [Transfer(*row) for row in self._rows("transfer", wanted)]

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
        """Look one up; NotFound when there is none."""
        wanted = _arrival.where(arrivals.c.id == bindparam("id"))
        return _told(self._one("arrival", wanted, {"id": id_number(arrival_id, "arrival")}))

    def arrivals(self, package: str | None = None) -> list[Arrival]:
        """List them, of one package when given, oldest first."""
        wanted = _arrival if package is None else _arrival.where(arrivals.c.package == package)
        return [_told(row) for row in self._rows("arrival", wanted)]

    def arrived(self, ids: Collection[str]) -> dict[str, Arrived]:
        """Tell which of these entries came with a package, by id."""
        found: dict[str, Arrived] = {}
        for some in portions(ids):
            wanted = _arrived.where(arrived_entries.c.entry.in_([id_number(one, "entry") for one in some]))
            for row in self._rows("entry", wanted):
                one = Arrived(*row)
                found[str(one.entry)] = replace(one, entry=str(one.entry), arrival=str(one.arrival))
        return found

    def partners(self) -> list[Partner]:
        """List whose keys were told, oldest first."""
        every = select_record(partners, Partner).order_by(partners.c.id)
        return [Partner(*row) for row in self._rows("partner", every)]


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

    def add_arrived(self, made: Sequence[Arrived]) -> None:
        """Say where entries come from."""
        rows = [
            {
                **asdict(one),
                "entry": id_number(one.entry, "entry"),
                "arrival": id_number(one.arrival, "arrival"),
            }
            for one in made
        ]
        self._insert_many("entry", arrived_entries, rows)

    def add_partner(self, partner: Partner) -> Partner:
        """Keep another installation's keys; what was told before stays."""
        values = {name: getattr(partner, name) for name in Partner.__slots__ if name != "id"}
        return replace(partner, id=self._insert("partner", partners, values))


def _told(row: Any) -> Arrival:
    found = Arrival(*row)
    return replace(found, id=str(found.id))
