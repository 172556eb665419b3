"""Notes what every judgement of a reading looks at, with the truth, while it judges as it always does."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

import numpy as np

from intake import compare, penned, proven, quality, read, shapes, thresholds
from intake.marks import signatures
from intake.recognise.likelihood import fold

PLACES: Final[tuple[tuple[ModuleType, str], ...]] = (
    (compare, "line"),
    (quality, "contrast_and_sharpness"),
    (read, "read_fields"),
    (signatures, "written"),
    (proven, "looks"),
    (shapes, "seen"),
    (penned, "doubtful"),
)


@dataclass
class Notes:
    """What was seen: by name of the figure and by truth (`honest`, `altered` …)."""

    seen: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    changed: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset()
    drawn: frozenset[str] = frozenset()
    blotted: frozenset[str] = frozenset()
    alike: bool = False
    signed: bool = True
    fit: bool = True

    def add(self, figure: str, truth: str, value: float | None) -> None:
        """Note one figure that exists."""
        if value is not None and np.isfinite(value):
            self.seen[figure, truth].append(float(value))

    def truth(self, text: str) -> str:
        """What became of a printed line: honest, altered, or altered by a letter that looks like its own."""
        return "honest" if text not in self.changed else "lookalike" if self.alike else "altered"


class Watch:
    """Stands in the place of each function of PLACES, by its name, and asks that function."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.real: Mapping[str, Any] = {name: getattr(module, name) for module, name in PLACES}

    def line(self, expected: str, reading: Any, cut: Any, usual: float = 1.0, *shape: Any) -> Any:
        """Note the text and the ink of a line."""
        notes = self._notes
        if notes.fit:
            self._pens(expected, cut)
            self._strokes(expected, cut)
            if shape and shape[0].overwritten:
                truth = "over" if expected in notes.over else "blot" if expected in notes.blotted else "stray"
                notes.add("drawn rival", truth, shape[0].rival)
        if notes.fit and expected not in notes.over:
            truth = notes.truth(expected)
            same = fold(reading.text) == fold(expected)
            notes.add("margin", truth, None if same else reading.margin(expected))
            notes.add("ink", truth, None if cut.likeness is None else cut.likeness / usual)
            notes.add("lost", truth, cut.lost)
            if truth == "honest":
                notes.add("weakest", "honest" if same else "misread", reading.weakest)
        return self.real["line"](expected, reading, cut, usual, *shape)

    def _pens(self, expected: str, cut: Any) -> None:
        """Note what pens did to a line, whether they signed across it or wrote over it."""
        notes, over = self._notes, expected in self._notes.over
        if over or not (cut.signed or expected in notes.drawn | notes.blotted):
            notes.add("touched", "over" if over else "honest", cut.touched)
        if cut.signed and cut.touched > thresholds.TOUCHED:
            notes.add("within", "over" if over else "crossed", cut.within / cut.touched)

    def _strokes(self, expected: str, cut: Any) -> None:
        """Note the darkest stroke that is not the archive's, as on a page of usual paper, or what is joined to a signed name."""
        notes, drawn = self._notes, expected in self._notes.drawn
        if cut.signed:
            notes.add("joined", "joined" if drawn else "crossed", cut.beside)
        elif expected not in notes.over | notes.blotted | notes.changed:
            notes.add("stroke", "drawn" if drawn else "honest", cut.stroke * thresholds.STROKE)

    def contrast_and_sharpness(self, page: Any, reference: Any) -> tuple[float, float]:
        """Note both."""
        contrast, sharp = self.real["contrast_and_sharpness"](page, reference)
        self._notes.add("contrast", "honest" if self._notes.fit else "unfit", contrast)
        self._notes.add("sharpness", "honest" if self._notes.fit else "unfit", sharp)
        return contrast, sharp

    def read_fields(self, *arguments: Any, **named: Any) -> Any:
        """Note how sure the page's letters were read."""
        found = self.real["read_fields"](*arguments, **named)
        self._notes.add("confidence", "honest" if self._notes.fit else "unfit", found[1])
        return found

    def written(self, *arguments: Any, **named: Any) -> Any:
        """Note the ink of a signature's place."""
        found = self.real["written"](*arguments, **named)
        truth = "signed" if self._notes.signed else "unsigned"
        self._notes.add("ink_mm2", truth, found.area_mm2)
        self._notes.add("ink_mm", truth, found.width_mm)
        return found

    def looks(self, page: Any, archived: Any, lines: Any, cuts: Any, _faces: Any) -> list[None]:
        """Note what each line's worst letter leaves unexplained; every line is read all the same."""
        for (_, line), cut in zip(lines, cuts, strict=True):
            if self._notes.fit and not (cut.signed or cut.added > thresholds.OVERLAY):
                left_over = proven.worst_letter(page, archived, line, cut.shift)
                self._notes.add("unexplained", self._notes.truth(line["text"]), left_over)
        return [None] * len(lines)

    def seen(self, page: Any, archived: Any, printed: Any, found: Any, **named: Any) -> Any:
        """Note what the nearest rival of a line's letters leaves, and what was read instead."""
        shape = self.real["seen"](page, archived, printed, found, **named)
        if self._notes.fit and shape.instead < shapes.NO_RIVAL:
            self._notes.add("instead", self._notes.truth(printed[1]["text"]), shape.instead)
        if self._notes.fit and shape.rival < shapes.NO_RIVAL:
            self._notes.add("rival", self._notes.truth(printed[1]["text"]), shape.rival)
        return shape

    def doubtful(self, page: Any, archived: Any, box_mm: Any, glyphs: Any, face: Any) -> bool:
        """Note what the strokes on a line's letters may make of them."""
        ground = penned.ground_of(page, archived, box_mm)
        if ground is not None and glyphs:
            truth = "over" if "".join(one.letter for one in glyphs) in self._notes.over else "crossed"
            boxes = [ground.box(one.box) for one in glyphs]
            self._notes.add("another", truth, max(penned.another(ground, one, face) for one in glyphs))
            self._notes.add("crowding", truth, max(penned.crowding(ground, box) for box in boxes))
        return bool(self.real["doubtful"](page, archived, box_mm, glyphs, face))


@contextmanager
def watched(notes: Notes) -> Iterator[None]:
    """Note it all meanwhile."""
    watch = Watch(notes)
    for module, name in PLACES:
        setattr(module, name, getattr(watch, name))
    try:
        yield
    finally:
        for module, name in PLACES:
            setattr(module, name, watch.real[name])
