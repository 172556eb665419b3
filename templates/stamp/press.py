"""Stamps papers from compiled templates, and compiles what it has not seen with the help of LibreOffice."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pypdf.errors import PyPdfError

from templates import pdfa
from templates.errors import GlyphMissing, NotStampable
from templates.fonts import RARE, SONG, Fonts
from templates.layout import Line
from templates.places import PictureSpot, Sheet, Spot
from templates.sandbox import Shown
from templates.stamp import frame as frames
from templates.stamp import objects, variants, writing
from templates.stamp.canonical import canonical, constant, constants
from templates.stamp.faces import Face
from templates.stamp.known import Known
from templates.stamp.ownership import Ownership
from templates.stamp.proof import prove
from templates.stamp.shelf import Shelf, variant_name
from templates.stamp.typeset import Fill, Frame, Variant
from templates.word import Filled, Mark

ENGINE = "2"  # changes when the same artefact would be written as other bytes
_OUTLINES_KEPT = 256
_MET_KEPT = 10_000
_OWN_KEPT = 200  # frames for a class alone, of one template version: each takes 0.1 MB of the disk

Outline = tuple[tuple[str, ...], ...]
_NOTHING = variants.Learned({}, {})


@dataclass(frozen=True, slots=True)
class Sort:
    """What papers of one frame have in common: template version, PDF title, size of the code, outline, constants.

    Papers on which a row grows have a frame for their class alone: `whole` has the keys of all their texts.
    """

    template_hash: str
    title: str
    modules: int
    outline: Outline
    constants: tuple[str, ...]
    whole: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """A frame with the variants one paper needs, ready to be written; by container, as are their names and shapes."""

    key: str
    frame: Frame
    variants: Mapping[int, Variant]
    names: Mapping[int, str]
    shapes: Mapping[int, str]

    @property
    def layout_classes(self) -> tuple[str, ...]:
        """Tell how the texts fall in each container; papers with the same classes differ only in their glyphs."""
        return tuple(f"{self.key[:16]}{self.key[-16:]}-{name}" for name in self.names.values())


class Press:
    """All compiled templates of one data folder; safe to share between threads.

    `engine` names what makes the geometry (the version of LibreOffice); another one compiles anew.
    """

    def __init__(self, folder: Path, fonts: Fonts, engine: str) -> None:
        self.shelf = Shelf(folder)
        self._known = Known(self.shelf)
        self._engine = engine
        files = {name for name in fonts.files if name not in {*SONG.files, *RARE.files}}
        self._faces = [Face.open(fonts.files[name]) for name in sorted(files)]
        self._fonts = [fonts.hashes[name] for name in sorted(fonts.files)]
        self._keys: dict[Sort, str] = {}
        self._even: set[tuple[int, str]] = set()
        self._met: set[str] = set()
        self._given_up: dict[str, str] = {}

    def sort(
        self, template_hash: str, title: str, modules: int, outline: Outline, shown: Sequence[Shown]
    ) -> Sort:
        """Say of which sort a paper is."""
        return Sort(template_hash, title, modules, outline, constants(shown))

    def find(self, sort: Sort, shown: Sequence[Shown]) -> Stamp | None:
        """Give the stamp for a paper of this sort with these texts; None when something of it was not compiled yet."""
        key = self._key(sort)
        frame = self._known.frame(key)
        return None if frame is None else self._stamp(key, frame, shown, _NOTHING)

    def _stamp(self, key: str, frame: Frame, shown: Sequence[Shown], fresh: variants.Learned) -> Stamp | None:
        """Put a stamp together from what is kept, else from what is `fresh`.

        A container is set as where it was learned when its texts are of the same kind, and its neighbours of the
        same shape: they move it no further and no less.
        """
        texts = variants.keys(frame, shown)
        shapes: dict[int, str] = {}
        for container in (one for one in texts if frame.neighbours[one]):
            name = variant_name(container, texts[container])
            shape = self._known.shape(key, name) or fresh.shapes.get(container)
            if shape is None:
                return None
            shapes[container] = shape
        names = {
            container: variant_name(
                container, own, tuple(shapes[other] for other in frame.neighbours[container])
            )
            for container, own in texts.items()
        }
        found = {
            container: self._known.variant(key, name) or fresh.variants.get(container)
            for container, name in names.items()
        }
        whole = {container: variant for container, variant in found.items() if variant is not None}
        return Stamp(key, frame, whole, names, shapes) if len(whole) == len(found) else None

    def write(
        self,
        stamp: Stamp,
        shown: Sequence[Shown],
        code: tuple[bytes, tuple[int, int]],
        photos: Mapping[str, writing.Jpeg],
    ) -> bytes:
        """Write a paper and prove it; the same input gives the same bytes.

        Raises NotStampable(width) for a character that takes other room than its kind, PdfRefused.
        """
        texts = [str(text) for text in shown]
        self._prove_widths(stamp, shown)
        try:
            pdf = writing.write(stamp.frame, stamp.variants, texts, self._faces, code=code, photos=photos)
        except GlyphMissing as problem:
            raise NotStampable("glyph") from problem
        prove(pdf, stamp.frame, (text for text in texts_of(shown)))
        return pdf

    def sheet(
        self, stamp: Stamp, shown: Sequence[Shown], digests: Mapping[str, str]
    ) -> tuple[list[Mark], Sheet]:
        """Say where everything stands; `digests` are the SHA-256 of the photos' JPEGs by field. Marks count from 1."""
        marks = [
            Mark(number, text.kind, text.name, str(text), "", 0)
            for number, text in enumerate(shown, 1)
            if text
        ]
        spots = []
        for variant in stamp.variants.values():
            for place in variant.places:
                lines, at, text = [], 0, shown[place.text].replace("\n", "")
                for length, box in place.lines:
                    lines.append(Line(text[at : at + length], box))
                    at += length
                spots.append(Spot(place.text + 1, 0, tuple(lines), place.font, place.size_pt, place.clipped))
        spots.sort(key=lambda spot: spot.mark)
        pictures = tuple(
            PictureSpot(0, place.box, place.pixels, place.fiducial, digests.get(place.name))
            for place in stamp.frame.pictures
        )
        return marks, Sheet((stamp.frame.size_mm,), tuple(spots), pictures)

    def known(self, sort: Sort) -> frozenset[int] | None:
        """Give the paragraphs that a sort's frame owns, if it was compiled; NotStampable when it could not be."""
        key = self._key(sort)
        if key in self._given_up:
            raise NotStampable(self._given_up[key])
        frame = self._known.frame(key)
        return None if frame is None else frozenset(frame.containers)

    def give_up(self, sort: Sort, why: str) -> None:
        """Remember, until the process ends, that no frame of this sort can be compiled: trying costs a conversion."""
        if len(self._given_up) >= _MET_KEPT:
            self._given_up.clear()
        self._given_up[self._key(sort)] = why

    def met(self, sort: Sort) -> bool:
        """Tell whether a class of papers is worth a frame of its own: it was met before, and there is room."""
        key = self._key(sort)
        if key in self._met:
            return self.shelf.count(key.partition("-")[0]) < _OWN_KEPT
        if len(self._met) >= _MET_KEPT:
            self._met.clear()
        self._met.add(key)
        return False

    def compile(
        self,
        sort: Sort,
        filled: Filled,
        *,
        owned: Ownership,
        raw: bytes,
        sheet: Sheet,
        shown: Sequence[Shown],
        code_pixels: tuple[int, int],
        photos: Mapping[str, str],
        dress: Callable[[Shown], str],
    ) -> Frame:
        """Compile a frame from a paper whose texts were all dressed by `dress` (see `canonical`); raises NotStampable.

        `raw` is what LibreOffice made of it, `shown` are the texts of the outline, undressed; `photos` gives the
        field of each photo by the SHA-256 of its JPEG.
        """
        paper = frames.opened(pdfa.finish(raw, {}, sort.title), owned, code_pixels, photos)
        marks = iter(filled.marks)
        mark_of = [next(marks) if dress(text) else None for text in shown]
        paragraphs = [None if mark is None else owned.marks[mark.number] for mark in mark_of]
        personal = {
            mark.tint
            for mark, text in zip(mark_of, shown, strict=True)
            if mark is not None and not constant(text)
        }
        own = {mark.number for mark in filled.marks if mark.tint in personal}
        if any(spot.clipped or spot.tight for spot in sheet.spots if spot.mark in own):
            raise NotStampable(
                "tight"
            )  # a row may show all of 一 and cut 龘, and LibreOffice tells only of the second
        with _stampable():
            made = frames.compiled(
                paper, owned, texts=paragraphs, sheet=sheet, photos=photos, personal=personal
            )
        return self._known.keep_frame(self._key(sort), made)

    def learn(self, sort: Sort, lesson: variants.Lesson, shown: Sequence[Shown]) -> Stamp:
        """Learn how the texts of a converted paper fall, without keeping it yet (see `keep`); raises NotStampable."""
        key = self._key(sort)
        frame = self._known.frame(key)
        if frame is None:
            raise NotStampable("frame")
        with _stampable():
            fresh = variants.learned(frame, lesson, shown, self._faces)
        found = self._stamp(key, frame, shown, fresh)
        if found is None:
            raise NotStampable("frame")
        if found.shapes != fresh.shapes:
            raise NotStampable("shape")  # it breaks into other lines here: more than its texts decides that
        return found

    def keep(self, stamp: Stamp, shown: Sequence[Shown]) -> None:
        """Keep what was learned, once a paper stamped with it was seen to be right."""
        texts = variants.keys(stamp.frame, shown)
        for container, shape in stamp.shapes.items():
            self._known.keep_shape(stamp.key, variant_name(container, texts[container]), shape)
        for container, name in stamp.names.items():
            self._known.keep_variant(stamp.key, name, stamp.variants[container])

    def open(
        self,
        raw: bytes,
        title: str,
        owned: Ownership,
        code_pixels: tuple[int, int],
        photos: Mapping[str, str],
    ) -> frames.Opened:
        """Read a converted paper to learn from; raises NotStampable."""
        return frames.opened(pdfa.finish(raw, {}, title), owned, code_pixels, photos)

    def _key(self, sort: Sort) -> str:
        """Name a frame: a hash of all that its geometry and its bytes depend on."""
        if sort.whole:
            base = self._key(replace(sort, whole=()))
            return f"{base[:32]}-{hashlib.sha256(json.dumps(sort.whole).encode()).hexdigest()[:31]}"
        key = self._keys.get(sort, "")
        if not key:
            if len(self._keys) >= _OUTLINES_KEPT:
                self._keys.clear()
            told = [
                ENGINE,
                objects.PACKER,
                self._engine,
                self._fonts,
                sort.template_hash,
                sort.title,
                sort.modules,
            ]
            told += [sort.outline, sort.constants]
            key = self._keys[sort] = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        return key

    def _prove_widths(self, stamp: Stamp, shown: Sequence[Shown]) -> None:
        """Prove that each character is as wide as the one that stands for its kind."""
        for variant in stamp.variants.values():
            for chunk in variant.chunks.values():
                for fill in chunk.fills:
                    if fill.text >= 0:
                        self._prove_even(fill, shown[fill.text])

    def _prove_even(self, fill: Fill, text: Shown) -> None:
        face = fill.face
        for char in text[fill.start : fill.stop]:
            if (face, char) in self._even:
                continue
            kind = canonical(Shown(char, text.kind, text.name))
            cut = self._faces[face]
            if not cut.gid(char) or cut.width(cut.gid(char)) != cut.width(cut.gid(kind)):
                raise NotStampable("width")
            self._even.add((face, char))


@contextmanager
def _stampable() -> Iterator[None]:
    """Take whatever a strange page runs into for a sign that it must be printed by LibreOffice."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, PyPdfError) as problem:
        raise NotStampable("strange") from problem


def texts_of(shown: Sequence[Shown]) -> list[str]:
    """The texts that must be readable in a finished paper; labels stand in the frame's own fonts."""
    return [str(text) for text in shown if text and not constant(text)]
