"""What the commands share: how they end, how they speak, and in whose name they act."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from service.access import Role, Who

DONE, FAILED, WRONG_USE = 0, 1, 2
COMMAND_LINE = "command line"
"""Stands where a token's digest would: whoever can run the command owns the data folder."""


def say(text: str) -> None:
    """Write a line to standard output at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_json(body: object) -> None:
    """Write a body as JSON."""
    say(json.dumps(body, ensure_ascii=False, indent=1))


def who_of(options: Namespace) -> Who:
    """Whoever `--role` and `--org` name."""
    return Who(Role(options.role), options.org, COMMAND_LINE)


def whole_file(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Let a file be written; it has its name only when it is whole."""
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("wb") as out:
            write(out)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
