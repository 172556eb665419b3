"""Foreign pages read whole: however they lie, by either engine, within bounds, and without failing a scan."""

from datetime import date

import cv2
import numpy as np
import pytest

from intake.foreign.detector import Detector
from intake.foreign.read import read_foreign
from intake.foreign.tesseract import Layout
from intake.reading import PageImage
from intake.recognise.ppocr import PpOcr
from intake.recognise.tesseract import Tesseract
from service import receive, retrieve, slips
from service.demo.foreign import Person, specimens
from service.demo.foreign.sheet import PX_PER_MM, drawn
from service.demo.people import id_number
from service.demo.scanner import capture
from service.office import Office
from service.web.scan_schemas import EvidenceOut, ScanOut
from storage.check import check
from tests.conftest import GUARDIAN, MOVER, RECORDS
from tests.paper import level, scan
from tests.test_receive import brought
from tests.test_slips import SCALE, sheets_of, transfer  # noqa: F401 - a fixture

UNITS = ("长治市教育局", "黎城县教育体育局")
HOSPITAL = 9  # of judging.toml: 襄垣县中医院出院记录


@pytest.fixture(scope="module")
def paper():
    return specimens("judging", 5)[HOSPITAL]


@pytest.fixture(scope="module")
def shot(paper):
    """A scan of a hospital's paper at 150 dpi, BGR."""
    return capture(drawn(paper, "judging", 1), PX_PER_MM, level("C", 4)).pixels


@pytest.fixture(scope="module")
def finder():
    return Detector()


@pytest.fixture
def engines(finder, recogniser):
    return finder, recogniser


def text_of(page):
    return "".join(line.text for line in page.lines).replace(" ", "")


@pytest.mark.parametrize(("turns", "turned"), [(0, 0), (1, 90), (2, 180), (3, 270)])
def test_a_page_is_read_however_it_lies(paper, shot, engines, turns, turned):
    """Turned by quarters; boxes are told on the scan as it came, the seal is read, and its red is no print."""
    lying = PageImage(0, np.ascontiguousarray(np.rot90(shot, turns)), 150.0, True)
    found = read_foreign(lying, *engines, UNITS)
    assert (found.turned, found.seal, found.whole) == (turned, "present", True)
    assert paper.person.name in text_of(found)
    assert "襄垣县中医院出院记录" in text_of(found)
    assert [seal.unit for seal in found.seals] == ["襄垣县中医院"]
    line = next(line for line in found.lines if "出院记录" in line.text)
    left, top, right, bottom = (round(side) for side in found.on_scan(line.box))
    part = np.rot90(lying.pixels[top:bottom, left:right], -turns)
    assert part.shape[1] > 3 * part.shape[0]
    assert engines[1].read_lines([np.ascontiguousarray(part)])[0].text.endswith("出院记录")


def test_a_gray_page_shows_no_seal(shot, finder, recogniser):
    """It cannot: unclear, not absent."""
    gray = cv2.cvtColor(cv2.cvtColor(shot, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    found = read_foreign(PageImage(0, gray, 150.0, colour=False), finder, recogniser)
    assert (found.seal, found.seals) == ("unclear", ())
    assert "出院诊断" in text_of(found)


def test_the_second_engine_alone(shot):
    """Tesseract finds lines and reads them, without anything of the first."""
    found = read_foreign(PageImage(0, shot, 150.0, True), Layout(), Tesseract())
    assert found.turned == 0
    assert "出院诊断" in text_of(found)
    assert all(len(line.sure) == len(line.text) for line in found.lines)


@pytest.mark.parametrize("size", [(1, 1), (40, 3000), (6000, 4500)])
def test_odd_pages_have_bounds(finder, recogniser, size):
    """A speck, a strip and a huge empty sheet: read in no time, as nothing."""
    white = np.full((*size, 3), 255, np.uint8)
    found = read_foreign(PageImage(0, white, None, True), finder, recogniser)
    assert (found.lines, found.seal) == ((), "absent")


def test_no_more_lines_than_allowed(shot, finder, recogniser):
    """What is left out is told."""
    found = read_foreign(PageImage(0, shot, 150.0, True), finder, recogniser, most=3)
    assert len(found.lines) <= 3
    assert not found.whole


MOVING = RECORDS[MOVER]


@pytest.fixture
def mover():
    """The student of the transfer, as a person papers can be about."""
    born = MOVING["birth_date"]
    return Person(
        MOVING["name"],
        "男",
        date.fromisoformat(born),
        MOVER[1:],
        GUARDIAN["guardian_name"],
        id_number(date(1983, 5, 17), 37),
    )


def stacked(who, *numbers):
    papers = specimens("judging", 6, who)
    return [drawn(papers[number], "judging", 1) for number in numbers]


def test_evidence_is_read_where_it_is_filed(town, registrar, transfer, mover):  # noqa: F811
    """The right card and a shop's paper behind slips, a hospital's before them: read, told, kept, and filed as before."""
    first, second = sheets_of(
        slips.printed(town, registrar, transfer["serial"], ["hukou_copy", "hukou_migration"]).data
    )
    hospital, card, bank = stacked(mover, HOSPITAL, 0, 40)
    result = brought(town, registrar, scan([hospital, first, card, second, bank], SCALE, level("B", 3)))
    ScanOut.model_validate(result)
    (stray,) = result["unmatched"]
    assert stray["suggestion"]["evidence"] == "medical_county"
    right, wrong = result["evidence"]
    facts = {fact["name"]: fact["result"] for fact in right["reading"]["facts"]}
    assert right["reading"]["kind"]["result"] == "agrees", right
    assert (facts["name"], facts["id_number"], facts["birth_date"]) == ("match", "match", "match"), right
    assert right["reading"]["seal"] == "present"
    assert right["reading"]["reasons"] == []
    assert wrong["entry"] is not None
    assert wrong["reading"]["person"]
    assert wrong["reading"]["kind"]["suggested"] is None
    told = slips.overview(town, registrar, transfer["serial"])
    EvidenceOut.model_validate(told)
    readings = {item["evidence"]: item["readings"] for item in told["evidence"]}
    assert readings["hukou_copy"] == [{"entry": right["entry"], **right["reading"]}]
    entries = retrieve.archive(town, registrar, MOVER)["entries"]
    (kept,) = [entry for entry in entries if entry["kind"] == "reading" and "户口簿" in entry["title"]]
    assert mover.name.encode() in retrieve.entry(town, registrar, MOVER, kept["id"]).data
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


class Broken:
    """An engine that fails on every page."""

    name = "broken"

    def find(self, page):
        """Fail."""
        raise MemoryError(len(page))


def test_a_failing_engine_fails_no_scan(town, registrar, transfer, mover, caplog):  # noqa: F811
    """The paper is filed all the same, a person must look, and the log says nothing of the paper."""
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["hukou_copy"]).data)
    (card,) = stacked(mover, 0)
    values = {name: getattr(town, name) for name in Office.__slots__}
    broken = Office(**{**values, "finder": Broken})
    result = brought(broken, registrar, scan([slip, card], SCALE, level("B", 3)))
    (told,) = result["evidence"]
    assert told["entry"] is not None
    assert "unread" in told["reading"]["reasons"]
    assert mover.name not in caplog.text
    assert receive.result(town, registrar, result["id"])["state"] == "done"


def test_the_default_engines_are_the_first(finder, recogniser):
    assert (finder.name, Layout().name) == ("ppocr", "tesseract")
    assert isinstance(recogniser, PpOcr)
