"""Runs what docker-compose.yml runs, without Docker: its commands and environment on loopback, below one folder.

What its images bring is taken from this machine: our own code, Debian's PostgreSQL, the Versity gateway of the tests; what
PostgreSQL's image does at its first start, `initdb` with the arguments of the file, is done here. Where the file says
`read_only`, the process sees its root read-only too, all but /tmp and the folder.

`python -m tests.composed FOLDER` starts all of it and ends it with Ctrl-C or SIGTERM.
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from tests import postgresql
from tests.stores import versity
from tests.test_disk_full import NAMESPACE

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "docker-compose.yml"
SECONDS = 90
READ_ONLY = (
    'mount --bind /tmp /tmp && mount --bind "$0" "$0" && mount -o remount,bind,ro / '
    '&& ! touch /var/tmp/written 2>&- && exec "$@"'
)
"""The root of a mount namespace of its own made read-only, and proved to be, before the command takes over."""
PORTS = {"service": "8000", "database": "5432", "objects": "7070"}
"""Where each listens in its container; no other word of the file has these digits."""
GIVEN = re.compile(r"\$\{(\w+):([-?])([^}]*)\}")
ONCE = "no"
"""The restart policy of what runs once and ends."""


def composition(path=COMPOSE, environ=None):
    """The file as data; `${NAME:-default}` and `${NAME:?}` are taken from the environment, `$$` is read, as Compose does."""
    environ = os.environ if environ is None else environ

    def filled(found):
        return environ.get(found[1]) or (found[3] if found[2] == "-" else f"unset-{found[1]}".lower())

    told = yaml.safe_load(GIVEN.sub(filled, path.read_text("utf-8")))
    return _unescaped(told)


def _unescaped(told):
    if isinstance(told, dict):
        return {name: _unescaped(one) for name, one in told.items()}
    if isinstance(told, list):
        return [_unescaped(one) for one in told]
    return told.replace("$$", "$") if isinstance(told, str) else told


def fresh_secrets(path=COMPOSE):
    """What .env has to bring: a value nobody can guess for each name the file insists on."""
    asked = {found[1] for found in GIVEN.finditer(path.read_text("utf-8")) if found[2] == "?"}
    return {name: secrets.token_hex(16) for name in sorted(asked)}


def ours(told):
    """The services made from our own image, by name."""
    return {name: one for name, one in told["services"].items() if one["image"].startswith("yinzheng:")}


def lasting(services):
    """Those that go on running."""
    return {name: one for name, one in services.items() if one["restart"] != ONCE}


class Composed:
    """The processes of the file; each volume is one folder, each container's /tmp another of its own."""

    def __init__(self, folder, told=None):
        self.folder = Path(folder)
        self.services = (told or composition(environ=fresh_secrets()))["services"]
        self.ports = {name: _free_port() for name in PORTS}
        self.port = self.ports["service"]
        self.children = {}
        self._logs = contextlib.ExitStack()
        # Whoever PostgreSQL runs as here must get through to its rows.
        self._rows = Path(tempfile.mkdtemp(prefix="yinzheng-composed-"))
        self._rows.chmod(0o755)

    def start(self):
        """Start every service when what it depends on is healthy, or has ended well."""
        waiting = dict(self.services)
        while waiting:
            for name, one in list(waiting.items()):
                needed = one.get("depends_on", {})
                if needed.keys() <= self.children.keys():
                    for other, asked in needed.items():
                        self._until(other, asked["condition"])
                    self.children[name] = self._started(name)
                    del waiting[name]
        for name in lasting(self.services):
            self.until_healthy(name)

    def again(self, name):
        """Run one that runs once, once more; gives its exit code."""
        return self._started(name).wait(SECONDS)

    def _until(self, name, condition):
        if condition == "service_healthy":
            self.until_healthy(name)
        else:
            assert condition == "service_completed_successfully"
            assert self.children[name].wait(SECONDS) == 0, self.log(name)

    def healthy(self, name):
        """Whether the health check of a service says so."""
        kind, *test = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        words = self._here(name, test)
        asked = subprocess.run(
            [*PROGRAMS.get(words[0], lambda: [words[0]])(), *words[1:]],
            env=self._environment(name),
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        return asked.returncode == 0

    def until_healthy(self, name):
        """Wait for it; a process that ended first is an error."""
        end = time.monotonic() + SECONDS
        while not self.healthy(name):
            assert self.children[name].poll() is None, f"{name} ended: {self.log(name)}"
            assert time.monotonic() < end, f"{name} is not healthy"
            time.sleep(0.5)

    def stop(self):
        """End all as `docker compose down` does, dependants first; gives their exit codes."""
        codes = {}
        for name in reversed(list(self.children)):
            asked = getattr(signal, self.services[name].get("stop_signal", "SIGTERM"))
            self.children[name].send_signal(asked)
            codes[name] = self.children[name].wait(SECONDS)
        return codes

    def kill(self):
        """Leave nothing behind."""
        for child in reversed(list(self.children.values())):
            child.kill()
            child.wait(10)
        self._logs.close()
        shutil.rmtree(self._rows, ignore_errors=True)

    def log(self, name):
        """What a service said, line by line."""
        return (self.folder / f"{name}.log").read_text("utf-8").splitlines()

    def command(self, *arguments):
        """Run another command of the image on the same data."""
        asked = [*PROGRAMS["yinzheng"](), *self._here("service", arguments)]
        return subprocess.run(
            asked,
            env=self._environment("service"),
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        ).stdout.strip()

    def _started(self, name):
        one = self.services[name]
        for place in self._volumes(name).values():
            place.mkdir(parents=True, exist_ok=True)
        (self.folder / f"tmp-{name}").mkdir(exist_ok=True)
        log = self._logs.enter_context((self.folder / f"{name}.log").open("ab"))
        words = self._here(name, [*one.get("entrypoint", []), *one["command"]])
        made = MADE.get(one["image"].partition(":")[0], _ours)
        command = words if "entrypoint" in one else made(self, name, words)
        if one["read_only"]:
            command = [*NAMESPACE, "sh", "-c", READ_ONLY, str(self.folder), *command]
        return subprocess.Popen(command, stdout=log, stderr=log, env=self._environment(name), cwd=self.folder)

    def _volumes(self, name):
        """Each folder of a container that is kept, by its path there."""
        pairs = [volume.split(":") for volume in self.services[name].get("volumes", [])]
        above = {"rows": self._rows}
        return {path: above.get(Path(source).name, self.folder) / Path(source).name for source, path in pairs}

    def _here(self, name, words):
        """Words of a container put in terms of this machine."""
        places = {**self._volumes(name), "/tmp": self.folder / f"tmp-{name}"}
        return [self._word(str(word), places) for word in words]

    def _word(self, word, places):
        for path, place in places.items():
            if word == path or word.startswith(f"{path}/"):
                return f"{place}{word.removeprefix(path)}"
        if word in {"0.0.0.0", *PORTS}:
            return "127.0.0.1"
        for name, port in PORTS.items():
            word = re.sub(rf"\b{name}:{port}\b|^:{port}$", f"127.0.0.1:{self.ports[name]}", word)
            word = re.sub(rf"(?<!\d){port}(?!\d)", str(self.ports[name]), word)
        return word

    def _environment(self, name):
        given = {key: str(value) for key, value in self.services[name].get("environment", {}).items()}
        mapped = dict(zip(given, self._here(name, given.values()), strict=True))
        clean = {key: value for key, value in os.environ.items() if not key.startswith("YINZHENG_")}
        own = dict.fromkeys(("HOME", "TMPDIR"), str(self.folder / f"tmp-{name}"))
        path = f"{postgresql.programs()}:{clean['PATH']}"
        return {**clean, **own, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **mapped}


def _ours(_composed, _name, words):
    return [*PROGRAMS["yinzheng"](), *words]


def _database(composed, name, words):
    """What PostgreSQL's image does: make the cluster when there is none, then run the command on it, not as root."""
    environment = composed._environment(name)
    place, somebody = Path(environment["PGDATA"]), postgresql.somebody()
    if not place.exists():
        owner = next((word.partition("=")[2] for word in somebody if word.startswith("--reuid=")), None)
        place.mkdir(mode=0o700)
        password = place.with_name("password")
        password.write_text(environment["POSTGRES_PASSWORD"])
        for one in (place.parent, place, password):
            if owner:
                shutil.chown(one, owner)
        made = ["initdb", "-D", place, "-U", "postgres", f"--pwfile={password}", "--no-sync"]
        arguments = environment["POSTGRES_INITDB_ARGS"].split()
        subprocess.run(
            [*somebody, *made, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/"
        )
        password.unlink()
    own = {"port": composed.ports[name], "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    more = [part for key, value in own.items() for part in ("-c", f"{key}={value}")]
    return [*somebody, words[0], "-D", str(place), *words[1:], *more]


def _objects(composed, name, words):
    """The gateway; the operator has made both folders of its volume."""
    for word in words:
        if word.startswith(str(composed.folder)):
            Path(word).mkdir(exist_ok=True)
    return [str(versity.program()), *words]


MADE = {"postgres": _database, "versity/versitygw": _objects}
"""What an image that is not ours makes of a command."""
PROGRAMS = {"yinzheng": lambda: [sys.executable, "-m", "service"]}


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def main():
    """Start everything until interrupted, or asked to end: a shell's background jobs do not hear Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    running = Composed(sys.argv[1])
    try:
        running.start()
        sys.stdout.write(f"http://127.0.0.1:{running.port}/  ({', '.join(running.children)})\n")
        sys.stdout.flush()
        signal.pause()
    except KeyboardInterrupt:
        sys.stdout.write(f"{running.stop()}\n")
    finally:
        running.kill()


if __name__ == "__main__":
    main()
