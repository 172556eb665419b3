"""One stamping is known again in any scan and from a copy; two stampings of one die are never taken for one."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from intake.marks import imprints
from intake.marks.imprints import Earlier, imprint, twin
from intake.marks.ink import densities, redness
from intake.marks.seals import round_seals
from service.demo.ink import RED, clouds, inked, turned
from service.demo.seals import round_seal
from service.demo.swindles import lifted, printed_seal, straightened
from tests.marked import HEIGHT, PX, SCALE, UNITS, WIDTH, blank_paper, straight
from tests.paper import Impression, Inking, SealStyle, level

CENTRES = ((46.0, 45.0), (103.0, 45.0), (160.0, 45.0))
DIE = SealStyle(diameter=41.0)


@cache
def stamped(number):
    """A page with three stampings of one die."""
    paper = replace(blank_paper(), seed=8000 + number)
    for k, centre in enumerate(CENTRES):
        ink = Inking(RED, 0.7 + 0.06 * ((number + k) % 3), 0.25 + 0.05 * k)
        how = Impression(ink=ink, style=DIE, turn=4.0 * number - 7.0 * k)
        paper = paper.stamp_at(0, (centre[0] + number, centre[1]), UNITS["out_school"], how)
    return paper


def taken(paper, scanner, centres=CENTRES):
    """The imprints around some centres of a page, as a scan shows them."""
    flat = straight(paper, scanner)
    density = densities(flat.pixels, SCALE)
    stamps = round_seals(redness(density), SCALE)
    nearest = [min(stamps, key=lambda s: np.hypot(s.x - x, s.y - y)) for x, y in centres]
    return [imprint(density, SCALE, stamp, "") for stamp in nearest]


def known(prints, papers=None):
    return [Earlier(one.rim, one.face, str(papers[k] if papers else k)) for k, one in enumerate(prints)]


def test_one_stamping_is_known_again_and_no_other():
    """Nine stampings of one die, scanned again by other machines: each is found, and none among the others."""
    archived = known(
        [one for number in range(3) for one in taken(stamped(number), level("B", 8100 + number))]
    )
    for number in range(3):
        for name in "ACD":
            for k, one in enumerate(taken(stamped(number), level(name, 8110 + number))):
                own = archived[3 * number + k]
                assert twin(one.rim, one.face, archived) is own
                assert twin(one.rim, one.face, [other for other in archived if other is not own]) is None


@pytest.mark.parametrize("name", ["A", "B", "C", "D"])
def test_a_copy_from_a_scan_is_its_original(name):
    """A seal lifted off a 300 dpi scan and printed on another paper is the same stamping, at another place and size of scan."""
    seen = stamped(1).look(level("A", 8120))
    seal = lifted(straightened(seen, WIDTH, HEIGHT), CENTRES[1])
    forged = printed_seal(blank_paper(), 0, (70.0, 60.0), seal)
    (one,) = taken(forged, level(name, 8121), [(70.0, 60.0)])
    archived = known(taken(stamped(1), level("B", 8122)))
    assert twin(one.rim, one.face, archived) is archived[1]


def test_a_worn_die_evenly_inked_does_not_accuse():
    """What all stampings of a worn die share is taken out once some are known; the same stamping is still found."""
    px = PX
    dice = np.random.default_rng(8130)
    mask = round_seal(UNITS["city"], DIE, px)
    worn = mask * (
        1 - 0.35 * (0.5 * clouds(mask.shape, 5 * px, dice) + 0.5 * clouds(mask.shape, 1.5 * px, dice))
    )
    pages = []
    for _ in range(4):
        paper = blank_paper()
        for centre in CENTRES:
            ink = Inking(RED, float(dice.uniform(0.7, 0.9)), 0.06, 0.01)
            paper = paper._put(0, turned(inked(worn, ink, px, dice), float(dice.normal(0, 8))), centre, RED)
        pages.append(paper)
    prints = [one for k, page in enumerate(pages) for one in taken(page, level("B", 8131 + k))]
    archived, new = known(prints[:9]), prints[9:]
    for one in new:
        assert twin(one.rim, one.face, archived) is None
    again = taken(pages[0], level("A", 8140))
    assert [twin(one.rim, one.face, archived) for one in again] == archived[:3]


def test_too_little_to_compare_is_no_match():
    """An imprint of nothing, or one with half its rim under print, is nobody's twin."""
    one = taken(stamped(0), level("B", 8150))[0]
    nothing = Earlier(bytes([0x80]) * imprints.TURNS, one.face, "nothing")
    assert twin(one.rim, one.face, [nothing]) is None
    assert twin(one.rim, one.face, []) is None
    most = imprints.TURNS * 7 // 10
    hidden = Earlier(bytes([0x80]) * most + one.rim[most:], one.face, "hidden")
    assert twin(one.rim, one.face, [hidden]) is None


def test_a_copy_keeps_holes_of_the_print_below_its_original():
    """A seal stamped over lines of print and lifted with its holes is still the same stamping on bare paper."""
    paper = replace(blank_paper(), seed=8160)
    paper = paper.stamp_at(0, (60.0, 120.0), UNITS["city"], Impression((0.0, 0.0), 3.0, Inking(RED), DIE))
    forged = printed_seal(paper, 0, (105.0, 45.0), lifted(paper.sheets[0], (60.0, 120.0)))
    for name in "BC":
        one, copy = taken(forged, level(name, 8161), [(60.0, 120.0), (105.0, 45.0)])
        archived = known([one, *taken(stamped(2), level("B", 8162))])
        assert twin(copy.rim, copy.face, archived) is archived[0]
