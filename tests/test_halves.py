"""A 学历证明 cut in two: its halves file themselves, and the seal across the cut is one seal or for a person."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from intake.marks import seals
from intake.marks.halves import half
from service import issue, receive
from service.access import Role
from service.demo.ink import RED, Inking
from service.demo.paper import SCALE
from service.demo.scanner import scan
from service.office.papers import open_paper
from storage.check import check
from tests.conftest import OTHER_SCHOOL, as_role
from tests.paper import level
from tests.test_issue_every_form import asked
from tests.test_receive import brought, mark, only, paper_of

CUT = round(103 * SCALE)
PEN = (((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9)))
SIGNERS = {"head": "秦志远", "stub": "李晓霞"}


@pytest.fixture
def certificate(town, city):
    """A 学历证明 just printed: its serial and the units of its seals."""
    request = asked(town, city, "academic_record_certificate")
    serial = issue.issue(town, city, request).body["serial"]
    with town.archive.read() as reading:
        return serial, open_paper(town, reading, reading.document(serial)).units


def stamped(town, certificate, seed):
    """The sheet, signed and sealed by some dice."""
    serial, units = certificate
    return paper_of(town, serial, seed).complete(units, SIGNERS).sheets[0]


def halves(sheet):
    return np.ascontiguousarray(sheet[:, :CUT]), np.ascontiguousarray(sheet[:, CUT:])


def test_both_parts_are_one_paper(town, city, certificate):
    """Main part and stub, scanned apart in one file: every value matches, the seal is one, nothing came twice."""
    stub, main = halves(stamped(town, certificate, 59))
    document = only(brought(town, city, scan([main, stub], SCALE, level("B", 52))))
    assert (document["verdict"], document["reasons"]) == ("genuine", [])
    assert (document["pages"], document["doubled"]) == ([0, 1], [])
    assert mark(document, "cross") == "present"
    assert mark(document, "stub", "signature") == "present"
    assert {item["result"] for item in document["fields"]} <= {"match", "unreadable"}
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_a_red_pen_on_a_part_is_no_seal(town, city, certificate):
    """Only what lies in the half of the seal across the cut is taken for its ink."""
    serial, units = certificate
    paper = paper_of(town, serial, 59).complete(units, SIGNERS)
    for name in ("student_name", "id_number"):
        paper = paper.draw(name, 0, PEN, ink=Inking(RED), width_mm=0.4)
    stub, main = halves(paper.sheets[0])
    document = only(brought(town, city, scan([main, stub], SCALE, level("B", 52))))
    assert document["verdict"] == "cannot_check"
    told = {item["name"] for item in document["fields"] if item["result"] == "unreadable"}
    assert {"student_name", "id_number"} <= told


def test_an_arc_beside_the_cut_is_no_half():
    """The ring of a seal across the cut crosses it: an arc drawn elsewhere hides no red pen."""
    mark = {"shape": "half", "box": (78.0, 50.0, 128.0, 114.0)}
    layout = {"width": 297, "height": 210, "marks": [mark]}
    red = np.zeros((1654, 2339), np.float32)
    across = red.copy()
    for page, x in ((red, 140), (across, 105)):
        centre = (round(x * 7.874), round(82 * 7.874))
        cv2.ellipse(page, centre, (180, 180), 0, -95, 95, 0.5, 7)
        cv2.circle(page, (centre[0] + 60, centre[1]), 50, 0.5, -1)
    assert seals.half_seal(red, 7.874, right=True, line=130.0, middle=(50, 114), least_mm=4.0), (
        "elsewhere a half"
    )
    assert half(red, 7.874, layout, "main") is None
    found = half(across, 7.874, layout, "main")
    assert found is not None
    assert abs(found.x - 105) < 1


def test_strokes_of_a_signature_right_behind_a_printed_name_are_for_a_person(town, city, certificate):
    """They may be a letter that was joined to it: nobody but a person tells 秦志远心 from a signature's 心."""
    stub, main = halves(stamped(town, certificate, 51))
    document = only(brought(town, city, scan([main, stub], SCALE, level("B", 52))))
    assert (document["verdict"], document["reasons"]) == ("cannot_check", ["field_unreadable:head_name"])


def test_halves_of_two_stampings(town, city, certificate):
    """The stub of a sheet stamped another time does not fit: for a person, and not in force."""
    stub, _ = halves(stamped(town, certificate, 53))
    _, main = halves(stamped(town, certificate, 54))
    document = only(brought(town, city, scan([stub, main], SCALE, level("B", 55))))
    assert (document["verdict"], document["reasons"]) == ("pending", ["halves_differ:cross"])
    assert mark(document, "cross") == "unclear"


