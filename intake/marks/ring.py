"""Says whose round seal it is: asks how likely each registered unit's name is on its unrolled ring."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import numpy as np

from intake.marks import neighbours
from intake.marks.alignment import Scores, has_hole, scores
from intake.marks.ink import Density, Inks
from intake.marks.neighbours import LETTERS
from intake.marks.seals import Stamp
from intake.marks.unrolled import strips
from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser, quick_of
from intake.recognise.likelihood import fold
from intake.thresholds import (
    AGREEING,
    ALONE,
    CLEAR_MARGIN,
    FAINT_LETTER,
    HIDDEN,
    LONG_NAME,
    NEIGHBOUR_MARGIN,
    OTHER_LETTERS,
    PLAUSIBLE,
    SURE_LETTER,
    UNREAD_MARGIN,
)

SHORTEST_NAME = 5  # letters of a unit's name
UNIT_ENDINGS = ("局", "校", "学", "园", "院", "会", "府", "厅", "委", "部", "处", "站", "中心")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose seal a ring is: a registered name, or None when none wins clearly; the confidence is 0..1.

    Not `whole` means that one letter could not be read: enough to know an expected seal again, not to accuse.
    `read` is what stands on a ring that nobody won, when cuts read it surely and alike; else empty.
    """

    unit: str | None
    confidence: float
    whole: bool = True
    read: str = ""

    def is_stranger_to(self, name: str) -> bool:
        """Return whether the ring surely reads as a unit nobody knows, with other letters in place of this name's."""
        ours, theirs = fold(name), self.read
        shared = sum(
            block.size for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
        )
        return self.unit is None and min(len(ours), len(theirs)) - shared >= OTHER_LETTERS


NOBODY = Owner(None, 0.0)


def owner(
    density: Density | Inks,
    px_per_mm: float,
    stamp: Stamp,
    recogniser: Recogniser,
    names: Sequence[str],
    *,
    others: Sequence[Stamp] = (),
) -> Owner:
    """Say whose round seal a stamp is, by the likelihood of each registered name on its ring.

    A name wins when it explains the ring nearly as well as a free reading does and better than every other name;
    with one name in the registry the first condition alone decides. It must also stand against its neighbours, units one
    letter off that no registry here knows. Nobody wins on an unreadable ring, nor on one that has room for another letter
    between two of the name's. `others` are the page's seals, whose rims may cross the ring. The quick reader of an engine may agree with
    the engine's own first cut; it never decides without it.
    """
    names = [name for name in names if fold(name)]
    if not names:
        return NOBODY
    cuts: list[_Cut] = []
    found = NOBODY
    quick = quick_of(recogniser)
    for number, line in enumerate(strips(density, px_per_mm, stamp, others)):
        if quick is not None and number == 1:
            found = _won([*cuts, _Cut.of(quick, line, names)], names)
            if found.unit is not None and found.whole:
                break
        cuts.append(_Cut.of(recogniser, line, names))
        found = _won(cuts, names)
        if found.unit is not None and found.whole:  # further cuts could only agree
            break
    return found if found.unit is not None else replace(found, read=_sure_text([cut.reading for cut in cuts]))


@dataclass(frozen=True, slots=True)
class _Cut:
    """One line of a ring as it was read, with the letters that matter, and how well each name explains it."""

    reading: LineReading
    scores: Scores | None

    @classmethod
    def of(cls, recogniser: Recogniser, line: Pixels, names: Sequence[str]) -> "_Cut":
        (reading,) = recogniser.read_lines([line])
        return cls(reading.about(*names, LETTERS), scores(reading, names))


def _won(cuts: Sequence[_Cut], names: Sequence[str]) -> Owner:
    """Say whose name wins on the cuts read so far, and stands against its own neighbours."""
    found = _winner([cut.scores for cut in cuts if cut.scores is not None], names)
    if found.unit is None:
        return found
    if found.whole and sum(has_hole(cut.reading, found.unit) for cut in cuts) >= AGREEING:
        return NOBODY
    near = [name for name in neighbours.of(found.unit) if name not in names]
    if not near:
        return found
    told = [scores(cut.reading, [found.unit, *near], nearest=len(near) + 1) for cut in cuts]
    own, *others = np.sort(np.stack([one.total for one in told if one is not None]), axis=0)[-AGREEING]
    margin = (
        NEIGHBOUR_MARGIN if found.whole else UNREAD_MARGIN
    )  # 第?中学校 is no school's: the number is hidden
    return found if own - max(others) >= margin else NOBODY


def _sure_text(read: Sequence[LineReading]) -> str:
    """Return the text of a ring that AGREEING cuts read surely and alike, a whole unit's name; else an empty one."""
    texts = [fold(line.text) for line in read if line.weakest >= SURE_LETTER]
    text = max(texts, key=texts.count, default="")
    whole = len(text) >= SHORTEST_NAME and text.endswith(UNIT_ENDINGS)
    return text if whole and texts.count(text) >= AGREEING else ""


def _winner(known: Sequence[Scores], names: Sequence[str]) -> Owner:
    """Say whose name wins on the second best of the cuts read so far.

    Against other names a letter that cannot be read weighs less than one that is read as another: pens and folds hide letters.
    """
    if len(known) < AGREEING:
        return NOBODY
    total, contradicted, smudged, own = (
        np.sort(np.stack(cut), axis=0)[-AGREEING]
        for cut in zip(
            *((one.total, one.contradicted, one.smudged, one.contradicted + one.smudged) for one in known),
            strict=True,
        )
    )
    weighed = total - (1 - HIDDEN) * smudged
    best = int(weighed.argmax())
    margin = float(weighed[best] - np.delete(weighed, best).max()) if len(names) > 1 else 2 * CLEAR_MARGIN
    lost = float(own[best])  # within one cut: a letter misread in one and missing in the next is lost in both
    whole = lost >= PLAUSIBLE
    doubt = PLAUSIBLE if margin < ALONE else 2 * PLAUSIBLE
    known_again = contradicted[best] >= doubt and lost >= FAINT_LETTER and len(names[best]) >= LONG_NAME
    if margin < CLEAR_MARGIN or not (whole or known_again):
        return NOBODY
    sure = float(np.exp(lost / 6)) * min(1.0, margin / CLEAR_MARGIN / 2)
    return Owner(names[best], round(sure if whole else 0.5, 3), whole)
