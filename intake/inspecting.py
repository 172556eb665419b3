"""Says of many files what they are: one limited child starts and forks for each, since a start costs more than a look."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from intake import decoder, headers
from intake.errors import UploadRefused
from intake.spare import ENVIRONMENT
from intake.uploads import MAX_BYTES, PAGE_SECONDS, Kind, Upload, line_before, sniff

NONCE_BYTES = 8


class Inspector:
    """Looks into one file after the other, each in a process of its own; use it as a context, which ends the child.

    A file that takes over its process sees no other file's bytes before it has answered, and cannot answer for one: the
    word each answer must bear is new. Whatever it does beyond that, it does in a process without rights of ours.
    """

    def __init__(self) -> None:
        self._source = os.memfd_create("inspected")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Begin; the child is started by the first file."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the child and whatever it started."""
        self._end()
        os.close(self._source)

    def inspect(self, data: bytes, max_bytes: int = MAX_BYTES) -> Upload:
        """Say what a file is, as `intake.uploads.inspect` does; raises UploadRefused."""
        if len(data) > max_bytes:
            raise UploadRefused("too_large")
        kind = sniff(data)
        headers.check(data, kind)
        answer = self._asked(kind, data)
        if "refused" in answer:
            code = str(answer["refused"])
            raise UploadRefused(code if UploadRefused.is_code(code) else "damaged")
        return Upload(kind, int(answer["pages"]))

    def _asked(self, kind: Kind, data: bytes) -> dict[str, Any]:
        process = self._process or self._started()
        assert process.stdin
        assert process.stdout
        os.ftruncate(self._source, 0)
        os.pwrite(self._source, data, 0)
        word = secrets.token_hex(NONCE_BYTES)
        try:
            process.stdin.write(f"{kind} {word}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            self._end()
            raise UploadRefused("damaged") from None
        deadline = time.monotonic() + PAGE_SECONDS
        while line := line_before(process.stdout.fileno(), deadline):
            answer = _object(line)
            if answer.get("word") == word:
                return answer
        self._end()
        raise UploadRefused("decoder_limit")

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-I", str(Path(decoder.__file__)), str(self._source), str(self._source)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._source,),
            env=ENVIRONMENT,
            process_group=0,
        )
        self._process = process
        assert process.stdin
        process.stdin.write(b"inspect-many\n")
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
