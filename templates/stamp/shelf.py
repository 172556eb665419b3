"""Keeps compiled templates in a folder: frames, variants and shapes, each file hashed, written once, the first one stays."""

import dataclasses
import hashlib
import json
import logging
import os
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from templates.layout import Box
from templates.stamp.typeset import (
    Body,
    Chunk,
    Fill,
    Frame,
    Glyph,
    PicturePlace,
    Slot,
    TextPlace,
    Variant,
)

_MAGIC = b"yinzheng stamp 1 "
_BYTES = "latin-1"  # bytes as text of the same length
_LEVEL = 6
_NAMES_KEPT = 20_000  # a name is asked for at each print, and takes longer to hash than to remember

log = logging.getLogger("yinzheng.printer")


class Shelf:
    """The folder of compiled templates; made when missing. Safe for threads and processes.

    A file that is damaged is taken away, and compiled anew by whoever needs it next. What cannot be written, on a full
    disk say, is compiled again next time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stopped: set[str] = set()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def frame(self, key: str) -> Frame | None:
        """Give a frame by its key; None when it was not compiled yet."""
        raw = self._read(self._folder / key / "frame")
        return None if raw is None else _frame(raw)

    def keep_frame(self, key: str, frame: Frame) -> Frame:
        """Keep a frame unless another process was first; gives the one that is kept."""
        self._write(self._folder / key / "frame", frame)
        return self.frame(key) or frame

    def variant(self, key: str, name: str) -> Variant | None:
        """Give a variant of a frame by name (see `variant_name`); None when it was not learned yet."""
        raw = self._read(self._folder / key / name)
        return None if raw is None else _variant(raw)

    def keep_variant(self, key: str, name: str, variant: Variant) -> Variant:
        """Keep a variant unless another process was first; gives the one that is kept."""
        self._write(self._folder / key / name, variant)
        return self.variant(key, name) or variant

    def shape(self, key: str, name: str) -> str | None:
        """Give the shape of a container (see `variants`) by name; None when it was not learned yet."""
        shape: str | None = self._read(self._folder / key / f"shape-{name}")
        return shape

    def keep_shape(self, key: str, name: str, shape: str) -> None:
        """Keep a shape unless another process was first."""
        self._write(self._folder / key / f"shape-{name}", shape)

    def count(self, start: str) -> int:
        """Count the frames for a class alone whose keys begin so."""
        return sum(1 for _ in self._folder.glob(f"{start}-*"))

    def stopped(self, template_hash: str) -> bool:
        """Tell whether papers of this template version are no longer stamped."""
        return template_hash in self._stopped or (self._folder / f"stopped-{template_hash}").exists()

    def stop(self, template_hash: str, why: str) -> None:
        """Stop stamping papers of this template version, in every process, until a person removes the note."""
        self._stopped.add(template_hash)
        try:
            (self._folder / f"stopped-{template_hash}").write_text(why + "\n", "utf-8")
        except OSError:
            log.warning("cannot note that template %s is no longer stamped", template_hash)

    def all_stopped(self) -> list[str]:
        """List the template versions that are no longer stamped."""
        noted = {note.name.removeprefix("stopped-") for note in self._folder.glob("stopped-*")}
        return sorted(noted | self._stopped)

    def _read(self, path: Path) -> Any:
        try:
            data = path.read_bytes()
        except OSError:
            return None
        head, _, packed = data.partition(b"\n")
        if head != _MAGIC + hashlib.sha256(packed).hexdigest().encode():
            with suppress(OSError):
                path.unlink()
            return None
        return json.loads(zlib.decompress(packed))

    def _write(self, path: Path, value: Frame | Variant | str) -> None:
        packed = zlib.compress(json.dumps(_plain(value), ensure_ascii=False).encode(), _LEVEL)
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_MAGIC + hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed)
                os.link(name, path)  # fails when another process was first
            finally:
                Path(name).unlink()


@lru_cache(_NAMES_KEPT)
def variant_name(container: int, *key: tuple[str, ...]) -> str:
    """Name a variant without telling its texts: they may hold letters of a name."""
    return f"{container}-{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]}"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, bytes):
        return {"b": value.decode(_BYTES)}
    if isinstance(value, Mapping):
        return [[key, _plain(item)] for key, item in value.items()]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _data(value: Any) -> bytes:
    raw: str = value["b"]
    return raw.encode(_BYTES)


def _box(raw: Any) -> Box:
    left, top, right, bottom = raw
    return (left, top, right, bottom)


def _frame(raw: Any) -> Frame:
    """Build a frame from its fields in order."""
    body, rows, slots, texts, containers, neighbours, size, pictures, code, photos, glyphs, statics = raw
    return Frame(
        body=_body(*body),
        streams=tuple(tuple(part if isinstance(part, str) else _data(part) for part in row) for row in rows),
        slots={
            name: Slot(title, container, at, _data(opening))
            for name, (title, container, at, opening) in slots
        },
        texts=tuple(texts),
        containers=dict(containers),
        neighbours={container: tuple(others) for container, others in neighbours},
        size_mm=(size[0], size[1]),
        pictures=tuple(
            PicturePlace(_box(box), (pixels[0], pixels[1]), *rest) for box, pixels, *rest in pictures
        ),
        code=code,
        photos=dict(photos),
        glyphs={paragraph: tuple(Glyph(*glyph) for glyph in words) for paragraph, words in glyphs},
        statics=statics,
    )


def _body(data: Any, entries: Any, *rest: Any) -> Body:
    objects, root, info, fonts, pictures = rest
    return Body(_data(data), _data(entries), objects, root, info, _data(fonts), _data(pictures))


def _variant(raw: Any) -> Variant:
    chunks, places = raw
    return Variant(
        {
            name: Chunk(_data(pattern), tuple(Fill(*fill) for fill in fills))
            for name, (pattern, fills) in chunks
        },
        tuple(
            TextPlace(text, tuple((length, _box(box)) for length, box in lines), *rest)
            for text, lines, *rest in places
        ),
    )
