"""Finds the pinned fonts, shows LibreOffice only these, and knows which characters they have."""

import hashlib
import json
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from xml.sax.saxutils import escape

from templates.errors import FontMissing

SYSTEM_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_UNICODE = 0x110000
_REMEMBERED = 100_000  # characters; more than all fonts have together


@dataclass(frozen=True, slots=True)
class Family:
    """One pinned family: its files, the Debian package that brings them, its names inside a PDF."""

    name: str
    package: str
    files: tuple[str, ...]
    in_pdf: str
    face: int = 0  # which face of a collection is ours
    han_only: bool = False  # its letters and pictures are not for our papers


KAI = Family(
    "LXGW WenKai",
    "fonts-lxgw-wenkai",
    ("LXGWWenKai-Regular.ttf", "LXGWWenKai-Bold.ttf"),
    r"LXGWWenKai-(Regular|Bold)",
)
SONG = Family(
    "Noto Serif CJK SC",
    "fonts-noto-cjk",
    ("NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc"),
    r"NotoSerifCJK\w*-(Regular|Bold)\S*",  # the faces of a collection share one name in their CFF table
    face=2,
)
LATIN = Family(
    "Liberation Serif",
    "fonts-liberation",
    tuple(f"LiberationSerif-{style}.ttf" for style in ("Regular", "Bold", "Italic", "BoldItalic")),
    r"LiberationSerif(-(Bold|Italic|BoldItalic|Regular))?",
)
# Rare characters the others lack, in the forms used on the mainland: decision 0003.
RARE = Family(
    "BabelStone Han", "fonts-babelstone-han", ("BabelStoneHan.ttf",), r"BabelStoneHan", han_only=True
)
FAMILIES = (KAI, SONG, LATIN, RARE)  # in the order in which a character is looked for
# Of one width: every serial takes the same room, so that papers of one kind can be stamped from one layout.
SERIAL = Family(
    "Liberation Mono",
    "fonts-liberation",
    tuple(f"LiberationMono-{style}.ttf" for style in ("Regular", "Bold", "Italic", "BoldItalic")),
    r"LiberationMono(-(Bold|Italic|BoldItalic|Regular))?",
)
PINNED = (*FAMILIES, SERIAL)
# The other faces of the Noto collection would be chosen for some characters and look Japanese.
_HIDDEN = ("Noto Serif CJK JP", "Noto Serif CJK KR", "Noto Serif CJK TC", "Noto Serif CJK HK")


def family_of(name_in_pdf: str) -> str | None:
    """Give the pinned family a PDF's font name (ABCDEF+Name) belongs to, or None for a substitute."""
    bare = re.sub(r"^[A-Z]{6}\+", "", name_in_pdf.lstrip("/"))
    return next((family.name for family in PINNED if re.fullmatch(family.in_pdf, bare)), None)


