"""Receive: a stack comes back, every page finds its document, and only whole papers become effective."""

import io
import json

import pytest
from PIL import Image

from service import issue, receive, retrieve, verify, worker
from service.errors import Problem
from storage.check import check
from tests.allowed import allowed
from tests.bureau import reasons_of
from tests.conftest import (
    BEARER,
    CITY,
    COUNTY,
    MOVER,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    SCHOOL,
    STUDENT,
    TRANSFER,
    UNITS,
    as_role,
    issue_diploma,
    layout_of,
    pdf_of,
)
from tests.paper import Paper, copied, level, stack

SEALS = {"school": UNITS[SCHOOL]["name"], "validation": UNITS[COUNTY]["name"]}
SIGNERS = {"head": "钟涛"}


def paper_of(office, serial, seed=1):
    """The sheet of paper the printer gave."""
    return Paper(pdf_of(office, serial), layout_of(office, serial), seed=seed)


def brought(office, who, data):
    """Upload a file, let the worker work, and give the result."""
    scan_id = receive.accept(office, who, data, "scan.pdf")
    assert receive.result(office, who, scan_id)["state"] == "waiting"
    while worker.work_once(office):
        pass
    return receive.result(office, who, scan_id, wait=1)


def only(result):
    """The one document of a result."""
    assert result["state"] == "done", result
    (document,) = result["documents"]
    return document


def found(document, name):
    return next(item["result"] for item in document["fields"] if item["name"] == name)


def mark(document, block, kind="seal"):
    return next(m["result"] for m in document["marks"] if (m["block"], m["kind"]) == (block, kind))


@pytest.fixture
def diploma(town, registrar):
    """A diploma just printed."""
    return issue_diploma(town, registrar).body


def test_a_stamped_diploma_becomes_effective(town, registrar, diploma):
    """Every field matches, every machine mark is there: genuine, filed once, and genuine to the public."""
    scan = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 1))
    result = brought(town, registrar, scan)
    document = only(result)
    assert (document["verdict"], document["reasons"]) == ("genuine", [])
    assert {item["result"] for item in document["fields"]} == {"match"}
    assert mark(document, "photo") == "not_checked"
    assert (result["pages"], result["unmatched"]) == (1, [])
    assert verify.by_code(town, diploma["verify_url"]).verdict == "genuine"
    listed = retrieve.archive(town, registrar, STUDENT)["entries"]
    assert [entry["kind"] for entry in listed] == ["document", "layout", "scan", "check", "picture"]
    assert retrieve.entry(town, registrar, STUDENT, document["entry"]).data == scan
    kept = json.loads(retrieve.entry(town, registrar, STUDENT, listed[-2]["id"]).data)
    assert (kept["verdict"], kept["recogniser"]) == ("genuine", "ppocr")
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_missing_marks_leave_it_pending(town, registrar, diploma):
    """Without 验印 it is not effective; without colour nobody can say whether it is sealed."""
    bare = paper_of(town, diploma["serial"]).complete({"school": SEALS["school"]}, SIGNERS)
    document = only(brought(town, registrar, bare.scan(level("B", 2))))
    assert (document["verdict"], document["reasons"]) == ("pending", ["mark_absent:validation"])
    gray = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(copied(level("B", 2)))
    document = only(brought(town, registrar, gray))
    assert document["verdict"] == "pending"
    assert "mark_unclear:validation" in document["reasons"]
    assert verify.by_code(town, diploma["verify_url"]).verdict == "pending"


def test_an_altered_field_is_named(town, registrar, diploma):
    """A changed digit is found in its place and never makes the paper effective."""
    forged = (
        paper_of(town, diploma["serial"]).alter("birth_date", "二〇一一年四月十三日").complete(SEALS, SIGNERS)
    )
    document = only(brought(town, registrar, forged.scan(level("B", 3))))
    assert (document["verdict"], document["reasons"]) == ("altered", ["field_altered:birth_date"])
    assert [item["name"] for item in document["fields"] if item["result"] == "altered"] == ["birth_date"]
    assert verify.by_code(town, diploma["verify_url"]).verdict == "pending"


@pytest.mark.parametrize("how", ["reprint", "paste"])
def test_no_engine_believes_a_forgery(town, registrar, diploma, recogniser, how):
    """Whoever reads: a changed digit and a changed name are found or left to a person, and nothing is in force."""
    paper = paper_of(town, diploma["serial"], 9)
    paper = paper.alter("birth_date", "二〇一一年四月十三日", how).alter("student_name", "文勇俭", how)
    document = only(brought(town, registrar, paper.complete(SEALS, SIGNERS).scan(level("B", 9))))
    told = {item["name"]: item["result"] for item in document["fields"]}
    assert {told["birth_date"], told["student_name"]} <= allowed(recogniser, "altered")
    assert document["verdict"] in {"altered", "cannot_check"}
    assert verify.by_code(town, diploma["verify_url"]).verdict == "pending"


