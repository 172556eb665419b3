"""Copies of scans: upright, their words findable, made after the verdict, shown to whoever may see the scan."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pypdf
import pypdfium2
import pytest
from PIL import Image

from service import issue, receive, slips, worker
from service.access import Role, Who
from service.errors import Problem
from service.receive import copies, later
from service.receive.sheets import kept_print
from storage.check import check
from storage.records import Copy
from tests.conftest import (
    CITY,
    MOVER,
    OTHER_SCHOOL,
    SCHOOL,
    TRANSFER,
    as_role,
    issue_diploma,
    layout_of,
)
from tests.paper import level, scan
from tests.test_receive import SEALS, SIGNERS, brought, paper_of
from tests.test_slips import SCALE, foreign_page, scanned, sheets_of, white
from tests.test_verapdf import validate  # noqa: F401 - the fixture

USUAL_SIZE = (210 / 25.4 * 72, 297 / 25.4 * 72)


def flat(text):
    """A text as it is looked for: without blanks and line breaks."""
    return "".join(text.split())


def texts(pdf):
    """The text of each page, by pypdf and by pdfium."""
    theirs = [flat(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]
    with pypdfium2.PdfDocument(pdf) as document:
        ours = [flat(page.get_textpage().get_text_range()) for page in document]
    return list(zip(theirs, ours, strict=True))


def drawn(pdf, number=0, dpi=50):
    """A page as it is seen, gray."""
    with pypdfium2.PdfDocument(pdf) as document:
        return np.asarray(document[number].render(scale=dpi / 72).to_pil().convert("L"))


def values(office, serial):
    """Every value printed on a paper."""
    return [value["text"] for page in layout_of(office, serial)["pages"] for value in page["values"]]


@pytest.fixture
def transfer(town, registrar):
    """A transfer application just printed."""
    request = issue.IssueRequest("transfer_application", MOVER, TRANSFER)
    return issue.issue(town, registrar, request).body


@pytest.mark.parametrize("turn", [90, 180])
def test_every_value_is_found_on_an_upright_page(town, registrar, transfer, validate, turn):  # noqa: F811
    """However it lay in the feeder: PDF/A-2b, A4, the code in its corner, each value where it is printed."""
    paper = paper_of(town, transfer["serial"])
    result = brought(town, registrar, paper.scan(replace(level("B", 3), turn=turn)))
    pdf = receive.searchable(town, registrar, result["id"]).data
    assert validate(pdf) == []
    (page,) = pypdf.PdfReader(io.BytesIO(pdf)).pages
    # A page laid down askew has a picture a little larger than itself.
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx(USUAL_SIZE, rel=0.04)
    for text in texts(pdf)[0]:
        assert [value for value in values(town, transfer["serial"]) if flat(value) not in text] == []
        assert "山西省中小学生转学申请表" in text
    seen = drawn(pdf)
    height, width = seen.shape
    assert seen[: height // 6, width * 2 // 3 :].mean() < seen[: height // 6, : width // 3].mean() - 10
    with pypdfium2.PdfDocument(pdf) as document:
        place = layout_of(town, transfer["serial"])["pages"][0]["values"][0]
        left, top, right, bottom = (side / 25.4 * 72 for side in place["lines"][0]["box"])
        grown = document[0].get_height() - USUAL_SIZE[1]
        up = document[0].get_height() - grown / 2
        around = (
            document[0].get_textpage().get_text_bounded(left - 9, up - bottom - 9, right + 20, up - top + 9)
        )
        assert flat(place["text"]) in flat(around)


def test_a_reprinted_value_is_found_as_it_stands_on_the_paper(town, registrar):
    """The copy says what this paper shows, not what the archive knows."""
    body = issue_diploma(town, registrar).body
    paper = (
        paper_of(town, body["serial"]).alter("birth_date", "二〇一一年四月十三日").complete(SEALS, SIGNERS)
    )
    result = brought(town, registrar, paper.scan(level("B", 3)))
    for text in texts(receive.searchable(town, registrar, result["id"]).data)[0]:
        assert "二〇一一年四月十三日" in text
        assert "二〇一一年四月十二日" not in text


def test_the_original_is_untouched_and_the_copy_is_the_same_each_time(town, registrar):
    """Made anew from the same scan it has the same bytes; every object is accounted for."""
    body = issue_diploma(town, registrar).body
    data = paper_of(town, body["serial"]).complete(SEALS, SIGNERS).scan(level("B", 3))
    result = brought(town, registrar, data)
    assert receive.original(town, registrar, result["id"]).data == data
    with town.archive.read() as reading:
        scan, there = reading.scan(result["id"]), reading.copies(result["id"])
    assert [(one.kind, one.page) for one in there] == [("searchable", -1), ("thumbnail", 0)]
    again, sides = copies._made(town, scan, {0}, lambda: None)
    assert [one.sha256 for one in again] == [one.sha256 for one in there]
    assert list(sides) == [0]
    receive.make(town, result["id"])
    with town.archive.read() as reading:
        assert reading.copies(result["id"]) == there
        looks = [look.what for look in reading.accesses(SCHOOL)]
    assert looks == [f"scan {result['id']}"]
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_a_stack_keeps_its_blank_backs_and_thumbnails(town, registrar, transfer):
    """As many pages as sides, a small picture of each, pages past the end refused."""
    (paper,) = paper_of(town, transfer["serial"]).sheets
    result = brought(town, registrar, scanned([paper, white(), foreign_page(), white()]))
    pdf = receive.searchable(town, registrar, result["id"]).data
    assert [bool(text) for text, _ in texts(pdf)][:2] == [True, False]
    assert len(texts(pdf)) == 4
    for number in range(4):
        content = receive.thumbnail(town, registrar, result["id"], number)
        assert content.media_type == "image/jpeg"
        assert Image.open(io.BytesIO(content.data)).width == 200
    with pytest.raises(Problem) as caught:
        receive.thumbnail(town, registrar, result["id"], 4)
    assert (caught.value.status, caught.value.code) == (404, "unknown_page")


@pytest.mark.parametrize("turn", [90, 180])
def test_foreign_pages_are_upright_and_found_too(town, registrar, turn):
    """A stranger's page is read whole; however it lay, its words run across and stand where the picture shows them."""
    machine = replace(level("B", 3), turn=turn)
    result = brought(town, registrar, scan([foreign_page()], SCALE, machine))
    pdf = receive.searchable(town, registrar, result["id"]).data
    for text in texts(pdf)[0]:
        assert text.count("兹证明本店所售商品均为正品") >= 23
    with pypdfium2.PdfDocument(pdf) as document:
        text = document[0].get_textpage()
        boxes = [text.get_rect(number) for number in range(text.count_rects())]
        assert {right - left > 5 * (top - bottom) for left, bottom, right, top in boxes} == {True}
        seen = drawn(pdf, dpi=72)
        for left, bottom, right, top in boxes:
            line = seen[
                round(seen.shape[0] - top) : round(seen.shape[0] - bottom), round(left) : round(right)
            ]
            assert line.mean() < 235


