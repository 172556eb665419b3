"""Starts the Versity S3 gateway over a folder, on loopback, built once by the Go toolchain: `python -m tests.stores.versity`."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.stores.served import HOST, Server, answers, free_port, running, stay, until

VERSION = "v1.8.0"
MODULE = f"github.com/versity/versitygw/cmd/versitygw@{VERSION}"
ACCESS, SECRET = "versity-access", "versity-secret-of-the-tests"
SECONDS_TO_BUILD = 1200
"""Two minutes of processor, on one core of a busy machine."""


def _built() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yinzheng"
    return cache / f"versitygw-{VERSION}" / "versitygw"


def program() -> Path:
    """The gateway's program; built when it is not in the cache yet, for every later run."""
    built = _built()
    if not built.exists():
        sys.stderr.write(f"building the Versity S3 gateway {VERSION}, once\n")
        built.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=built.parent) as place:
            environment = {**os.environ, "GOBIN": place, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
            subprocess.run(["go", "install", MODULE], check=True, env=environment, timeout=SECONDS_TO_BUILD)
            (Path(place) / "versitygw").rename(built)
    return built


def installed() -> bool:
    """Tell whether it is built, or can be."""
    return _built().exists() or shutil.which("go") is not None


@contextlib.contextmanager
def served(host: str = HOST) -> Iterator[Server]:
    """The gateway for as long as the block lasts; its folder, which must know extended attributes, goes with it."""
    with tempfile.TemporaryDirectory(prefix="versity-") as name, contextlib.ExitStack() as stack:
        folder, port = Path(name), free_port()
        for place in ("kept", "versions"):
            (folder / place).mkdir()
        log = folder / "output"
        command = [
            program(), "--port", f"{host}:{port}", "--access", ACCESS, "--secret", SECRET, "--quiet", "--keep-alive",
            "posix", "--versioning-dir", folder / "versions", folder / "kept",
        ]  # fmt: skip
        process = stack.enter_context(running(command, log))
        until(lambda: answers(port, host), log)
        yield Server(f"http://{host}:{port}", ACCESS, SECRET, (process,))


def _build() -> int:
    """Build it ahead of the tests; without Go that is told, and in CI a failure."""
    if installed():
        program()
        return 0
    sys.stderr.write("Go is missing: the tests on the Versity S3 gateway are skipped\n")
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--build"]:
        sys.exit(_build())
    with served() as server:
        stay(server)
    sys.exit(0)
