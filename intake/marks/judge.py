"""Judges every signature and seal place of a page: present, absent, of another unit, or for a person to look at."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from intake.marks import imprints, ring, signatures
from intake.marks.page import Mark, MarkedPage
from intake.marks.ring import Owner
from intake.marks.seals import Stamp
from intake.reading import Box, MarkFinding, MarkResult, Registered
from intake.recognise import Recogniser
from intake.thresholds import FAINT, LEAST_OVERLAP, NAME_SEAL_MM2, NAME_SEAL_REACH_MM, REACH_MM, TRACE_MM2

FOUND = 0.9  # confidence of what is seen or not seen plainly


def find(
    page: MarkedPage,
    flat: Registered,
    *,
    recogniser: Recogniser,
    units: Mapping[str, str],
    registry: Sequence[str],
) -> tuple[MarkFinding, ...]:
    """Return a finding for every mark place of a page, in the layout's order, boxes in scan pixels.

    `units` names the unit whose seal each block must carry, `registry` all units known.
    On a page without colour a seal is unclear, never absent.
    """
    places = [
        mark
        for mark in page.marks
        if mark["machine"] and mark["kind"] == "seal" and mark["shape"] != "square"
    ]
    rounds = page.rounds if places else []
    owners = [
        ring.owner(page.inks, page.scale, stamp, recogniser, registry, others=rounds) for stamp in rounds
    ]
    given = assigned(rounds, owners, places, units)
    known = {block: unit for block, unit in units.items() if unit in registry}
    return tuple(_finding(page, flat, mark, given.get(id(mark), []), known) for mark in page.marks)


def assigned(
    stamps: Sequence[Stamp], owners: Sequence[Owner], places: Sequence[Mark], units: Mapping[str, str]
) -> dict[int, list[tuple[Stamp, Owner]]]:
    """Give each stamp to the place it lies on (keys are id(place)): its own unit's if it touches that, else the nearest.

    A seal put down between two boxes so belongs to the one that expects it.
    """
    given: dict[int, list[tuple[Stamp, Owner]]] = {}
    for stamp, owner in zip(stamps, owners, strict=True):
        near = [(closeness(stamp, place["box"]), place) for place in places]
        near = [(value, place) for value, place in near if value > 0]
        if near:
            own = [
                pair for pair in near if owner.unit is not None and units.get(pair[1]["block"]) == owner.unit
            ]
            _, place = max(own or near, key=lambda pair: pair[0])
            given.setdefault(id(place), []).append((stamp, owner))
    return given


def closeness(stamp: Stamp, box: Box) -> float:
    """Return how much a stamp belongs to a box: the share of it inside, less its centre's distance; 0 for not at all."""
    inside = _overlap(stamp.box, box) / (4 * stamp.radius**2)
    away = float(np.hypot(_outside(stamp.x, box[0], box[2]), _outside(stamp.y, box[1], box[3])))
    if inside < LEAST_OVERLAP and away > REACH_MM:
        return 0.0
    centre = np.hypot(stamp.x - (box[0] + box[2]) / 2, stamp.y - (box[1] + box[3]) / 2)
    return float(1 + inside - centre / 1000)


def _finding(
    page: MarkedPage, flat: Registered, mark: Mark, given: list[tuple[Stamp, Owner]], units: Mapping[str, str]
) -> MarkFinding:
    """Judge one place."""
    unit, box = None, mark["box"]
    result: MarkResult
    if given and page.colour and mark["machine"] and mark["kind"] == "seal" and mark["shape"] != "square":
        return _unit_seal(page, flat, mark, given, units.get(mark["block"]))
    if not mark["machine"]:
        result, confidence = "not_checked", 0.0
    elif mark["kind"] == "signature":
        result, confidence = _signature(page, box, by_seal=mark["shape"] == "square")
    elif not page.colour:
        result, confidence = "unclear", 0.0
    elif mark["shape"] == "square":
        result, confidence = _name_seal(page, box)
    else:
        result, confidence = _no_seal(page, box)
    return MarkFinding(mark["block"], mark["kind"], result, unit, round(confidence, 3), flat.on_scan(box))


