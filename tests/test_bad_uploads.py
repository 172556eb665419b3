"""Uploads that are no scans, over HTTP; the hostile files themselves are in test_hostile.py."""

import secrets
import socket
import time
from dataclasses import replace

import httpx
import numpy as np
import pytest

from service.register import make_token
from service.web.http import create
from tests.bureau import PROBLEM, bureau_of, file_of, reasons_of, refused
from tests.conftest import SCHOOL
from tests.paper import Scanner
from tests.served import served
from tests.specimens import make

FLATBED = Scanner(dpi=100)
BLANK = np.full((3508, 2480, 3), 255, np.uint8)


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, rate=1_000_000) as bureau:
        yield bureau


def test_a_blank_page(bureau):
    """No code: listed as unmatched, kept, and never more than cannot_check."""
    blank = file_of(BLANK, FLATBED)
    result = bureau.brought(blank)
    assert (result["documents"], reasons_of(result)) == ([], [(0, "no_code")])
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


def test_two_gigabytes_are_refused_by_their_length(bureau):
    """A declared length of 2 GB is answered 413 before a byte of it is there, and the connection is given up."""
    for kind in ("application/pdf", "multipart/form-data; boundary=x"):
        answer = bare(bureau, f"Content-Type: {kind}\r\nContent-Length: {2 << 30}\r\nExpect: 100-continue")
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"too_large" in answer
        assert b"connection: close" in answer.lower()


def bare(bureau, headers, body=b""):
    """Say exactly this to the server as a registrar, and give all it answers until it hangs up."""
    token = bureau.caller().headers["Authorization"]
    address = (bureau.caller().base_url.host, bureau.caller().base_url.port)
    with socket.create_connection(address, timeout=60) as caller:
        head = f"POST /v1/scans HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n{headers}\r\n\r\n"
        caller.sendall(head.encode() + body)
        return b"".join(iter(lambda: caller.recv(65536), b""))


def parts(count, head=b'form-data; name="a"', content=b"x"):
    """A form of so many parts."""
    part = b"--x\r\nContent-Disposition: " + head + b"\r\n\r\n" + content + b"\r\n"
    return part * count + b"--x--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        parts(200_000),
        parts(50_000, b'form-data; name="file"; filename="a.png"'),
        parts(1, b'form-data; name="file"; filename="' + b"a" * (20 << 20) + b'"'),
        parts(1, b'form-data; name="' + b"a" * (20 << 20) + b'"'),
        parts(1, b'form-data; name="a"\r\n' + b"X: y\r\n" * 1_000_000 + b"Y: z"),
        parts(1, b'form-data; name="a"', b"x" * (2 << 20)),
        parts(1, b"form-data"),
        b"--x\r\n" * 1_000_000,
    ],
    ids=["fields", "files", "file name", "field name", "headers", "long field", "no name", "boundaries"],
)
def test_hostile_forms_are_refused_cheaply(bureau, body):
    """Many parts, endless names and headers: a refusal that says what to do, and little of the processor."""
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    before = time.process_time()
    answer = bureau.caller().post("/v1/scans", content=body, headers=form)
    assert answer.status_code in {400, 413, 422}
    assert answer.headers["content-type"] == PROBLEM
    assert "请" in answer.json()["detail"]
    assert time.process_time() - before < 2


@pytest.mark.parametrize(
    "charset", ["undefined", "idna", "punycode", "zlib_codec", "utf-32", "unicode_escape", "x"]
)
def test_odd_charsets_are_no_error(bureau, charset):
    """The names of a form may be said to be in any charset; the file is taken, or the form refused."""
    form = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    body = parts(1, b'form-data; name="file"; filename="\xff\xd8a\\x.png"', make.image("png"))
    answer = bureau.caller().post("/v1/scans", content=body, headers=form)
    assert answer.status_code in {202, 400, 422}


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
