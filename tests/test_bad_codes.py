"""Bad codes over HTTP: foreign, changed, copied and pasted QR codes never make a paper genuine."""

import io
from dataclasses import replace
from datetime import date

import cv2
import pytest
import qrcode

from service.demo.paper import SCALE
from tests.bureau import SEALS, SIGNERS, bureau_of, file_of, foreign_page, reasons_of, refused
from tests.conftest import MOVER, STUDENT, TRANSFER
from tests.paper import LEVELS

FEEDER = replace(LEVELS["B"], seed=41)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
HOST = range(len("HTTPS://"), len("HTTPS://YINZHENG.EXAMPLE"))
QUIET_MM = 2.0


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, rate=1_000_000) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def papers(bureau):
    """Two diplomas and a transfer form, all with every mark: document and paper of each, the first effective."""
    other = bureau.admit("申海燕", 2, birth=date(2011, 4, 13))  # as long a date: nothing moves on the page
    wanted = {
        "diploma": (STUDENT,),
        "second": (other,),
        "transfer": (MOVER, "transfer_application", TRANSFER),
    }
    made = {}
    for name, request in wanted.items():
        document = bureau.issue(*request)
        made[name] = document, bureau.paper(document, seed=len(made)).complete(SEALS, SIGNERS)
    result = bureau.brought(made["diploma"][1].scan(FEEDER))
    assert [item["verdict"] for item in result["documents"]] == ["genuine"], result["documents"]
    assert bureau.verified(made["diploma"][0])["verdict"] == "genuine"
    return made


def code_of(paper):
    """The cut-out QR code of a paper with its quiet zone, and where it stood (mm)."""
    left, top, right, bottom = paper.layout["pages"][0]["codes"][0]["box"]
    left, top, right, bottom = (
        round(edge * SCALE) for edge in (left - QUIET_MM, top - QUIET_MM, right + QUIET_MM, bottom + QUIET_MM)
    )
    return paper.sheets[0][top:bottom, left:right], left / SCALE, top / SCALE


def with_code_of(paper, donor):
    """The paper with the code of another one glued over its own."""
    patch, _, _ = code_of(donor)
    own, left, top = code_of(paper)
    side = max(own.shape[:2])
    patch = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)
    return paper.paste(0, patch, left, top)


def picture_of_code(text):
    """A PNG of nothing but a QR code."""
    code = qrcode.QRCode(border=4, box_size=6)
    code.add_data(text)
    out = io.BytesIO()
    code.make_image().get_image().convert("RGB").save(out, "PNG")
    return out.getvalue()


def test_a_foreign_systems_code(bureau):
    """Scan: listed as unmatched with its reason; verification: unknown, by text and by picture."""
    foreign = "https://www.chsi.com.cn/xlcx/bg.do?vcode=A1B2C3D4E5F6"
    scan = picture_of_code(foreign)
    result = bureau.brought(scan, "foreign.png")
    assert (result["documents"], reasons_of(result)) == ([], [(0, "foreign_code")])
    bureau.assert_kept(result["id"], scan, "done")
    for answer in (bureau.verified({"verify_url": foreign}), bureau.looked_at(scan)):
        assert (answer.pop("verdict"), answer.pop("reasons")) == ("unknown", ["foreign_code"])
        assert set(answer.values()) == {None}


def test_any_changed_character(bureau, papers):
    """Each place of the code in turn, with five wrong characters: unknown, never an error, never genuine.

    The host is not part of what is signed: a code of another host is as good, and the same, or no address at all.
    """
    url = papers["diploma"][0]["verify_url"]
    public = bureau.caller(None)
    for place, letter in enumerate(url):
        wrong = LETTERS[(LETTERS.find(letter) + 1) % 32]
        for instead in (wrong, "0", "%", "\0", "ſ"):
            if instead == letter:
                continue
            changed = url[:place] + instead + url[place + 1 :]
            answer = public.post("/v1/verifications", json={"qr": changed})
            assert answer.status_code == 200, (place, instead, answer.text)
            told = answer.json()
            if place in HOST and told["verdict"] == "genuine":
                assert instead in {wrong, "0"}
                continue
            assert told["verdict"] == "unknown", (place, instead)
            assert told["reasons"][0] in {"foreign_code", "unknown_key", "bad_signature"}
            assert {told[name] for name in ("form", "number", "issued_on", "school", "holder_masked")} == {
                None
            }


def test_codes_of_other_lengths(bureau, papers):
    """Shortened, lengthened, doubled, turned around, empty and endless codes."""
    url = papers["diploma"][0]["verify_url"]
    token = url.rpartition("/")[2]
    for text in (url[:-1], url + "A", url * 2, token[::-1], token[:-8], " ", "A" * 152, "７" * 152):
        assert bureau.verified({"verify_url": text})["verdict"] == "unknown", text
    public = bureau.caller(None)
    for text in ("", "A" * 5000):
        refused(public.post("/v1/verifications", json={"qr": text}), 422, "invalid_request")
    for changed in (token[:-1] + LETTERS[(LETTERS.find(token[-1]) + 1) % 32], "hello", "%00", "%FF%FE"):
        page = public.get(f"/V/{changed}")
        assert (page.status_code, "查无此证" in page.text) == (200, True), changed