def test_a_wrong_units_seal_is_named(town, registrar, diploma):
    """The seal of another bureau in the place of 验印."""
    wrong = {**SEALS, "validation": UNITS[OTHER_COUNTY]["name"]}
    scan = paper_of(town, diploma["serial"]).complete(wrong, SIGNERS).scan(level("A", 4))
    document = only(brought(town, registrar, scan))
    assert (document["verdict"], document["reasons"]) == ("altered", ["mark_wrong_unit:validation"])


def test_a_stack_is_sorted_by_its_codes(town, registrar, diploma):
    """Two papers, a blank sheet and a foreign code in one file: each page finds its own, the rest is listed."""
    other = issue_diploma(town, registrar, student=BEARER).body
    papers = [
        paper_of(town, body["serial"], seed).complete(SEALS, SIGNERS)
        for seed, body in enumerate((diploma, other), 1)
    ]
    pages = [Image.open(io.BytesIO(png)) for png in _as_images(stack(papers, level("C", 5)))]
    blank = Image.new("RGB", pages[0].size, "white")
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=[blank, pages[1]], resolution=150)
    result = brought(town, registrar, out.getvalue())
    assert [(d["serial"], d["verdict"]) for d in result["documents"]] == [
        (diploma["serial"], "genuine"),
        (other["serial"], "genuine"),
    ]
    assert reasons_of(result) == [(1, "no_code")]
    assert [sheet["serial"] for sheet in result["sheets"]] == [diploma["serial"], None, other["serial"]]


def test_a_sheet_fed_twice_is_named(town, registrar, diploma):
    """Both sides are read, and the paper says which of its pages came twice."""
    paper = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS)
    document = only(brought(town, registrar, stack([paper, paper], level("B", 6))))
    assert (document["verdict"], document["pages"], document["doubled"]) == ("genuine", [0, 1], [1])


def _as_images(pdf):
    from tests.paper import rasterised

    for sheet in rasterised(pdf):
        out = io.BytesIO()
        Image.fromarray(sheet[:, :, ::-1]).resize((sheet.shape[1] // 2, sheet.shape[0] // 2)).save(out, "PNG")
        yield out.getvalue()


def test_another_schools_paper_stays_closed(town, registrar, diploma):
    """Art. 44: who may not see a document learns nothing from scanning it."""
    scan = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 6))
    stranger = as_role("registrar", OTHER_SCHOOL)
    result = brought(town, stranger, scan)
    assert (result["documents"], reasons_of(result)) == ([], [(0, "out_of_scope")])
    assert verify.by_code(town, diploma["verify_url"]).verdict == "pending"
    mine = brought(town, as_role("county", COUNTY), scan)
    assert only(mine)["verdict"] == "genuine"


def test_a_page_too_coarse_is_sent_back(town, registrar, diploma):
    """A thumbnail proves nothing: scan again, with the reason, and no guess."""
    from dataclasses import replace

    coarse = replace(level("B", 7), dpi=70)
    result = brought(town, registrar, paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(coarse))
    if result["documents"]:
        document = only(result)
        assert document["verdict"] == "cannot_check"
        assert document["reasons"][0].startswith("rescan:")
    else:
        assert result["unmatched"][0]["reason"] == "rescan:low_resolution"


def test_a_revoked_paper_stays_revoked(town, registrar, county, diploma):
    """No scan brings it back."""
    issue.revoke(town, county, diploma["serial"], "错发")
    scan = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 8))
    assert only(brought(town, registrar, scan))["verdict"] == "revoked"
    assert verify.by_code(town, diploma["verify_url"]).verdict == "revoked"


def test_a_revoked_diploma_that_was_effective_is_not_replaced(town, registrar, county, diploma):
    """Art. 38: the filed check proves that it was more than a spoilt blank."""
    scan = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 9))
    brought(town, registrar, scan)
    issue.revoke(town, county, diploma["serial"], "错发")
    with pytest.raises(Problem, match="diploma_already_issued"):
        issue_diploma(town, registrar)


def test_a_transfer_form_with_four_units(town, registrar):
    """Six blocks, four units: the receiving county is known by its school."""
    body = issue.issue(town, registrar, issue.IssueRequest("transfer_application", MOVER, TRANSFER)).body
    seals = {
        "out_school": UNITS[SCHOOL]["name"],
        "in_school": UNITS[OTHER_SCHOOL]["name"],
        "out_auth": UNITS[COUNTY]["name"],
        "in_auth": UNITS[OTHER_COUNTY]["name"],
    }
    signers = {
        "apply": "欧阳明",
        "out_school": "钟涛",
        "in_school": "贺文婷",
        "out_auth": "申海",
        "in_auth": "段玉",
    }
    paper = paper_of(town, body["serial"])
    document = only(brought(town, registrar, paper.complete(seals, signers).scan(level("B", 10))))
    assert (document["verdict"], document["reasons"]) == ("genuine", [])
    same_twice = {**seals, "in_school": seals["out_school"]}
    document = only(brought(town, registrar, paper.complete(same_twice, signers).scan(level("A", 11))))
    assert "mark_wrong_unit:in_school" in document["reasons"]


