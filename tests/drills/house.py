"""A whole installation as real processes on loopback: service with its workers, PostgreSQL, object store; each can be killed and started again."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx

from service.numbers import MAX_BLOCK
from storage.archive import Archive
from storage.check import check
from storage.objects.place import Place
from tests import postgresql
from tests.batched import _pupil
from tests.conftest import CITY, COUNTY, DIPLOMA, SCHOOL, UNITS, diploma_block
from tests.shelf import CHILD
from tests.stores import versity
from tests.stores.served import HOST, answers, free_port
from tests.test_cli import workers

SECONDS = 120
FORM = "diploma_junior"
BUCKET = "drill"


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Store:
    """The Versity gateway over a folder, on a port that stays its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = f"http://{HOST}:{self._port}"
        for name in ("kept", "versions"):
            (folder / name).mkdir(parents=True)

    def start(self) -> None:
        """Start it, also again, and wait until it answers."""
        places = ("posix", "--versioning-dir", self._folder / "versions", self._folder / "kept")
        keys = ("--access", versity.ACCESS, "--secret", versity.SECRET, "--quiet", "--keep-alive")
        command = [versity.program(), "--port", f"{HOST}:{self._port}", *keys, *places]
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output)
        _until(lambda: answers(self._port))

    def kill(self) -> None:
        """End it as an accident would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def place(self) -> Place:
        """Where the archive's bucket is."""
        return Place(self.endpoint, BUCKET, versity.ACCESS, versity.SECRET)


class House:
    """The service and its callers; `server` and `store` are None where rows and objects lie in the data folder."""

    def __init__(
        self, folder: Path, server: postgresql.Server | None, store: Store | None, database: str
    ) -> None:
        self.data = folder / "data"
        self.server, self.store, self.database = server, store, database
        self.base = f"http://{HOST}:{free_port()}"
        self.log = folder / "log"
        self._service: subprocess.Popen[bytes] | None = None
        self._environment = {**CHILD, "YINZHENG_WORKERS": "1", "YINZHENG_DATABASE": database}
        if store is not None:
            self._environment |= {
                "YINZHENG_OBJECTS": f"s3://{BUCKET}",
                "YINZHENG_OBJECTS_ENDPOINT": store.endpoint,
                "YINZHENG_OBJECTS_ACCESS_KEY": versity.ACCESS,
                "YINZHENG_OBJECTS_SECRET_KEY": versity.SECRET,
            }
        self.token = ""
        self.first_start = 0.0

    def start(self, **more: str) -> None:
        """Start the service, also again; it comes up in the background."""
        port = self.base.rpartition(":")[2]
        command = [sys.executable, "-m", "service", "serve", "--port", port, "--data", str(self.data)]
        with self.log.open("ab") as log:
            self._service = subprocess.Popen(
                command, stdout=log, stderr=log, env={**self._environment, **more}, process_group=0
            )

    def kill(self) -> None:
        """Kill -9 the service; its children see that it is gone."""
        if self._service is not None:
            self._service.kill()
            self._service.wait()

    def kill_worker(self) -> bool:
        """Kill -9 one of its workers; tell whether there was one."""
        found = workers(self._service.pid)
        for pid in found[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(found)

    def ready(self) -> bool:
        """Whether the probe says so now."""
        try:
            return httpx.get(f"{self.base}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def until_ready(self) -> float:
        """Wait until it is; the seconds."""
        began = time.monotonic()
        _until(self.ready)
        return time.monotonic() - began

    def caller(self) -> httpx.Client:
        """A client with the city's token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.base, headers=headers, timeout=90, trust_env=False)

    def settle(self, pupils: int, last: int) -> list[str]:
        """Make the token, the units, blocks of `last` numbers and so many pupils; gives their 学籍号."""
        command = [sys.executable, "-m", "service", "token", "create", "--role", "city", "--org", CITY]
        command += ["--data", str(self.data)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=self._environment)
        self.token = done.stdout.strip()
        self.start()
        self.first_start = self.until_ready()
        with self.caller() as city:
            for code in (CITY, COUNTY, SCHOOL):
                city.put(f"/v1/organizations/{code}", json=UNITS[code]).raise_for_status()
            for first in range(1, last + 1, MAX_BLOCK):
                until = min(first + MAX_BLOCK - 1, last)
                block = diploma_block(first, until, pattern="140426202601{:06d}")
                city.post("/v1/number-blocks", json=block).raise_for_status()
        students = [_pupil(order, SCHOOL, {}) for order in range(1, pupils + 1)]
        with self.archive() as archive, archive.begin() as transaction:
            for student in students:
                transaction.put_student(student)
        return [student.student_no for student in students]

    @contextlib.contextmanager
    def archive(self) -> Iterator[Archive]:
        """The archive as another process opens it."""
        place = None if self.store is None else self.store.place()
        archive = Archive.open(self.data, now, self.database, place=place)
        try:
            yield archive
        finally:
            archive.close()

    def faults(self) -> list[str]:
        """What `yinzheng check` finds that nothing explains."""
        with self.archive() as archive:
            return [f"{fault.code} {fault.about}" for fault in check(archive) if not fault.harmless]


@contextlib.contextmanager
def house(folder: Path, *, apart: bool) -> Iterator[House]:
    """An installation in a folder; `apart` with PostgreSQL and an object store of its own."""
    with contextlib.ExitStack() as stack:
        server, store, database = None, None, ""
        if apart:
            from storage.database import prepare

            server = stack.enter_context(postgresql.started(durable=True))
            name = server.create()
            prepare(server.url(postgresql.OWNER, name), postgresql.SERVICE)
            database = server.url(postgresql.SERVICE, name)
            store = Store(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-store-"))) / "s")
            store.start()
            stack.callback(store.kill)
        made = House(folder, server, store, database)
        stack.callback(made.kill)
        yield made


def asked(student: str) -> dict[str, object]:
    """The body of a request for a diploma."""
    return {"form": FORM, "student": student, "data": DIPLOMA}


def digest(data: bytes) -> str:
    """The sha256 of bytes, hexadecimal."""
    return sha256(data).hexdigest()


def problem(answer: httpx.Response) -> str:
    """The code of a refusal; empty when it is no problem+json that says what to do."""
    if answer.headers.get("content-type") != "application/problem+json":
        return ""
    body = json.loads(answer.content)
    return str(body["code"]) if "请" in body.get("detail", "") else ""


def _until(met: object) -> None:
    end = time.monotonic() + SECONDS
    while not met():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)
