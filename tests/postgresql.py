"""A real PostgreSQL on loopback in a temporary folder, run by somebody who is not root, gone with whoever started it.

`python tests/postgresql.py` starts one by hand, says how to reach it, and stops it on Ctrl-C.
"""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

OWNER, SERVICE = "yinzheng_owner", "yinzheng"
"""Who owns the tables, and who works on them: the second is neither their owner nor allowed past their policies."""
START_SECONDS = 60.0
AGAIN_SECONDS = 10.0
"""How long a server that ends at once is started again: the backends of a killed one hold its shared memory until they notice."""
SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "lc_messages": "C",
}
_names = itertools.count(1)


class Missing(RuntimeError):
    """PostgreSQL is not installed: a test that needs it fails, it is never left out."""


@dataclass(slots=True)
class Server:
    """A running server: its command, the file it logs to, where it listens, and its process."""

    command: Sequence[str | Path]
    log: Path
    port: int
    address: str = "127.0.0.1"
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, also again, and wait until it answers."""
        began = time.monotonic()
        self._launch()
        while True:
            try:
                self.run("SELECT 1")
                return
            except psycopg.OperationalError:
                ended = self.process is None or self.process.poll() is not None
                if time.monotonic() - began > (AGAIN_SECONDS if ended else START_SECONDS):
                    raise
                time.sleep(0.5 if ended else 0.05)
                if ended:
                    self._launch()

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stderr=log)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it as an accident would; SIGINT lets it end by itself."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(30)

    def url(self, user: str, database: str) -> str:
        """What YINZHENG_DATABASE says to reach a database as somebody."""
        return f"postgresql://{user}@{self.address}:{self.port}/{database}"

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each by itself."""
        with psycopg.connect(self.url("postgres", database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, template: str = "template0") -> str:
        """Make a database of its own for one test and give its name."""
        name = f"test{next(_names)}"
        how = "" if template != "template0" else " ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        self.run(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {template}{how}")
        return name

    def drop(self, name: str) -> None:
        """Remove a test's database, whoever still holds on to it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


def programs() -> Path:
    """The folder of initdb and postgres. Missing when it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if not found:
        raise Missing("PostgreSQL is missing: apt-get install postgresql-15 (make test does it)")
    return found[-1].parent


def somebody() -> list[str]:
    """What runs a program as somebody who is not root, and ends it with this process."""
    somebody = ["setpriv", "--pdeathsig", "INT"]
    if os.getuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        name = "postgres" if "postgres" in names else "nobody"
        somebody += [f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--clear-groups"]
    return somebody


@contextmanager
def started(*, durable: bool = False, address: str = "127.0.0.1") -> Iterator[Server]:
    """Start a server with both logins; it is stopped and its folder removed afterwards.

    Only a `durable` one fsyncs: tests that kill it, and whoever measures, ask for it. It listens on loopback, or on an
    address of this machine that the hosts of its network (/24) reach it at.
    """
    bin_folder, folder = programs(), Path(tempfile.mkdtemp(prefix="yinzheng-postgresql-"))
    folder.chmod(0o755)
    data, port = folder / "data", _free_port()
    data.mkdir(mode=0o700)
    if os.getuid() == 0:
        shutil.chown(data, next(part for part in somebody() if part.startswith("--reuid=")).partition("=")[2])
    made = [*somebody(), bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    settings = {**SETTINGS, "listen_addresses": address, "port": str(port)} | (
        {} if durable else {"fsync": "off"}
    )
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = Server(
        [*somebody(), bin_folder / "postgres", "-D", data, *options], folder / "log", port, address
    )
    try:
        subprocess.run(
            [*made, "--locale=C", "--no-sync", "--no-instructions"], check=True, stdout=subprocess.DEVNULL
        )
        with (data / "pg_hba.conf").open("a") as allowed:
            allowed.write(f"host all all {address}/24 trust\n")
        server.start()
        login = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
        server.run(f"CREATE ROLE {OWNER} {login}", f"CREATE ROLE {SERVICE} {login}")
        yield server
    finally:
        server.kill(signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


if __name__ == "__main__":
    with started(durable=True) as running:
        place = running.create()
        sys.stdout.write(f"export YINZHENG_DATABASE={running.url(SERVICE, place)}\n")
        sys.stdout.write(f"export YINZHENG_DATABASE_OWNER={running.url(OWNER, place)}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            sys.exit(running.process.wait())
