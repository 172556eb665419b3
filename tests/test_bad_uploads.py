"""Files that are no scans, over HTTP: each refused with its code, kept as it came, and the next scan is read."""

import secrets
from dataclasses import replace

import httpx
import numpy as np
import pytest

from service.register import make_token
from service.web.http import create
from tests.bureau import PROBLEM, bureau_of, file_of, refused
from tests.conftest import SCHOOL
from tests.paper import Scanner
from tests.served import served
from tests.specimens import make

LETTERS = "这是一份说明，不是扫描件。\n" * 40
MUSEUM = {
    "empty.pdf": (b"", 422, "empty", "重新扫描"),
    "text.pdf": (LETTERS.encode(), 415, "unknown_type", "PDF、JPEG、PNG、TIFF、HEIC"),
    "program.jpg": (b"MZ\x90\x00" + bytes(300), 415, "unknown_type", "另存为"),
    "page.html": (b"<html><body>hello</body></html>", 415, "unknown_type", "另存为"),
    "letter.docx": (b"PK\x03\x04" + bytes(300), 415, "unknown_type", "另存为"),
    "locked.pdf": (make.encrypted_pdf("secret"), 422, "encrypted_pdf", "不加密的 PDF"),
    "locked-open.pdf": (make.encrypted_pdf(""), 422, "encrypted_pdf", "不加密的 PDF"),
    "html-before.pdf": (make.web_page_before_pdf(), 422, "polyglot", "重新扫描"),
    "html-inside.pdf": (make.pdf_with_web_page(), 422, "polyglot", "重新扫描"),
    "zip-behind.pdf": (make.pdf_and_zip(), 422, "polyglot", "重新扫描"),
    "cut.pdf": (make.pdf()[:-60], 422, "truncated", "重新上传"),
    "hollow.pdf": (b"%PDF-1.7\nnothing at all\n%%EOF\n", 422, "damaged", "重新扫描"),
    "5000-pages.pdf": (make.pdf(5000), 413, "too_many_pages", "最多 60 页"),
    "80-pages.tif": (make.many_frames_tiff(), 413, "too_many_pages", "分成几个文件"),
    "30000x30000.png": (make.huge_png(), 422, "too_many_pixels", "200–300 dpi"),
    "cut.jpg": (make.truncated_jpeg(), 422, "truncated", "重新上传"),
    "cut.png": (make.truncated_png(), 422, "truncated", "重新上传"),
    "cut.heic": (make.image("heic")[:-200], 422, "truncated", "重新上传"),
    "zeros.jpg": (b"\xff\xd8\xff\xe0" + bytes(200), 422, "damaged", "重新扫描"),
}
LATE = {
    "noise.png": (make.damaged_png(), "damaged"),
    "endless.pdf": (make.endless_page_pdf(), "decoder_limit"),
}
FLATBED = Scanner(dpi=100)
BLANK = np.full((3508, 2480, 3), 255, np.uint8)


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, rate=1_000_000) as bureau:
        yield bureau


@pytest.mark.parametrize("name", MUSEUM)
def test_what_is_no_scan_is_refused_and_kept(bureau, name):
    """Status, code and advice; the bytes stand in the list as they came, with the refusal; the public is told the same."""
    data, status, code, says = MUSEUM[name]
    body = refused(bureau.upload(data, name), status, code, says)
    bureau.assert_kept(body["scan"], data)
    kept = bureau.caller().get(f"/v1/scans/{body['scan']}").json()
    assert (kept["state"], kept["problem"]["code"]) == ("failed", code)
    public = bureau.upload(data, name, bureau.caller(None), "/v1/verifications")
    assert "scan" not in refused(public, status, code, says)


@pytest.mark.parametrize("name", LATE)
def test_what_breaks_while_it_is_decoded_fails_alone(bureau, name, monkeypatch):
    """A file whose header is good is taken in, and set aside with its reason when it breaks; it is kept too."""
    monkeypatch.setattr("intake.uploads.PAGE_SECONDS", 2.0)
    data, code = LATE[name]
    result = bureau.brought(data, name)
    assert (result["state"], result["problem"]["code"]) == ("failed", code)
    assert "请" in result["problem"]["detail"]
    bureau.assert_kept(result["id"], data)


def test_a_blank_page(bureau):
    """No code: listed as unmatched, kept, and never more than cannot_check."""
    blank = file_of(BLANK, FLATBED)
    result = bureau.brought(blank)
    assert (result["documents"], result["unmatched"]) == ([], [{"page": 0, "reason": "no_code"}])
    bureau.assert_kept(result["id"], blank, "done")
    answer = bureau.looked_at(blank)
    assert (answer["verdict"], answer["reasons"]) == ("cannot_check", ["no_code"])


def test_too_many_bytes(bureau):
    """413 whether the length is told or not; up to the limit the file is taken, and kept if it is refused after all."""
    small = replace(bureau.office, settings=replace(bureau.office.settings, max_upload_mb=1))
    token = make_token(bureau.office.archive, secrets.token_bytes, "registrar", SCHOOL)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/png"}
    noise = secrets.token_bytes(2 << 20)
    before = bureau.caller().get("/v1/scans").json()
    with served(create(small)) as base, httpx.Client(base_url=base, headers=headers, timeout=60) as caller:
        refused(caller.post("/v1/scans", content=noise), 413, "too_large", "分几次上传")
        pieces = (noise[start : start + 65536] for start in range(0, len(noise), 65536))
        refused(caller.post("/v1/scans", content=pieces), 413, "too_large", "分几次上传")
        multipart = {"Authorization": headers["Authorization"]}
        with httpx.Client(base_url=base, headers=multipart, timeout=60) as browser:
            answer = browser.post("/v1/scans", files={"file": ("a.png", noise)})
            refused(answer, 413, "too_large", "分几次上传")
            assert bureau.caller().get("/v1/scans").json() == before
            little = noise[: (1 << 20) + 1]
            body = refused(browser.post("/v1/scans", files={"file": ("a.png", little)}), 413, "too_large")
            bureau.assert_kept(body["scan"], little)


def test_forms_without_a_file(bureau):
    """A missing part, a part of another name, and a body that is no file at all."""
    caller = bureau.caller()
    for files in ({"picture": ("a.png", b"x")}, {"file": ("", b"x")}):
        answer = caller.post("/v1/scans", files=files)
        assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
        assert "请" in answer.json()["detail"]
    refused(caller.post("/v1/scans", json={"file": "a.png"}), 415, "unsupported_type")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = caller.post("/v1/scans", content=b"--y\r\nnonsense", headers=broken)
    assert (answer.status_code, answer.headers["content-type"]) in {(400, PROBLEM), (422, PROBLEM)}


def test_file_names_are_only_names(bureau):
    """Paths, markup and endless names lead nowhere: the bytes are kept under their own digest."""
    data = file_of(BLANK, FLATBED)
    for name in (
        "../../../etc/passwd",
        "a\r\nX-Evil: 1.pdf",
        "<script>.pdf",
        "文" * 300 + ".pdf",
        "a\0b.pdf",
    ):
        result = bureau.brought(data, name)
        assert result["state"] == "done"
        answer = bureau.caller().get(f"/v1/scans/{result['id']}/original")
        assert answer.content == data
        assert "x-evil" not in answer.headers
        assert answer.headers["content-disposition"].count("scan-") == 2


def test_afterwards_all_is_well(bureau):
    """After all that the archive is sound, and the next honest scan is read."""
    bureau.assert_sound()
    assert bureau.brought(make.image("jpeg"), "a.jpg")["state"] == "done"
