"""What a process says of itself: one JSON object a line, without personal data, under the id of the request it is about."""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from service.errors import whereabouts

OURS: Final = frozenset({"yinzheng", "uvicorn", "alembic"})
"""Whose words are known to name nobody; of any other library a line says only where it came from."""
SANE: Final = re.compile(r"[A-Za-z0-9._\-]{8,64}")
LONG_NUMBER: Final = re.compile(r"\d{15}")
"""No 学籍号 or id number may come in as the name of a request, for it goes into every line."""

_request: ContextVar[str] = ContextVar("request", default="")


def sane_id(text: str) -> str | None:
    """Give the id a caller wants its request to have, None when that is none: unlike an id, or like a person's number."""
    return text if SANE.fullmatch(text) and not LONG_NUMBER.search(text) else None


@contextmanager
def about(request_id: str) -> Iterator[None]:
    """Do something for a request: every line of it says which, and so does work it leaves to others."""
    token = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(token)


def carried() -> dict[str, str]:
    """What a job carries on, so that a worker's lines name the request that asked for it."""
    request_id = _request.get()
    return {"request": request_id} if request_id else {}


class JsonLines(logging.Formatter):
    """One object a line: `at`, `level`, `logger`, then the `fields` of the record or its message, and the request's id."""

    def format(self, record: logging.LogRecord) -> str:
        """Put a record into words; of an exception its kind and places, never what it says."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
        }
        fields = getattr(record, "fields", None)
        if fields is not None:
            told |= fields
        elif _known(record):
            told["message"] = record.getMessage().strip()
        else:
            told["where"] = f"{record.filename}:{record.lineno}"
        if request_id := _request.get():
            told.setdefault("id", request_id)
        if record.exc_info and record.exc_info[1] is not None:
            told["error"] = type(record.exc_info[1]).__name__
            told["places"] = whereabouts(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _known(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def to_lines(stream: TextIO) -> None:
    """From now on everything this process says goes to a stream as JSON lines, exceptions nobody caught included."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(lambda record: _known(record) or record.levelno >= logging.WARNING)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    log = logging.getLogger("yinzheng.process")

    def of_thread(uncaught: threading.ExceptHookArgs) -> None:
        if uncaught.exc_value is not None:
            log.error("thread ended", exc_info=uncaught.exc_value)

    def of_process(_kind: type[BaseException], error: BaseException, _traceback: object) -> None:
        log.critical("process ended", exc_info=error)

    threading.excepthook, sys.excepthook = of_thread, of_process
