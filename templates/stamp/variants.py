"""Learns from a converted paper how the texts of each container fall, so that the next such paper need not be converted."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from templates.errors import NotStampable
from templates.places import Sheet, Spot
from templates.sandbox import Shown
from templates.stamp.canonical import canonical, constant
from templates.stamp.chunks import Weaver
from templates.stamp.faces import Face
from templates.stamp.frame import Opened
from templates.stamp.glyphs import PageFont
from templates.stamp.ownership import Ownership
from templates.stamp.probe import paragraph_of
from templates.stamp.stream import Piece, Text, heights, tint
from templates.stamp.typeset import Chunk, Frame, TextPlace, Variant
from templates.word import Mark

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A converted paper to learn from: what was read of it, whose its colours are, its marks, and where they stand."""

    paper: Opened
    owned: Ownership
    marks: Sequence[Mark]
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Learned:
    """What a paper taught, by container: the variants it shows, and the shapes of those that have neighbours.

    A shape tells, as a digest, all by which a container may move its neighbours: the lines of each paragraph with
    the fonts and sizes that make them high, and the breaks and gaps in its texts, which leave no glyphs.
    """

    variants: Mapping[int, Variant]
    shapes: Mapping[int, str]


def keys(frame: Frame, shown: Sequence[Shown]) -> dict[int, Key]:
    """Give the key of each container that shows anything: its texts in canonical form (see `canonical`)."""
    found: dict[int, list[str]] = {container: [] for container in frame.neighbours}
    for container, text in zip(frame.texts, shown, strict=True):
        if container is not None:
            found[container].append(canonical(text))
    return {container: tuple(texts) for container, texts in found.items()}


def learned(frame: Frame, lesson: Lesson, shown: Sequence[Shown], faces: Sequence[Face]) -> Learned:
    """Give the variant and the shape of each container of the frame that this paper shows.

    `shown` are all its printed texts in order, empty ones too. Raises NotStampable when the paper has another frame,
    such as a row that grew, or shows a text otherwise than glyph by glyph.
    """
    paper = lesson.paper
    positions = paper.probe.positions
    if paper.statics != frame.statics or any(
        name not in frame.slots or frame.slots[name].position != position
        for name, position in positions.items()
    ):
        raise NotStampable("frame")
    numbers = [number for number, text in enumerate(shown) if text]
    places = _places(lesson, numbers, shown)
    texts = {
        mark.tint: (number, str(shown[number])) for mark, number in zip(lesson.marks, numbers, strict=True)
    }
    fixed = frozenset(number for number in numbers if constant(shown[number]))
    weaver = Weaver(texts, fixed, paper.fonts, frame.glyphs, faces, _colours(lesson.owned.colours))
    chunks: dict[int, dict[str, Chunk]] = {}
    for name, pieces in paper.probe.puts.items():
        chunks.setdefault(frame.slots[name].container, {})[name] = weaver.chunk(paragraph_of(name), pieces)
    weaver.finish()
    found = {
        container: Variant(
            chunks.get(container, {}),
            tuple(place for place in places if frame.texts[place.text] == container),
        )
        for container in frame.neighbours
    }
    return Learned(found, _shapes(frame, paper, shown))


def _shapes(frame: Frame, paper: Opened, shown: Sequence[Shown]) -> dict[int, str]:
    told: dict[int, list[object]] = {
        container: [] for container, others in frame.neighbours.items() if others
    }
    for container, text in zip(frame.texts, shown, strict=True):
        if container in told:
            told[container].append([len(part) > 0 for part in text.split("\n")])
    for name, pieces in sorted(paper.probe.puts.items()):
        if (container := frame.slots[name].container) in told:
            told[container].append([name, *_lines(pieces, paper.fonts)])
    return {
        container: hashlib.sha256(repr(parts).encode()).hexdigest()[:32] for container, parts in told.items()
    }


def _lines(pieces: Sequence[Piece], fonts: Mapping[str, PageFont]) -> list[list[tuple[str, bytes]]]:
    """Give the fonts and sizes in each line of a paragraph's pieces, in order."""
    lines: dict[float, set[tuple[str, bytes]]] = {}
    for _, block in (one for piece in pieces for one in piece.blocks):
        if isinstance(block, Text):
            for show, height in zip(block.shows, heights(block), strict=True):
                lines.setdefault(height, set()).add((fonts[show.font.decode()].name, show.size))
    return [sorted(line) for line in lines.values()]


def _places(lesson: Lesson, numbers: Sequence[int], shown: Sequence[Shown]) -> list[TextPlace]:
    spots: dict[int, Spot] = {spot.mark: spot for spot in lesson.sheet.spots}
    if len(spots) != len(lesson.sheet.spots) or len(spots) != len(numbers):
        raise NotStampable("places")
    found = []
    for mark, number in zip(lesson.marks, numbers, strict=True):
        spot = spots.get(mark.number)
        text = shown[number]
        if spot is None or spot.text != text.replace("\n", ""):
            raise NotStampable("places")
        if spot.tight and not constant(text):
            raise NotStampable("tight")  # a glyph with more ink might be cut where this one is whole
        lines = tuple((len(line.text), line.box) for line in spot.lines)
        found.append(TextPlace(number, lines, spot.font, spot.size_pt, spot.clipped))
    return found


def _colours(colours: Mapping[int, str]) -> Callable[[bytes], bytes]:
    def colour(raw: bytes) -> bytes:
        wanted = colours.get(tint(raw))
        if wanted is None:
            return raw
        return " ".join(f"{int(wanted[at : at + 2], 16) / 255:.4g}" for at in (0, 2, 4)).encode()

    return colour