def test_a_code_pasted_on_another_form(bureau, papers):
    """A genuine diploma's code on the transfer form: never genuine, whoever looks."""
    diploma, transfer = papers["diploma"][1], papers["transfer"][1]
    scan = with_code_of(transfer, diploma).scan(FEEDER)
    (found,) = bureau.brought(scan)["documents"]
    assert found["serial"] == papers["diploma"][0]["serial"]
    assert found["verdict"] in {"cannot_check", "altered"}
    assert "match" not in {item["result"] for item in found["fields"]}
    assert bureau.looked_at(scan)["verdict"] in {"cannot_check", "altered"}
    assert bureau.verified(papers["diploma"][0])["verdict"] == "genuine"
    assert bureau.verified(papers["transfer"][0])["verdict"] == "pending"


def test_a_code_pasted_on_a_foreign_page(bureau, papers):
    """A shop's letter with a genuine code: never genuine; the code alone is told to be only the code."""
    patch, _, _ = code_of(papers["diploma"][1])
    page = foreign_page()
    page[200 : 200 + patch.shape[0], 1800 : 1800 + patch.shape[1]] = patch
    scan = file_of(page, FEEDER)
    (found,) = bureau.brought(scan)["documents"]
    assert found["verdict"] == "cannot_check"
    assert found["reasons"][0].startswith("rescan:")
    assert bureau.looked_at(scan)["verdict"] == "cannot_check"
    alone = bureau.looked_at(picture_of_code(papers["diploma"][0]["verify_url"]))
    assert (alone["verdict"], alone["reasons"]) == ("genuine", ["code_only"])


def test_two_codes_on_one_page(bureau, papers):
    """A page that carries the codes of two papers is nobody's."""
    patch, _, _ = code_of(papers["second"][1])
    page = papers["diploma"][1].paste(0, patch, 15, 15)
    scan = page.scan(FEEDER)
    assert reasons_of(bureau.brought(scan)) == [(0, "several_documents")]
    answer = bureau.looked_at(scan)
    assert (answer["verdict"], answer["reasons"]) == ("cannot_check", ["several_documents"])


def test_another_students_page_under_a_good_code(bureau, papers):
    """The right form, another student's content: altered, and every field that differs is named."""
    scan = with_code_of(papers["second"][1], papers["diploma"][1]).scan(FEEDER)
    (found,) = bureau.brought(scan)["documents"]
    assert found["verdict"] == "altered"
    differs = {"student_name", "sex", "birth_date", "certificate_no", "student_no"}
    assert {item["name"] for item in found["fields"] if item["result"] == "altered"} == differs
    named = {reason for reason in found["reasons"] if not reason.startswith("surface_")}
    assert named == {
        f"field_altered:{name}" for name in differs
    }  # the serial in text under the code differs too
    answer = bureau.looked_at(scan)
    assert (answer["verdict"], set(answer["reasons"])) == ("altered", set(found["reasons"]))
    assert bureau.verified(papers["diploma"][0])["verdict"] == "genuine"
    assert bureau.verified(papers["second"][0])["verdict"] == "pending"
    bureau.assert_sound()


def test_another_student_s_transfer_form(bureau, papers):
    """The same with a form that has corner marks: altered with its fields, and it stays pending."""
    other = bureau.admit("郭二妮", 14, grade="J2")
    document = bureau.issue(other, "transfer_application", {**TRANSFER, "reason": "父亲调往武乡县工作。"})
    page = bureau.paper(document, 9).complete(SEALS, SIGNERS)
    (found,) = bureau.brought(with_code_of(page, papers["transfer"][1]).scan(FEEDER))["documents"]
    assert found["serial"] == papers["transfer"][0]["serial"]
    assert found["verdict"] == "altered"
    altered = {item["name"] for item in found["fields"] if item["result"] == "altered"}
    assert {"student_name", "sex", "birth_date", "student_no", "reason"} <= altered
    assert bureau.verified(papers["transfer"][0])["verdict"] == "pending"


def test_a_copied_code_keeps_its_own_paper(bureau, papers):
    """Whoever prints a genuine diploma again with another name keeps the code, and is found out by its text."""
    document, paper = papers["second"]
    forged = paper.alter("student_name", "申海英")
    (found,) = bureau.brought(forged.scan(FEEDER))["documents"]
    assert (found["verdict"], found["reasons"]) == ("altered", ["field_altered:student_name"])
    assert bureau.verified(document)["verdict"] == "pending"
    bureau.assert_sound()


@pytest.mark.parametrize(
    ("turn", "size", "off"), [(2.5, 1.0, (0.4, -0.3)), (-1.0, 0.88, (1.5, 1.0)), (180.0, 1.0, (0.0, 0.0))]
)
def test_a_pasted_code_does_not_lie_true(bureau, papers, turn, size, off):
    """Cut out by hand and glued askew, smaller, or upside down: wherever it says the page lies, it is another's page."""
    sheet, donor = papers["second"][1], papers["diploma"][1]
    patch, _, _ = code_of(donor)
    own, left, top = code_of(sheet)
    side = max(own.shape[:2])
    patch = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)
    about = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), turn, size)
    patch = cv2.warpAffine(patch, about, (side, side), borderValue=(255, 255, 255))
    scan = sheet.paste(0, patch, left + off[0], top + off[1]).scan(FEEDER)
    (found,) = bureau.brought(scan)["documents"]
    assert found["serial"] == papers["diploma"][0]["serial"]
    assert found["verdict"] in {"altered", "cannot_check"}
    differs = {"student_name", "birth_date", "certificate_no", "student_no"}
    assert {item["result"] for item in found["fields"] if item["name"] in differs} <= {
        "altered",
        "unreadable",
    }
    assert bureau.looked_at(scan)["verdict"] in {"altered", "cannot_check"}
    assert bureau.verified(papers["second"][0])["verdict"] == "pending"
