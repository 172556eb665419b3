"""From findings to a verdict: every reason named, nothing blended."""

from dataclasses import replace

import pytest

from intake.reading import FieldFinding, MarkFinding, PageReading, Quality, SurfaceFinding
from service.office import advice, papers
from service.office.judgement import SheetReading, judge_paper
from service.office.verdicts import reason_text
from service.receive.differing import answered, key, told

LAYOUT = {
    "pages": [
        {
            "values": [{"name": "student_name", "key": True}, {"name": "note", "key": False}],
            "marks": [
                {"block": "school", "kind": "seal", "required": True, "machine": True},
                {"block": "photo", "kind": "seal", "required": True, "machine": False},
                {"block": "city", "kind": "seal", "required": False, "machine": True},
            ],
        }
    ]
}
BOX = (0.0, 0.0, 1.0, 1.0)


def field(name, result, *, signed_over=False):
    return FieldFinding(name, "文勇俊", "文勇俊", result, 0.9, BOX, signed_over)


def seal(block, result):
    return MarkFinding(block, "seal", result, None, 0.9, BOX)


def sheet(fields=(), marks=(), quality=None, page=1):
    reading = PageReading(quality or Quality(ok=True), tuple(fields), tuple(marks), "features", {})
    return SheetReading(page, reading)


GOOD = sheet([field("student_name", "match"), field("note", "match")], [seal("school", "present")])


@pytest.mark.parametrize(
    ("fields", "marks", "verdict", "reasons"),
    [
        ({}, {}, "genuine", ()),
        ({"note": "unreadable"}, {}, "cannot_check", ("field_unreadable:note",)),
        ({}, {"city": "absent"}, "genuine", ()),
        ({}, {"photo": "not_checked"}, "genuine", ()),
        ({}, {"school": "absent"}, "pending", ("mark_absent:school",)),
        ({}, {"school": "unclear"}, "pending", ("mark_unclear:school",)),
        (
            {"student_name": "unreadable"},
            {"school": "absent"},
            "cannot_check",
            ("field_unreadable:student_name",),
        ),
        ({"student_name": "altered"}, {"school": "absent"}, "altered", ("field_altered:student_name",)),
        ({"note": "altered"}, {}, "altered", ("field_altered:note",)),
        ({}, {"school": "wrong_unit"}, "altered", ("mark_wrong_unit:school",)),
    ],
)
def test_the_gravest_finding_decides(fields, marks, verdict, reasons):
    """altered before cannot_check before pending before genuine."""
    said = {"student_name": "match", "note": "match"} | fields
    seen = {"school": "present"} | marks
    page = sheet([field(*item) for item in said.items()], [seal(*item) for item in seen.items()])
    judged = judge_paper(LAYOUT, "pending", [page])
    assert (judged.verdict, judged.reasons) == (verdict, reasons)


@pytest.mark.parametrize(
    ("name", "verdict"), [("note", "genuine"), ("student_name", "cannot_check")], ids=["note", "key"]
)
def test_a_signature_across_a_whole_name_holds_nothing_back(name, verdict):
    """Forms print the head's name where the head signs; what says whose the paper is must be read all the same."""
    marks = [seal("school", "present")]
    fields = {"student_name": field("student_name", "match"), "note": field("note", "match")}
    over = field(name, "unreadable", signed_over=True)
    assert (
        judge_paper(LAYOUT, "pending", [sheet([*{**fields, name: over}.values()], marks)]).verdict == verdict
    )
    twice = [*fields.values(), over, field(name, "unreadable")]
    assert judge_paper(LAYOUT, "pending", [sheet(twice, marks)]).verdict == "cannot_check"


def test_a_value_printed_twice_counts_by_its_worst():
    """The name on the stub may match while that on the main part was changed."""
    page = sheet(
        [field("student_name", "altered"), field("student_name", "match")], [seal("school", "present")]
    )
    judged = judge_paper(LAYOUT, "pending", [page])
    assert [finding.result for finding in judged.fields] == ["altered"]


