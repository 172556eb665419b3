"""Learns from a converted paper how the texts of each container fall, so that the next such paper need not be converted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from templates.errors import NotStampable
from templates.places import Sheet, Spot
from templates.sandbox import Shown
from templates.stamp.canonical import canonical, constant
from templates.stamp.chunks import Weaver
from templates.stamp.faces import Face
from templates.stamp.frame import Opened
from templates.stamp.ownership import Ownership
from templates.stamp.probe import paragraph_of
from templates.stamp.stream import tint
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


def keys(frame: Frame, shown: Sequence[Shown]) -> dict[int, Key]:
    """Give the key of each container: its texts in canonical form (see `canonical`)."""
    found: dict[int, list[str]] = {}
    for container, text in zip(frame.texts, shown, strict=True):
        if container is not None:
            found.setdefault(container, []).append(canonical(text))
    return {container: tuple(texts) for container, texts in found.items()}


def learned(
    frame: Frame, lesson: Lesson, shown: Sequence[Shown], faces: Sequence[Face]
) -> dict[int, Variant]:
    """Give the variant of each container of the frame that this paper shows.

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
    return {
        container: Variant(
            chunks.get(container, {}),
            tuple(place for place in places if frame.texts[place.text] == container),
        )
        for container in {*frame.texts, *chunks} - {None}
        if container is not None
    }


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
