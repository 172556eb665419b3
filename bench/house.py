"""A service of our own for the parts that ask over HTTP: the demo's people and the invented county, on a fresh folder."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import county

from service.demo import people, server
from service.demo.client import Client
from service.demo.story import TRANSFER


@dataclass(frozen=True, slots=True)
class House:
    """A running service: its data folder, address, token of the city, and a client with it."""

    store: Path
    base: str
    token: str
    client: Client

    def admit(self, first: int, count: int) -> Sequence[county.Graduate]:
        """Register graduates number `first` and following."""
        found = county.graduates(first, count)
        county.admit(self.client, found)
        return found

    def transfer(self) -> Any:
        """Issue the demo's application for a change of school."""
        body = {"form": "transfer_application", "student": people.MOVER.student_no, "data": TRANSFER}
        return self.client.call("POST", "/v1/documents", body)


@contextmanager
def opened(store: Path | None = None, *, workers: int | None = None) -> Iterator[House]:
    """A service with schools, the demo's people and a number block; it ends with the block.

    On a fresh folder, or on a `store` that may have been used before. `workers` print batches, by default one a core.
    """
    os.environ["YINZHENG_RATE"] = "1000000"
    os.environ["YINZHENG_WORKERS"] = str(workers or os.cpu_count() or 1)
    # A worker that is cut short may still be putting a file away when its folder goes.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = store or Path(folder)
        token = server.token(found, "city", people.CITY)
        with server.running(found, server.free_port()) as base:
            service = House(found, base, token, Client(base, token))
            if not service.client.call("GET", "/v1/number-blocks")["number_blocks"]:
                _settled(service.client)
            yield service


def _settled(client: Client) -> None:
    for code, body in people.ORGANIZATIONS.items():
        client.call("PUT", f"/v1/organizations/{code}", body)
    for person in people.PEOPLE:
        client.call("PUT", f"/v1/students/{person.student_no}", person.record())
    county.settle(client)