DROPOUT = {
    "left_on": "2026-10-12",
    "cause": "随父母外出务工后未再到校。",
    "steps": "10月15日学校分管领导与班主任入户劝返。",
    "address_now": "测试区东阳关镇长宁路9号",
}


def test_a_township_seals_a_dropout_report(town, registrar):
    """Art. 33: no township is registered; any that can be read will do, but not one of the other blocks' units."""
    body = issue.issue(town, registrar, issue.IssueRequest("dropout_report", MOVER, DROPOUT)).body
    seals = {"school": UNITS[SCHOOL]["name"], "authority": UNITS[COUNTY]["name"]}
    signers = {"school": "钟涛", "township": "文涛", "authority": "申海"}
    paper = paper_of(town, body["serial"])
    twice = paper.complete({**seals, "township": seals["authority"]}, signers).scan(level("A", 21))
    document = only(brought(town, registrar, twice))
    assert mark(document, "township") == "wrong_unit"
    signed = paper.complete({**seals, "township": "黎城县东阳关镇人民政府"}, signers).scan(level("A", 22))
    document = only(brought(town, registrar, signed))
    assert (document["verdict"], document["reasons"]) == ("genuine", [])
    assert next(m["unit"] for m in document["marks"] if m["block"] == "township" and m["unit"]) == (
        "黎城县东阳关镇人民政府"
    )


def test_a_refused_upload_is_kept(town, registrar):
    """Nothing that is handed in is lost: the bytes and the refusal stand in the list."""
    with pytest.raises(Problem) as caught:
        receive.accept(town, registrar, b"MZ\x90\x00 not a scan", "x.exe")
    problem = caught.value
    assert (problem.code, problem.status) == ("unknown_type", 415)
    result = receive.result(town, registrar, problem.extra["scan"])
    assert (result["state"], result["problem"]["code"]) == ("failed", "unknown_type")
    assert receive.original(town, registrar, problem.extra["scan"]).data == b"MZ\x90\x00 not a scan"
    assert [scan["state"] for scan in receive.scans(town, registrar)["scans"]] == ["failed"]


def test_a_damaged_page_fails_the_scan_only(town, registrar, diploma):
    """A file that breaks off while it is decoded ends as failed, with its reason; the worker goes on."""
    whole = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 12))
    body = io.BytesIO()
    Image.effect_noise((1200, 900), 80).save(body, "PNG")
    broken = bytearray(body.getvalue())
    broken[len(broken) // 2 : len(broken) // 2 + 4000] = bytes(4000)
    result = brought(town, registrar, bytes(broken))
    assert (result["state"], result["problem"]["code"]) == ("failed", "damaged")
    assert only(brought(town, registrar, whole))["verdict"] == "genuine"


def test_an_unexpected_error_is_tried_twice(town, registrar, diploma, monkeypatch):
    """A fault of ours is tried once more, then set aside for a person; the next scan is read."""
    scan = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 13))
    with monkeypatch.context() as patch:
        patch.setattr("service.receive.leafing.read_paper", lambda *_: 1 / 0)
        result = brought(town, registrar, scan)
    assert (result["state"], result["problem"]["code"]) == ("failed", "internal")
    assert only(brought(town, registrar, scan))["verdict"] == "genuine"


def test_a_scan_is_read_once(town, registrar, diploma):
    """Two workers with one job file one result."""
    scan = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 14))
    scan_id = receive.accept(town, registrar, scan, None)
    receive.process(town, scan_id)
    receive.process(town, scan_id)
    assert worker.work_once(town)
    kinds = [entry["kind"] for entry in retrieve.archive(town, registrar, STUDENT)["entries"]]
    assert kinds.count("scan") == kinds.count("check") == 1


def test_a_worker_that_died_leaves_its_job(town, registrar, clock, diploma):
    """After the lease runs out another takes the job; one that killed two workers is set aside."""
    scan = paper_of(town, diploma["serial"]).complete(SEALS, SIGNERS).scan(level("B", 15))
    scan_id = receive.accept(town, registrar, scan, None)
    for _ in range(2):
        with town.archive.begin() as transaction:
            assert transaction.lease_job(worker.KINDS, worker.LEASE_SECONDS) is not None
        assert not worker.work_once(town)
        clock.advance(seconds=worker.LEASE_SECONDS + 1)
    assert worker.work_once(town)
    assert receive.result(town, registrar, scan_id)["problem"]["code"] == "internal"


def test_a_steel_seal_waits_for_a_person(town, registrar, diploma):
    """A tick is filed for what no scan can prove, and for nothing else."""
    body = receive.tick_mark(town, registrar, diploma["serial"], "photo", seen=True)
    assert body["ticks"] == {"photo": True}
    assert receive.tick_mark(town, registrar, diploma["serial"], "photo", seen=False)["ticks"] == {
        "photo": False
    }
    for block, code in (("school", "machine_checked"), ("nowhere", "unknown_mark")):
        with pytest.raises(Problem, match=code):
            receive.tick_mark(town, registrar, diploma["serial"], block, seen=True)
    with pytest.raises(Problem, match="role_not_allowed"):
        receive.tick_mark(town, as_role("auditor", CITY), diploma["serial"], "photo", seen=True)