def test_a_good_second_scan_heals_a_bad_first():
    """A blurred page beside a sharp scan of the same page is left out of the judgement."""
    blurred = sheet(
        [field("student_name", "unreadable")], [seal("school", "unclear")], Quality(False, ("blurred",))
    )
    assert judge_paper(LAYOUT, "pending", [blurred, GOOD]).verdict == "genuine"
    alone = judge_paper(LAYOUT, "pending", [blurred])
    assert (alone.verdict, alone.reasons) == ("cannot_check", ("rescan:blurred",))


def test_a_forged_second_scan_does_not_hide():
    """A good and an altered scan of one page together are altered."""
    forged = sheet([field("student_name", "altered")], [seal("school", "present")])
    assert judge_paper(LAYOUT, "pending", [GOOD, forged]).verdict == "altered"


def test_a_missing_page_is_named():
    """All pages of a document are needed."""
    two = {"pages": [LAYOUT["pages"][0], {"values": [], "marks": []}]}
    judged = judge_paper(two, "pending", [GOOD])
    assert (judged.verdict, judged.reasons) == ("cannot_check", ("page_missing:2",))


def test_revoked_stays_revoked():
    """Whatever the paper shows."""
    assert judge_paper(LAYOUT, "revoked", [GOOD]).verdict == "revoked"
    assert judge_paper(LAYOUT, "superseded", [GOOD]).verdict == "superseded"


@pytest.mark.parametrize(
    ("block", "unit", "result"),
    [
        ("in_auth", "武乡县教育局", "present"),
        ("in_auth", "黎城县教育体育局", "wrong_unit"),
        ("in_auth", None, "unclear"),
        ("out_auth", "武乡县教育局", "unclear"),
    ],
)
def test_a_unit_the_records_do_not_name(block, unit, result):
    """The receiving authority of an unregistered school: any unit known to us but none of the other blocks'."""
    paper = papers.Paper(None, {}, b"", {"out_auth": "黎城县教育体育局"}, ("in_auth",), ())
    finding = MarkFinding(block, "seal", "unclear", unit, 0.9, BOX)
    assert papers._foreign(paper, finding).result == result


def surface(kind, result, where=""):
    return SurfaceFinding(kind, result, where, BOX, 1.0, 0.9)


@pytest.mark.parametrize(
    ("kind", "result", "where", "verdict", "reasons"),
    [
        ("erased", "altered", "准予毕业", "altered", ("surface_altered:准予毕业",)),
        ("changed", "altered", "初中", "altered", ("surface_altered:初中",)),
        ("changed", "unclear", "初中", "cannot_check", ("surface_unclear:初中",)),
        ("added", "unclear", "备注", "cannot_check", ("surface_added:备注",)),
        ("photo", "altered", "photo", "altered", ("photo_altered:photo",)),
        ("photo", "unclear", "photo", "cannot_check", ("photo_unclear:photo",)),
        ("photo", "not_checked", "photo", "genuine", ()),
        ("erased", "not_checked", "附件8", "genuine", ()),
        ("other_paper", "altered", "", "altered", ("other_paper:1",)),
        ("other_paper", "unclear", "", "cannot_check", ("other_paper:1",)),
    ],
)
def test_what_differs_outside_the_values(kind, result, where, verdict, reasons):
    """What is certain accuses, what is doubtful holds back, what nobody could compare does neither; a person can free it."""
    seen = SheetReading(1, replace(GOOD.reading, surface=(surface(kind, result, where),)))
    judged = judge_paper(LAYOUT, "pending", [seen])
    assert (judged.verdict, judged.reasons) == (verdict, reasons)
    assert all(reason_text(reason, {}) != f"原因代码：{reason}" for reason in reasons)
    (body,) = told(judged.differences, [(4, None), (5, seen)])
    assert (body["page"], body["side"]) == (1, 5)
    assert answered([body], {}) == list(judged.differences)
    assert answered([body], {key(body): "match"}) == []
    (bad,) = answered([body], {key(body): "altered"})
    assert bad.finding.result == "altered"


def test_every_reason_of_a_bad_page_has_advice():
    """One sentence for each, and it says what to do."""
    for reason in ("rescan:blurred", "rescan:blank", "rescan:anything", "no_code", "mark_unclear:school"):
        (line,) = advice.on([reason])
        assert "请" in line
    assert advice.on(["field_altered:student_name"]) == []