def _unit_seal(
    page: MarkedPage, flat: Registered, mark: Mark, given: list[tuple[Stamp, Owner]], expected: str | None
) -> MarkFinding:
    """Judge the round seals of one place: one of the right unit is enough, others alone are wrong if all can be read.

    Where nobody knows the unit, what a plain ring says is told with it, registered or not.
    """
    stamp, owner = max(given, key=lambda pair: (pair[1].unit == expected, pair[1].confidence))
    unit, confidence = owner.unit, owner.confidence
    result: MarkResult = "present" if owner.unit == expected else "wrong_unit"
    if expected is not None and all(one.is_stranger_to(expected) for _, one in given):
        result, unit, confidence = "wrong_unit", None, FOUND
    elif expected is None or (
        owner.unit != expected and any(not _is_other(one, expected) for _, one in given)
    ):
        said = owner.read if expected is None else ""
        result, unit = "unclear", owner.unit or said or None
    return MarkFinding(
        mark["block"],
        mark["kind"],
        result,
        unit,
        round(confidence, 3),
        flat.on_scan(stamp.box),
        also=tuple(other.unit or other.read for one, other in given if one is not stamp),
        imprints=tuple(
            imprints.imprint(page.inks, page.scale, one, other.unit)
            for one, other in given
            if other.unit is not None
        ),
    )


def _is_other(owner: Owner, expected: str) -> bool:
    """Return whether a ring is surely not the expected unit's."""
    if owner.unit is None:
        return owner.is_stranger_to(expected)
    return owner.whole and owner.unit != expected


def _no_seal(page: MarkedPage, box: Box) -> tuple[MarkResult, float]:
    """Judge a place without a seal: red ink left over in it is for a person to look at."""
    return ("unclear", 0.0) if _area(page.stray_red, page.scale, box) >= TRACE_MM2 else ("absent", FOUND)


def _area(ink: NDArray[np.bool_], scale: float, box: Box) -> float:
    """Return how many square millimetres of ink lie in a box."""
    left, top, right, bottom = (max(round(v * scale), 0) for v in box)
    return float(ink[top:bottom, left:right].sum()) / scale**2


def _name_seal(page: MarkedPage, box: Box) -> tuple[MarkResult, float]:
    """Judge the place of a person's square seal; the name on it is for a person to read."""
    near = [stamp for stamp in page.squares if _apart(stamp, box) <= NAME_SEAL_REACH_MM]
    if near:
        return "present", max(stamp.coverage for stamp in near)
    return _no_seal(page, box)


def _signature(page: MarkedPage, box: Box, *, by_seal: bool) -> tuple[MarkResult, float]:
    """Judge a signature box: strokes that were not printed, or a name seal put there instead.

    Where a seal may stand for the signature, any red ink of a name seal's amount counts: it may be of any cut, or
    half under the school's seal.
    """
    if page.colour and any(_apart(stamp, box) <= NAME_SEAL_REACH_MM for stamp in page.squares):
        return "present", FOUND
    if page.added is None:
        return "unclear", 0.0
    red = _area(page.loose_red, page.scale, box) if page.colour else 0.0
    if by_seal and red >= NAME_SEAL_MM2:
        return "present", 0.7
    strength, doubtful = _strength(page, box)
    if strength >= 1:
        return "present", min(1.0, 0.5 + strength / 10)
    doubtful = doubtful or red >= TRACE_MM2 or page.in_pencil(box)
    return ("unclear", min(strength, 0.9)) if doubtful else ("absent", FOUND)


def _strength(page: MarkedPage, box: Box) -> tuple[float, bool]:
    """Return how much of a signature was written (1: enough), and whether what is there leaves doubt.

    Without colour a seal's ink looks like a pen's: what lies on the seals' ground proves nothing, but leaves doubt.
    """
    assert page.added is not None
    everything = signatures.written(page.added, box, page.scale).strength
    certain = everything
    if not page.colour:
        certain = signatures.written(page.added, box, page.scale, page.seal_ground).strength
    return certain, everything >= FAINT


def _apart(stamp: Stamp, box: Box) -> float:
    """Return how far a stamp's centre lies outside a box, mm."""
    return float(np.hypot(_outside(stamp.x, box[0], box[2]), _outside(stamp.y, box[1], box[3])))


def _outside(value: float, low: float, high: float) -> float:
    return max(low - value, value - high, 0.0)


def _shared(one: Box, other: Box) -> Box:
    """Return the box two boxes share (empty: of no area)."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    return left, top, max(min(one[2], other[2]), left), max(min(one[3], other[3]), top)


def _overlap(one: Box, other: Box) -> float:
    left, top, right, bottom = _shared(one, other)
    return (right - left) * (bottom - top)