def test_a_part_alone(town, city, certificate):
    """The main part alone is read and waits for its stub; the stub in a file of its own, upside down, makes it whole."""
    stub, main = halves(stamped(town, certificate, 56))
    first = brought(town, city, scan([main], SCALE, level("B", 57)))
    document = only(first)
    assert document["verdict"] == "pending"
    assert sorted(document["reasons"]) == ["part_missing:cross", "part_missing:stub"]
    assert mark(document, "validation") == "present"
    upside_down = np.ascontiguousarray(stub[::-1, ::-1])
    result = brought(town, city, scan([upside_down], SCALE, level("B", 58)))
    document = only(result)
    assert (document["verdict"], document["reasons"]) == ("genuine", [])
    assert document["other_part"] == {"scan": first["id"], "page": 0}
    assert (mark(document, "cross"), mark(document, "stub", "signature")) == ("present", "present")
    assert {one["page"] for one in document["marks"] if one["block"] in {"cross", "stub"}} == {0}
    assert {one["page"] for one in document["marks"] if one["block"] in {"school", "validation"}} == {None}
    assert (result["unmatched"], result["sheets"][0]["part"], result["sheets"][0]["turn"]) == ([], "stub", 2)
    assert not [one for one in receive.waiting(town, city)["reviews"] if one["kind"] == "mark"]
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_a_stub_before_its_main_part(town, city, certificate):
    """A stub that came first is filed by what is printed on it, and the main part that follows is judged with it."""
    stub, main = halves(stamped(town, certificate, 61))
    first = brought(town, city, scan([stub], SCALE, level("B", 62)))
    document = only(first)
    assert (document["serial"], document["verdict"]) == (certificate[0], "pending")
    assert set(document["reasons"]) == {
        f"part_missing:{block}" for block in ("cross", "head", "school", "validation")
    }
    document = only(brought(town, city, scan([main], SCALE, level("B", 63))))
    assert (document["verdict"], document["other_part"]) == ("genuine", {"scan": first["id"], "page": 0})


def test_a_stub_of_another_stamping_alone(town, city, certificate):
    """Each part came in an upload of its own, from two stampings: they do not fit, and it is not in force."""
    stub, _ = halves(stamped(town, certificate, 53))
    _, main = halves(stamped(town, certificate, 54))
    brought(town, city, scan([main], SCALE, level("B", 64)))
    document = only(brought(town, city, scan([stub], SCALE, level("B", 65))))
    assert (document["verdict"], document["reasons"]) == ("pending", ["halves_differ:cross"])


def test_an_altered_stub_is_nobodys(town, city, certificate):
    """A stub whose number is not that of any paper on file proves nothing: kept and listed, for a person to say."""
    serial, units = certificate
    paper = paper_of(town, serial, 66).alter("paper_no", "晋高毕证字第900007号", page=0)
    stub, _ = halves(paper.complete(units, SIGNERS).sheets[0])
    result = brought(town, city, scan([stub], SCALE, level("B", 67)))
    assert not result["documents"]
    assert [(one["page"], one["reason"]) for one in result["unmatched"]] == [(0, "no_code")]
    assert [one["kind"] for one in receive.waiting(town, city)["reviews"]] == ["page"]


def test_a_stub_out_of_scope_is_nobodys(town, city, certificate):
    """Whoever brings the stub of another school's paper learns nothing of that (art. 44)."""
    stub, _ = halves(stamped(town, certificate, 68))
    stranger = as_role(Role.REGISTRAR, OTHER_SCHOOL)
    result = brought(town, stranger, scan([stub], SCALE, level("B", 69)))
    assert not result["documents"]
    assert [one["reason"] for one in result["unmatched"]] == ["no_code"]


def test_an_unsigned_stub_is_told(town, city, certificate):
    """What the stub's own scan says of its marks counts, not that the main part cannot show them."""
    serial, units = certificate
    sheet = paper_of(town, serial, 59).complete(units, {"head": SIGNERS["head"]}).sheets[0]
    stub, main = halves(sheet)
    document = only(brought(town, city, scan([main, stub], SCALE, replace(level("A", 60), dpi=200))))
    assert (document["verdict"], document["reasons"]) == ("pending", ["mark_absent:stub"])
