"""The arithmetic a register prints: filled in when left out, objected to when wrong."""

import pytest

from service.issue.compiling import span
from service.issue.sums import summed
from templates.catalogue import Catalogue
from templates.form import flat

FORMS = Catalogue.load()


def sums(form, data):
    """The values the sums added, and the fields they object to."""
    values = flat(data)
    whole, found = summed(FORMS.get(form), values)
    assert {item.code for item in found} <= {"sum_differs"}
    return {name: text for name, text in whole.items() if name not in values}, [item.field for item in found]


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (["第9号", "第10号", "第8号"], "第8号—第10号（共3个）"),
        (["20260010", "20260009"], "20260009—20260010（共2个）"),
    ],
)
def test_a_range_of_numbers_runs_from_the_first_to_the_last(numbers, told):
    """Zeros in front or not: the tenth comes after the ninth."""
    assert span(numbers) == told


CHANGES = {"opening": 300, "plus": [{"count": 4}, {"count": 2}], "minus": [{"count": 5}]}


@pytest.mark.parametrize(
    ("given", "filled", "wrong"),
    [
        ({}, {"closing": "301"}, []),
        ({"closing": 301}, {}, []),
        ({"closing": 300}, {}, ["closing"]),
        ({"opening": "many"}, {}, []),
        ({"opening": 0, "plus": []}, {}, []),
    ],
)
def test_a_terms_changes(given, filled, wrong):
    """Art. 7: opening plus increase less decrease; what is no number is somebody else's objection."""
    assert sums("enrolment_change_register", {**CHANGES, **given}) == (filled, wrong)


def test_each_school_of_a_report():
    rows = [
        {"opening": 100, "admitted": 50, "graduated": 40},
        {"opening": 10, "moved_out": 3, "closing": 8},
        {"opening": 1, "dropped": 2},
    ]
    assert sums("term_change_report", {"matrix": rows}) == ({"matrix.1.closing": "110"}, ["matrix.2.closing"])


def test_a_graduate_roster():
    """Arts. 34 and 37: the diplomas' numbers only, and who has no paper yet."""
    rows = [
        {"conclusion": "L4", "certificate_no": "0003"},
        {"conclusion": "L4", "certificate_no": "0001"},
        {"conclusion": "L5", "certificate_no": "9999"},
    ]
    filled, wrong = sums("graduate_roster", {"rows": rows, "totals": [{"due": 5}]})
    assert wrong == []
    assert filled == {
        "totals.1.graduated": "2",
        "totals.1.completed": "1",
        "totals.1.incomplete": "0",
        "totals.1.unissued": "2",
        "no_range": "0001—0003（共2个）",
    }
    told = {"rows": rows, "no_range": "0001 到 0003", "totals": [{"due": 2, "graduated": 3}]}
    assert sums("graduate_roster", told)[1] == ["totals.1.graduated"]
    assert sums("graduate_roster", {"rows": rows, "no_range": "0001—0002"})[1] == ["no_range"]
    assert sums("graduate_roster", {"stage": "J"}) == ({}, [])


def test_a_class_and_a_handover():
    assert sums("class_roster", {"rows": [{"no": 1}, {"no": 2}], "head_count": 3}) == ({}, ["head_count"])
    rows = [{"title": "a", "pages": 3, "files": 2}, {"title": "b", "pages": 2, "files": 2}, {"title": "c"}]
    filled = {"totals.1.items": "4", "totals.1.pages": "5"}
    assert sums("archive_transfer_list", {"rows": rows}) == (filled, [])
    assert sums("archive_transfer_list", {"rows": [{"title": "a"}]})[0] == {"totals.1.items": "1"}


def test_other_forms_have_no_sums():
    assert sums("diploma_junior", {"study_from": "2023-09"}) == ({}, [])