def test_what_was_read_of_evidence_is_not_read_twice(town, registrar, transfer):
    """The words of the copy are those the case was judged by."""
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["hukou_copy"]).data)
    scan_id = receive.accept(town, registrar, scanned([slip, foreign_page()]))
    assert worker.work_once(town, (worker.SCAN,))
    with town.archive.read() as reading:
        result = reading.scan(scan_id).result
    kept = kept_print(town, result)
    assert list(kept) == [1]
    assert sum("兹证明本店所售商品" in text for text, _ in kept[1].lines) >= 23


def test_a_copy_that_is_not_there_yet(town, registrar, transfer):
    """Asked for too early it is being made; a scan of before there were copies gets its own on the first asking."""
    data = paper_of(town, transfer["serial"]).scan(level("B", 3))
    scan = receive.accept(town, registrar, data)
    with pytest.raises(Problem) as caught:
        receive.searchable(town, registrar, scan)
    assert (caught.value.status, caught.value.code) == (409, "copy_not_ready")
    assert worker.work_once(town, (worker.SCAN,))
    with town.archive.begin() as transaction:  # a worker that gave up
        (job,) = transaction.open_jobs(later.JOB)
        transaction.finish_job(job.id)
    assert copies.state(town, registrar, scan) == {"state": "waiting"}
    assert copies.state(town, registrar, scan) == {"state": "waiting"}
    with pytest.raises(Problem):
        receive.searchable(town, registrar, scan)
    with town.archive.read() as reading:
        assert len(reading.open_jobs(later.JOB)) == 1
    assert worker.work_once(town)
    assert copies.state(town, registrar, scan) == {"state": "ready"}
    assert receive.searchable(town, registrar, scan).data.startswith(b"%PDF-1.7")


