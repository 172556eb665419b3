"""The picture of a check: PDF/A-2b, what differs boxed and named on the page, everything listed, filed with the paper."""

import io
import itertools
from dataclasses import replace

import numpy as np
import pypdf
import pypdfium2
import pytest

from intake.reading import SurfaceFinding
from service import receive, retrieve, worker
from service.receive import copies
from service.receive.picturing import FIELD_WORDS, MARK_WORDS, _found
from service.web.http import create
from storage.check import check
from templates.checksheet import A4, LOOKS, Boxed, Marked, Report, Table, picture
from templates.lettering import STAND_IN, Lettering
from templates.sheetcopy import Sheet
from tests.conftest import COUNTY, STUDENT, UNITS, issue_diploma
from tests.desked import nobodys, side
from tests.desked import scanned as scanned_findings
from tests.paper import level
from tests.served import client_of
from tests.test_copies import flat, texts
from tests.test_receive import SEALS, SIGNERS, brought, only, paper_of
from tests.test_reviews import Desk, desk_of
from tests.test_slips import foreign_page, scanned, white
from tests.test_verapdf import validate  # noqa: F401 - the fixture

RED = (199, 13, 13)


def jpeg(width=413, height=585):
    """A small white picture."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "JPEG")
    return Sheet(out.getvalue(), width, height, 50.0, gray=False)


def corners(left, top, right, bottom):
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def report(rows, tone="wrong"):
    columns = [("序号", 0.1), ("栏目", 0.3), ("存档", 0.4), ("结果", 0.2)]
    return Report(
        "核对图 1", "与存档不符", tone, ["一条理由"], [("编号", "ABCD")], [Table("栏目", columns, rows)]
    )


def red(pdf, number=0):
    """Share of a page that is of the red of what is wrong."""
    with pypdfium2.PdfDocument(pdf) as document:
        seen = np.asarray(document[number].render(scale=1).to_pil().convert("RGB"), int)
    return float((np.abs(seen - RED).max(axis=2) < 40).mean())


def test_a_forged_diploma_is_pictured(town, registrar, validate):  # noqa: F811
    """The altered value and the missing seal in red with their words, seals that are there, all values in the list."""
    body = issue_diploma(town, registrar).body
    forged = paper_of(town, body["serial"]).alter("birth_date", "二〇一一年四月十三日")
    result = brought(
        town, registrar, forged.complete({"school": SEALS["school"]}, SIGNERS).scan(level("B", 3))
    )
    document = only(result)
    assert document["verdict"] == "altered"
    content = retrieve.entry(town, registrar, STUDENT, document["picture"])
    assert content.filename == f"{document['picture']}-picture.pdf"
    assert validate(content.data) == []
    on_page, listed = texts(content.data)
    labels = {"1出生日期：与存档不符", "印章：未见", "印章：有"}
    for text in on_page:
        assert [label for label in labels if label not in text] == []
        assert body["serial"] in text
    for text in listed:
        wanted = {flat(word) for field in document["fields"] for word in (field["expected"], field["read"])}
        assert [word for word in wanted if word not in text] == []
        assert "“出生日期”一栏与存档不一致。" in text
        for told in (body["serial"], "ppocr"):
            assert told in text
    with town.archive.read() as reading:
        (filed,) = [one for one in reading.entries(STUDENT) if one.kind == "check"]
        scan = reading.scan(result["id"])
    for text in listed:
        assert scan.original in text
        assert filed.sha256 in text
    assert red(content.data) > 0.0005
    kinds = [entry["kind"] for entry in retrieve.archive(town, registrar, STUDENT)["entries"]]
    assert kinds == ["document", "layout", "scan", "check", "picture"]
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_it_is_filed_once_and_has_the_same_bytes_each_time(town, registrar):
    """A worker that comes second files nothing; a genuine paper has no red on it."""
    body = issue_diploma(town, registrar).body
    scan = paper_of(town, body["serial"]).complete(SEALS, SIGNERS).scan(level("B", 1))
    document = only(result := brought(town, registrar, scan))
    assert document["verdict"] == "genuine"
    with town.archive.read() as reading:
        before = reading.entries_of(body["serial"])
    checks = [entry.sha256 for entry in before if entry.kind == "check"]
    copies.make(town, result["id"], checks[:1])
    with town.archive.read() as reading:
        assert reading.entries_of(body["serial"]) == before
    data = retrieve.entry(town, registrar, STUDENT, document["picture"]).data
    assert red(data) < 0.0003  # the seals have a red of their own
    assert receive.result(town, registrar, result["id"])["documents"] == result["documents"]


def test_every_result_has_words_and_a_line_of_its_own():
    """Whoever sees no colour sees the difference all the same."""
    from typing import get_args

    from intake.reading import FieldResult, MarkResult

    assert set(FIELD_WORDS) == set(get_args(FieldResult))
    assert set(MARK_WORDS) == set(get_args(MarkResult))
    drawn = [(look.dash, look.line, look.whole) for look in LOOKS.values()]
    assert len(set(drawn)) == len(drawn)


def test_what_differs_beside_the_values_is_named_too():
    """Erased print and a swapped photo stand in the list with the words around them, on the side they were seen on."""
    kinds = (("erased", "altered", "准予毕业"), ("photo", "unclear", "photo"), ("added", "not_checked", ""))
    body = {"fields": [], "marks": [], "pages": [0, 2]}
    body["differences"] = [
        {"kind": kind, "result": result, "where": where, "page": 2, "box": [1, 2, 3, 4]}
        for kind, result, where in kinds
    ]
    found = _found(body, {"photo": "照片"}, {1: 0, 2: 2})
    assert [(one.number, one.tone, one.side) for one in found] == [
        (1, "wrong", 2),
        (2, "doubt", 2),
        (3, "aside", 2),
    ]
    assert found[0].cells == ("印刷文字缺失", "准予毕业", "与存档不符")
    assert found[1].cells == ("照片", "照片", "看不清，须由人看")
    assert found[2].label == "多出的印刷文字：机器不判"


def test_what_differs_beside_the_values_is_drawn(tmp_path_factory):
    """On the side it was seen on, in red with its words, though that side's number is not the page's."""
    office, close = desk_of(tmp_path_factory)
    with client_of(create(office)) as client:
        desk = Desk(office, client)
        document = desk.paper()
        place = (100.0, 820.0, 400.0, 860.0)
        erased = SurfaceFinding("erased", "altered", "准予毕业", place, 0.9, 0.98)
        shown = side(document, 1)
        shown = replace(
            shown, read=replace(shown.read, reading=replace(shown.read.reading, surface=(erased,)))
        )
        scan = scanned_findings(office, [nobodys(0), shown], form="TIFF")
        assert worker.work_once(office, (worker.COPIES,))
        with office.archive.read() as reading:
            entry = reading.entry(desk.scan(scan, document)["picture"])
            data = office.archive.objects.get(entry.sha256)
    on_page, listed = texts(data)
    assert "2印刷文字缺失：与存档不符" in on_page[0]
    assert "准予毕业" in listed[0]
    assert red(data) > 0.0003
    close()


def test_labels_do_not_hide_each_other(fonts):
    """Twenty differences one below the other, each label readable by itself."""
    boxes = [
        Boxed(corners(60, 20 + 26 * row, 200, 38 + 26 * row), "wrong", f"{row + 1} 第{row + 1}处：与存档不符")
        for row in range(20)
    ]
    pdf = picture(fonts, report([]), [Marked(jpeg(), "标题", boxes)])
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0].get_textpage()
        found = [page.get_rect(number) for number in range(page.count_rects())]
        told = {number: page.get_text_bounded(*place) for number, place in enumerate(found)}
    places = [
        found[number] for number, text in told.items() if "处：与存档不符" in text and "实线" not in text
    ]
    assert len(places) == 20
    for one, two in itertools.combinations(places, 2):
        across, down = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
        assert across <= 0 or down <= 0.5


def test_a_long_list_goes_on_over_pages(fonts, validate):  # noqa: F811
    """Nothing is set below the margin, nothing lost."""
    rows = [("good", (str(row), f"栏目{row}", "很长的内容" * 12, "一致")) for row in range(80)]
    pdf = picture(fonts, report(rows, "good"), [])
    assert validate(pdf) == []
    whole = "".join(text for text, _ in texts(pdf))
    assert len(texts(pdf)) > 3
    assert [row for row in range(80) if f"栏目{row}" not in whole] == []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            assert min(text.get_rect(number)[1] for number in range(text.count_rects())) > 20
            assert page.get_size() == pytest.approx(A4, abs=0.1)


@pytest.mark.parametrize("char", ["𬱖", "㛃", "龘", "한", "\u0e01", "🙂"])
def test_rare_characters_come_out_as_themselves(fonts, validate, char):  # noqa: F811
    """Those no font has are shown as a stand-in, and are still what is copied out."""
    pdf = picture(fonts, report([("doubt", ("1", "姓名", f"欧阳{char}", f"读到{char}"))]), [])
    assert validate(pdf) == []
    for text in texts(pdf)[0]:
        assert f"欧阳{char}" in text
    assert Lettering(fonts).width(STAND_IN, 10) == pytest.approx(10)


def test_a_paper_in_a_stack_shows_its_own_side_alone(town, registrar):
    """A stranger's page and a blank back are no part of the picture."""
    body = issue_diploma(town, registrar).body
    (paper,) = paper_of(town, body["serial"]).complete(SEALS, SIGNERS).sheets
    document = only(brought(town, registrar, scanned([foreign_page(), paper, white()])))
    pdf = retrieve.entry(town, registrar, STUDENT, document["picture"]).data
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    assert "扫描件第2页" in flat(pages[0].extract_text())
    assert sum("/P" in page["/Resources"].get("/XObject", {}) for page in pages) == 1
    assert UNITS[COUNTY]["name"] in "".join(text for text, _ in texts(pdf))


def test_a_persons_answer_is_pictured_too(tmp_path_factory):
    """The check that stands on it gets a picture of its own, which says so; the first one stays."""
    office, close = desk_of(tmp_path_factory)
    with client_of(create(office)) as client:
        desk = Desk(office, client)
        document = desk.paper()
        scan = scanned_findings(office, [side(document, birth_date="unreadable")])
        assert worker.work_once(office, (worker.COPIES,))
        first = desk.scan(scan, document)["picture"]
        assert desk.answer(desk.waiting(document)["birth_date"], "match").status_code == 200
        assert worker.work_once(office, (worker.COPIES,))
        second = desk.scan(scan, document)["picture"]
        with office.archive.read() as reading:
            pictures = [
                office.archive.objects.get(reading.entry(number).sha256) for number in (first, second)
            ]
    (before, _), (after, listed) = texts(pictures[0]), texts(pictures[1])
    assert "1出生日期：看不清，须由人看" in before[0]
    assert "出生日期：看不清" not in after[0]
    assert "一致（人工核对）" in listed[0]
    assert "人工核对1处" in listed[0]
    close()
