"""Runs what docker-compose.yml runs, without Docker: its commands and environment on loopback, below one folder.

Where the file says `read_only`, the process sees its root read-only too, all but /tmp and the folder.

`python -m tests.composed FOLDER` starts all of it and ends it with Ctrl-C or SIGTERM.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import yaml

from tests.test_disk_full import NAMESPACE

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "docker-compose.yml"
SECONDS = 90
READ_ONLY = (
    'mount --bind /tmp /tmp && mount --bind "$0" "$0" && mount -o remount,bind,ro / '
    '&& ! touch /var/tmp/written 2>&- && exec "$@"'
)
"""The root of a mount namespace of its own made read-only, and proved to be, before the command takes over."""
PORT = "8000"
"""Where the service listens in its container."""


def composition(path=COMPOSE):
    """The file as data; `${NAME:-default}` is taken from the environment as Compose does."""
    text = re.sub(
        r"\$\{(\w+):-([^}]*)\}", lambda found: os.environ.get(found[1]) or found[2], path.read_text("utf-8")
    )
    return yaml.safe_load(text)


def ours(told):
    """The services made from our own image, by name."""
    return {name: one for name, one in told["services"].items() if one["image"].startswith("yinzheng:")}


class Composed:
    """The processes of the file; each container's /data is one folder, its /tmp another of its own."""

    def __init__(self, folder, told=None):
        self.folder = Path(folder)
        self.services = ours(told or composition())
        self.port = _free_port()
        self.children = {}
        self._logs = contextlib.ExitStack()

    def start(self):
        """Start every service when what it depends on is healthy."""
        waiting = dict(self.services)
        while waiting:
            for name, one in list(waiting.items()):
                needed = set(one.get("depends_on", {})) & set(self.services)
                if needed <= self.children.keys():
                    for other in needed:
                        self.until_healthy(other)
                    self.children[name] = self._started(name)
                    del waiting[name]
        for name in self.services:
            self.until_healthy(name)

    def healthy(self, name):
        """Whether the health check of a service says so."""
        test = self.services[name]["healthcheck"]["test"]
        assert test[:2] == ["CMD", "yinzheng"]
        asked = subprocess.run(
            [sys.executable, "-m", "service", *self._here(name, test[2:])],
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
            assert self.children[name].poll() is None, f"{name} ended"
            assert time.monotonic() < end, f"{name} is not healthy"
            time.sleep(0.5)

    def stop(self):
        """End all as `docker compose down` does, dependants first; gives their exit codes."""
        codes = {}
        for name in reversed(list(self.children)):
            self.children[name].send_signal(signal.SIGTERM)
            codes[name] = self.children[name].wait(SECONDS)
        return codes

    def kill(self):
        """Leave nothing behind."""
        for child in self.children.values():
            child.kill()
            child.wait(10)
        self._logs.close()

    def log(self, name):
        """What a service said, line by line."""
        return (self.folder / f"{name}.log").read_text("utf-8").splitlines()

    def command(self, *arguments):
        """Run another command of the image on the same data."""
        name = next(iter(self.services))
        asked = [sys.executable, "-m", "service", *self._here(name, arguments)]
        return subprocess.run(
            asked, env=self._environment(name), capture_output=True, text=True, check=True, timeout=SECONDS
        ).stdout.strip()

    def _started(self, name):
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        (self.folder / f"tmp-{name}").mkdir(exist_ok=True)
        log = self._logs.enter_context((self.folder / f"{name}.log").open("wb"))
        command = [sys.executable, "-m", "service", *self._here(name, self.services[name]["command"])]
        if self.services[name]["read_only"]:
            command = [*NAMESPACE, "sh", "-c", READ_ONLY, str(self.folder), *command]
        return subprocess.Popen(command, stdout=log, stderr=log, env=self._environment(name), cwd=self.folder)

    def _here(self, name, words):
        """Words of a container put in terms of this machine."""
        places = {"/data": str(self.folder / "data"), "0.0.0.0": "127.0.0.1", PORT: str(self.port)}
        below = f"{self.folder}/tmp-{name}/"
        return [places.get(word, below + word[5:] if word.startswith("/tmp/") else word) for word in words]

    def _environment(self, name):
        given = {key: str(value) for key, value in self.services[name]["environment"].items()}
        mapped = dict(zip(given, self._here(name, given.values()), strict=True))
        clean = {key: value for key, value in os.environ.items() if not key.startswith("YINZHENG_")}
        own = dict.fromkeys(("HOME", "TMPDIR"), str(self.folder / f"tmp-{name}"))
        return {**clean, **own, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", **mapped}


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