class Fonts:
    """The pinned font files on this machine; `folder` keeps the font configuration and caches."""

    def __init__(self, files: dict[str, Path], folder: Path) -> None:
        self.files = files
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.conf = self._write_conf()

    @classmethod
    def find(cls, folder: Path, roots: tuple[Path, ...] = SYSTEM_FOLDERS) -> Self:
        """Look for every pinned file below `roots`; raises FontMissing naming the Debian package."""
        there: dict[str, Path] = {}
        for root in roots:
            for path in sorted(root.rglob("*.tt[fc]")):
                there.setdefault(path.name, path)
        for family in PINNED:
            for file in family.files:
                if file not in there:
                    raise FontMissing(file, family.package)
        return cls({file: there[file] for family in PINNED for file in family.files}, folder)

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each pinned file by file name; remembered on disk while size and time stay."""
        note = self._folder / "fonts.json"
        known = json.loads(note.read_text()) if note.exists() else {}
        fresh = {file: _stamped(path, known.get(file)) for file, path in self.files.items()}
        if fresh != known:
            _replace(note, json.dumps(fresh).encode())
        return {file: stamp[2] for file, stamp in fresh.items()}

    def missing(self, text: str) -> str:
        """Give the characters of `text` that no pinned family has, each once, in order of appearance."""
        left = dict.fromkeys(char for char in set(text) - self._shown if not char.isspace())
        if not left:
            return ""
        left = dict.fromkeys(char for char in text if char in left)
        for family in FAMILIES:
            if not left:
                break
            has = self._coverage(family)
            left = {char: None for char in left if not has[ord(char) >> 3] >> (ord(char) & 7) & 1}
        if not left and len(self._shown) < _REMEMBERED:
            self._shown.update(text)
        return "".join(left)

    def special(self, text: str) -> dict[str, str]:
        """Give the characters of `text` that Kai and Song do not both have, each with the family to set it in.

        What no family has is left out (see `missing`); so are the Latin font's own characters.
        """
        found: dict[str, str] = {}
        for char in set(text) - self._usual:
            if char.isspace() or char.isascii() or (self.has(KAI.name, char) and self.has(SONG.name, char)):
                if len(self._usual) < _REMEMBERED:
                    self._usual.add(char)
                continue
            family = next((family.name for family in FAMILIES if self.has(family.name, char)), LATIN.name)
            found.update({char: family} if family != LATIN.name else {})
        return found

    def has(self, name: str | None, char: str) -> bool:
        """Tell whether the pinned family of this name has a character; a family of no name has none."""
        family = next((family for family in FAMILIES if family.name == name), None)
        return family is not None and bool(self._coverage(family)[ord(char) >> 3] >> (ord(char) & 7) & 1)

    def _coverage(self, family: Family) -> bytes:
        if family.name not in self._covered:
            file = family.files[0]
            note = self._folder / f"coverage-{self.hashes[file][:16]}-{family.face}-{family.han_only:d}"
            if not note.exists():
                _replace(note, _bitmap(self.files[file], family))
            self._covered[family.name] = note.read_bytes()
        return self._covered[family.name]

    @cached_property
    def _shown(self) -> set[str]:
        """Characters that some family was found to have."""
        return set()

    @cached_property
    def _usual(self) -> set[str]:
        """Characters that need no font of their own."""
        return set()

    @cached_property
    def _covered(self) -> dict[str, bytes]:
        return {}

    def _write_conf(self) -> Path:
        folders = sorted({path.parent for path in self.files.values()})
        lines = [f"<dir>{escape(str(folder))}</dir>" for folder in folders]
        lines += [f"<cachedir>{escape(str(self._folder / 'cache'))}</cachedir>", "<selectfont><acceptfont>"]
        lines += [f"<glob>{escape(str(path))}</glob>" for path in self.files.values()]
        lines += ["</acceptfont><rejectfont><glob>*</glob>"]
        lines += [
            f'<pattern><patelt name="family"><string>{name}</string></patelt></pattern>' for name in _HIDDEN
        ]
        lines += ["</rejectfont></selectfont>"]
        # Without an order fontconfig would take the rare font for whatever the Kai font lacks.
        lines += ['<match target="pattern"><edit name="family" mode="append_last" binding="strong">']
        lines += [f"<string>{family.name}</string>" for family in FAMILIES]
        lines += ["</edit></match>"]
        conf = self._folder / "fonts.conf"
        body = "\n".join(lines)
        text = f'<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n{body}\n</fontconfig>\n'
        _replace(conf, text.encode())
        return conf


def _replace(path: Path, data: bytes) -> None:
    """Write beside and rename, so that no other thread or process reads half a file, or takes ours away."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(beside).replace(path)


def _stamped(path: Path, known: list[Any] | None) -> list[Any]:
    facts = path.stat()
    if known and known[:2] == [facts.st_size, facts.st_mtime_ns]:
        return known
    with path.open("rb") as file:
        return [facts.st_size, facts.st_mtime_ns, hashlib.file_digest(file, "sha256").hexdigest()]


def _bitmap(path: Path, family: Family) -> bytes:
    """Read our face's character map into a bit per code point (139 264 bytes)."""
    from fontTools.ttLib import TTFont

    bits = bytearray(_UNICODE // 8)
    with TTFont(path, fontNumber=family.face, lazy=True) as font:
        for point in font.getBestCmap():
            if family.han_only and not unicodedata.name(chr(point), "").startswith("CJK UNIFIED"):
                continue
            bits[point >> 3] |= 1 << (point & 7)
    return bytes(bits)
