"""Turns a writer into an answer that is sent while it is being written: memory stays flat, however long it is."""

import io
import itertools
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, cast

PIECE: Final = 256 << 10
"""Bytes sent at a time."""
WAITING: Final = 8
"""Pieces that may wait for a slow reader: 2 MB."""
LOOK_SECONDS: Final = 1.0
"""How often a writer whose reader is slow looks whether there still is one."""
_END: Final = None


class _Pipe(io.RawIOBase):
    """A file that can only be written to; full pieces are handed to the reader."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: queue.Queue[bytes | BaseException | None] = queue.Queue(WAITING)
        self.left = threading.Event()
        self._buffer = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes; BrokenPipeError when the reader is gone."""
        view = memoryview(data).cast("B")
        self._buffer += view
        if len(self._buffer) >= PIECE:
            self.send()
        return len(view)

    def send(self) -> None:
        """Hand over what has come together."""
        if self._buffer:
            self.put(bytes(self._buffer))
            self._buffer.clear()

    def put(self, piece: bytes | BaseException | None) -> None:
        """Hand a piece, an error or the end to the reader, waiting for it."""
        while not self.left.is_set():
            try:
                self.pieces.put(piece, timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            return
        raise BrokenPipeError


def pieces(write: Callable[[BinaryIO], None]) -> Iterator[bytes]:
    """Give what `write` writes, piece by piece; its error is raised where it happened, after what was sent.

    It runs in a thread of its own, which ends soon after nobody reads any more.
    """
    pipe = _Pipe()
    thread = threading.Thread(target=_fill, args=(pipe, write), name="stream", daemon=True)
    thread.start()
    try:
        while (piece := pipe.pieces.get()) is not _END:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        pipe.left.set()


def begun(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Wait for the first piece: what goes wrong before it is still answered as an error of its own."""
    first = next(stream, b"")
    return itertools.chain((first,), stream)


def _fill(pipe: _Pipe, write: Callable[[BinaryIO], None]) -> None:
    end: BaseException | None = _END
    try:
        write(cast("BinaryIO", pipe))
        pipe.send()
    except BrokenPipeError:
        return
    except Exception as error:
        end = error
    try:
        pipe.put(end)
    except BrokenPipeError:
        return