def test_a_scan_that_failed_has_no_copy(town, registrar):
    """It says what to do instead."""
    with town.archive.begin() as transaction:
        scan = transaction.add_scan(
            kind="pdf", original=town.archive.objects.put(b"%PDF"), org=SCHOOL, by=registrar.token_digest
        ).id
        transaction.set_scan(scan, "failed")
    assert copies.state(town, registrar, scan) == {"state": "failed"}
    with pytest.raises(Problem) as caught:
        receive.searchable(town, registrar, scan)
    assert (caught.value.status, caught.value.code) == (409, "no_copy")
    assert "请取原件" in caught.value.detail


def test_a_worker_that_fails_tries_again_and_then_gives_up(town, registrar, transfer):
    """The verdict stands, and the next job is done."""
    scan = receive.accept(town, registrar, paper_of(town, transfer["serial"]).scan(level("B", 3)))
    assert worker.work_once(town, (worker.SCAN,))
    broken = replace(town, now=lambda: 1 / 0)
    for _ in range(worker.MOST_ATTEMPTS):
        assert worker.work_once(broken, (worker.COPIES,))
    assert not worker.work_once(broken, (worker.COPIES,))
    assert receive.result(town, registrar, scan)["state"] == "done"


def test_it_is_shown_to_whoever_may_see_the_scan(town, registrar, transfer):
    """Scope and restricted evidence as for the original (art. 44)."""
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["judicial"]).data)
    result = brought(town, registrar, scanned([slip, foreign_page()]))
    stranger, colleague = as_role("registrar", OTHER_SCHOOL), Who(Role.REGISTRAR, SCHOOL, "somebody else")
    for who, code in ((stranger, "out_of_scope"), (colleague, "restricted"), (None, "no_token")):
        for call in (
            lambda who=who: receive.searchable(town, who, result["id"]),
            lambda who=who: receive.thumbnail(town, who, result["id"], 0),
            lambda who=who: copies.state(town, who, result["id"]),
        ):
            with pytest.raises(Problem) as caught:
                call()
            assert caught.value.code == code
    assert receive.searchable(town, as_role("city", CITY), result["id"]).data


def test_shadows_go_and_colours_stay(town, registrar):
    """A photo in bad light: paper is even afterwards, a red seal is as red as before."""
    from intake import uploads
    from intake.upright import evenly_lit

    body = issue_diploma(town, registrar).body
    photo = paper_of(town, body["serial"]).complete(SEALS, SIGNERS).scan(level("D", 5))
    pixels = next(iter(uploads.pages(photo, "pdf"))).pixels
    after = evenly_lit(pixels)
    hues = [cv2.cvtColor(one, cv2.COLOR_BGR2HSV) for one in (pixels, after)]
    red = (hues[0][..., 1] > 110) & (hues[0][..., 2] > 60)
    assert red.sum() > 2000
    turned = np.abs(hues[0][..., 0][red].astype(int) - hues[1][..., 0][red])
    assert np.percentile(np.minimum(turned, 180 - turned), 95) <= 2
    inner = [np.percentile(one[300:-300:5, 300:-300:5].max(axis=2), [20, 80]) for one in (pixels, after)]
    assert inner[1][1] - inner[1][0] < (inner[0][1] - inner[0][0]) / 2


def test_rows_are_written_once(town, registrar, transfer):
    """A second copy of the same kind is refused by the database."""
    from storage.errors import AlreadyThere

    result = brought(town, registrar, paper_of(town, transfer["serial"]).scan(level("B", 3)))
    again = Copy(result["id"], "searchable", -1, "0" * 64, 1, "application/pdf", town.now())
    with pytest.raises(AlreadyThere), town.archive.begin() as transaction:
        transaction.add_copies([again])


def test_a_diploma_of_a_student_keeps_its_name_out_of_titles(town, registrar):
    """Neither the file's name nor its metadata says whose it is."""
    body = issue_diploma(town, registrar).body
    result = brought(town, registrar, paper_of(town, body["serial"]).scan(level("B", 3)))
    content = receive.searchable(town, registrar, result["id"])
    told = pypdf.PdfReader(io.BytesIO(content.data)).metadata
    assert (told.title, told.producer) == (f"扫描件 {result['id']} 的可检索副本", "Yinzheng")
    assert content.filename == f"scan-{result['id']}-copy.pdf"
