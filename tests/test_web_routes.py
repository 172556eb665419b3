"""The routes over real HTTP, real archive and real keys; documents are placed on file, nothing is printed."""

import io
import json
import logging
import re
import secrets
import sqlite3
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
import qrcode
from PIL import Image

from service.app import build
from service.register import make_token
from service.settings import Settings
from service.signing import PublicKeys
from service.signing.published import read_list
from service.web import examples
from service.web.http import create
from service.web.number_schemas import NumberBlockIn
from service.web.schemas import DocumentIn, OrganizationIn, VerificationIn, VerificationOut
from tests.placed import CITY, COUNTY, OTHER_SCHOOL, SCHOOL, STUDENT_NO, place, place_people
from tests.served import client_of

NUMBER = "14042620262012{:04d}"


class Desk:
    """A served office, its client, and a token for each role."""

    def __init__(self, office, client):
        self.office, self.client = office, client
        self.tokens = {
            name: make_token(office.archive, secrets.token_bytes, role, org)
            for name, role, org in (
                ("city", "city", CITY),
                ("county", "county", COUNTY),
                ("registrar", "registrar", SCHOOL),
                ("stranger", "registrar", OTHER_SCHOOL),
                ("auditor", "auditor", CITY),
            )
        }
        self._next = 0

    def place(self, status="pending"):
        """File one more document."""
        self._next += 1
        return place(self.office, NUMBER.format(self._next), status)

    def ask(self, who, method, path, **more):
        """Send a request with somebody's token."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    office, close = build(Settings(data=tmp_path_factory.mktemp("data"), rate=100_000), printing=False)
    place_people(office)
    with client_of(create(office)) as client:
        yield Desk(office, client)
    close()


def problem(answer, status, code):
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["code"]) == (status, code), body
    return body


def photo(text=None, form="JPEG"):
    """An image that shows a code and nothing else, or nothing at all."""
    picture = Image.new("RGB", (640, 480), "white")
    if text:
        picture = qrcode.make(text).convert("RGB")
    data = io.BytesIO()
    picture.save(data, form)
    return data.getvalue()


def test_a_unit_is_registered_then_brought_up_to_date(desk):
    """201 for new, 200 for known; what was sent is what is told."""
    body = {"kind": "school", "name": "黎城县第九中学校", "parent": COUNTY, "stages": ["J"]}
    first = desk.ask("county", "PUT", "/v1/organizations/3114000999", json=body)
    assert first.status_code == 201
    assert first.json() == {**body, "code": "3114000999"}
    again = desk.ask("county", "PUT", "/v1/organizations/3114000999", json={**body, "head_name": "钟涛"})
    assert again.status_code == 200
    assert desk.ask("city", "GET", "/v1/organizations/3114000999").json()["head_name"] == "钟涛"
    codes = {unit["code"] for unit in desk.ask("county", "GET", "/v1/organizations").json()["organizations"]}
    assert {COUNTY, SCHOOL} <= codes
    assert OTHER_SCHOOL not in codes


def test_a_unit_with_an_unknown_member_is_refused_by_name(desk):
    """extra=forbid: a typing error does not become data."""
    body = {"kind": "school", "name": "x", "parent": COUNTY, "heed_name": "钟涛"}
    refusal = desk.ask("county", "PUT", "/v1/organizations/3114000998", json=body)
    assert [item["field"] for item in problem(refusal, 422, "invalid_request")["errors"]] == ["heed_name"]


def test_without_a_known_token_nothing_is_told(desk):
    """401 for no token, a made-up token, and another scheme."""
    for headers in ({}, {"Authorization": "Bearer yz_nobody"}, {"Authorization": "Basic eDp5"}):
        answer = desk.client.get(f"/v1/students/{STUDENT_NO}", headers=headers)
        problem(answer, 401, "no_token")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(desk.client.post("/v1/documents", json={"nonsense": 1}), 401, "no_token")
    problem(desk.client.post("/v1/scans", files={"file": b"x"}), 401, "no_token")


def test_a_student_out_of_scope_is_refused_with_article_44(desk):
    """Another school's registrar gets the reason, not the record."""
    answer = desk.ask("stranger", "GET", f"/v1/students/{STUDENT_NO}")
    assert problem(answer, 403, "out_of_scope")["article"] == "第四十四条"
    assert "文勇俊" not in answer.text
    assert desk.ask("county", "GET", f"/v1/students/{STUDENT_NO}").json()["name"] == "文勇俊"


def test_a_student_record_is_refused_by_field_and_article(desk):
    """Unknown, missing and contradicting fields are named at once."""
    record = {**examples.STUDENT, "sex": "2", "shoe_size": "39"}
    body = desk.ask("registrar", "PUT", f"/v1/students/{STUDENT_NO}", json=record).json()
    found = {item["field"]: item for item in body["errors"]}
    assert found["shoe_size"]["code"] == "unknown_field"
    assert found["sex"]["article"] == "第十四条"
    good = desk.ask("registrar", "PUT", f"/v1/students/{STUDENT_NO}", json=examples.STUDENT)
    assert good.status_code == 200


def test_the_catalogue_says_what_a_form_needs(desk):
    """Every form's JSON Schema knows the data of its own example."""
    forms = desk.client.get("/v1/forms").json()["forms"]
    assert {"diploma_junior", "academic_record_certificate", "transfer_application"} <= {
        f["form"] for f in forms
    }
    for form in forms:
        told = desk.client.get(f"/v1/forms/{form['form']}").json()
        example = json.loads(desk.office.catalogue.get(form["form"]).example.read_text("utf-8"))["data"]
        assert set(example) <= set(told["schema"]["properties"]), form["form"]
        assert set(told["schema"]["required"]) <= set(told["schema"]["properties"])
        assert told["article"].startswith("第")
        assert told["blocks"]
    problem(desk.client.get("/v1/forms/nonsense"), 404, "unknown_form")


def test_a_number_block_comes_from_an_authority(desk):
    """A county hands one out, a registrar may not, a second with the same numbers is refused (art. 34)."""
    block = {**examples.NUMBER_BLOCK, "pattern": "9904262026{:04d}"}
    problem(desk.ask("registrar", "POST", "/v1/number-blocks", json=block), 403, "role_not_allowed")
    given = desk.ask("county", "POST", "/v1/number-blocks", json=block)
    assert given.status_code == 201
    listed = desk.ask("registrar", "GET", "/v1/number-blocks", params={"form": "diploma_junior"}).json()
    assert given.json() in listed["number_blocks"]
    problem(desk.ask("county", "POST", "/v1/number-blocks", json=block), 409, "block_overlaps")
    problem(
        desk.ask("county", "POST", "/v1/number-blocks", json={**block, "first": "eins"}),
        422,
        "invalid_request",
    )


def test_a_request_for_a_document_is_refused_by_field(desk):
    """Unknown form, unknown field, missing field: each has a name, nothing is printed."""
    wrong = {**examples.DOCUMENT, "form": "nonsense"}
    problem(desk.ask("registrar", "POST", "/v1/documents", json=wrong), 404, "unknown_form")
    data = {"study_from": "2023-09", "issued_on": "2026-07-01", "graduated": "yes"}
    refusal = desk.ask("registrar", "POST", "/v1/documents", json={**examples.DOCUMENT, "data": data})
    fields = {item["field"] for item in problem(refusal, 422, refusal.json()["code"])["errors"]}
    assert {"graduated", "study_to"} <= fields


def test_a_document_is_told_to_those_in_scope(desk):
    """Body, PDF and Word file exactly as filed; strangers are refused; the looks are in the register."""
    document = desk.place()
    path = f"/v1/documents/{document.serial}"
    told = desk.ask("registrar", "GET", path).json()
    assert (told["number"], told["status"]) == (document.number, "pending")
    assert told["verify_url"] == document.code_text
    pdf = desk.ask("registrar", "GET", told["links"]["content"])
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"].startswith("inline")
    assert pdf.content.endswith(document.number.encode())
    word = desk.ask("county", "GET", told["links"]["docx"])
    assert word.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in word.headers["content-security-policy"]
    assert desk.ask("county", "GET", f"{path}/layout").json()["form"] == "diploma_junior"
    for link in ("", "/content", "/docx", "/layout"):
        problem(desk.ask("stranger", "GET", path + link), 403, "out_of_scope")
    with desk.office.archive.read() as reading:
        looks = [row.what for row in reading.accesses(STUDENT_NO)]
    assert f"pdf {document.serial}" in looks
    problem(desk.ask("city", "GET", "/v1/documents/0000-0000-00001"), 404, "bad_serial")
    serials = [d["serial"] for d in desk.ask("county", "GET", "/v1/documents").json()["documents"]]
    assert document.serial in serials
    assert desk.ask("stranger", "GET", "/v1/documents").json() == {"documents": []}


def test_a_revoked_document_is_revoked_for_everybody(desk):
    """The reason is asked for, the status moves, the public answer follows, the list says so."""
    document = desk.place()
    path = f"/v1/documents/{document.serial}/revoke"
    problem(desk.ask("registrar", "POST", path, json={}), 422, "invalid_request")
    assert desk.ask("registrar", "POST", path, json=examples.REVOKE).json()["status"] == "revoked"
    problem(desk.ask("registrar", "POST", path, json=examples.REVOKE), 409, "already_revoked")
    answer = desk.client.post("/v1/verifications", json={"qr": document.code_text})
    assert answer.json()["verdict"] == "revoked"
    keys = PublicKeys.from_json(desk.client.get("/.well-known/yinzheng-keys.json").text)
    listed = read_list(keys, desk.client.get("/v1/status-list").text)
    assert document.serial in listed.sets["revoked"]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("pending", "pending"), ("effective", "genuine"), ("revoked", "revoked"), ("superseded", "superseded")],
)
def test_a_code_is_answered_with_the_public_minimum(desk, status, verdict):
    """JSON and page say the same; no more than seven members leave (art. 44)."""
    document = desk.place(status)
    answer = desk.client.post("/v1/verifications", json={"qr": document.code_text})
    body = VerificationOut.model_validate(answer.json())
    assert set(answer.json()) == set(VerificationOut.model_fields)
    assert (body.verdict, body.number, body.holder_masked) == (verdict, document.number, "文**")
    token = document.code_text.rpartition("/")[2]
    for path in (f"/V/{token}", f"/v/{token.lower()}"):
        assert desk.client.get(path, headers={"Accept": "application/json"}).json() == answer.json()
    page = desk.client.get(f"/V/{token}", headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script" not in page.headers["content-security-policy"]
    assert "文勇俊" not in page.text
    assert STUDENT_NO not in page.text


@pytest.mark.parametrize(
    "text", ["x", "HTTPS://YINZHENG.EXAMPLE/V/AAAA", "文", "../../etc/passwd", "A" * 152]
)
def test_a_code_that_is_not_ours_is_unknown(desk, text):
    """Anything may be scanned; the answer stays 200 and honest."""
    body = desk.client.post("/v1/verifications", json={"qr": text}).json()
    assert body["verdict"] == "unknown"
    assert body["number"] is None


def test_a_changed_code_is_unknown(desk):
    """One character changed in the token breaks the signature."""
    text = desk.place("effective").code_text
    changed = text[:60] + ("A" if text[60] != "A" else "B") + text[61:]
    assert desk.client.post("/v1/verifications", json={"qr": changed}).json()["reasons"] == ["bad_signature"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"qr":""}',
        b'{"qr":1}',
        b'{"qr":"x","y":1}',
        b'{"qr":"' + b"x" * 3000 + b'"}',
        b"\xff",
    ],
)
def test_a_verification_request_that_is_none_is_refused(desk, body):
    """Broken bodies are 422 problems, never 500."""
    answer = desk.client.post("/v1/verifications", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422, "invalid_request")


def test_an_image_of_the_code_alone_says_that_the_paper_was_not_seen(desk):
    """As multipart and as bare bytes; the page says it in words."""
    document = desk.place("effective")
    picture = photo(document.code_text)
    sent = desk.client.post("/v1/verifications", files={"file": ("scan.jpg", picture, "image/jpeg")}).json()
    bare = desk.client.post(
        "/v1/verifications", content=picture, headers={"Content-Type": "image/jpeg"}
    ).json()
    assert sent == bare
    assert (sent["verdict"], sent["reasons"]) == ("genuine", ["code_only"])
    page = desk.client.post("/V", files={"file": ("a.jpg", picture, "image/jpeg")})
    assert "没有拍到整张纸" in page.text
    assert "没有看纸" in page.text


def test_the_plain_form_with_two_inputs_takes_the_one_that_was_filled(desk):
    """A browser sends the empty camera input too."""
    files = [
        ("file", ("", b"", "application/octet-stream")),
        ("file", ("a.png", photo(form="PNG"), "image/png")),
    ]
    page = desk.client.post("/V", files=files)
    assert page.status_code == 200
    assert "没有找到本系统的二维码" in page.text


def test_an_upload_that_cannot_be_read_is_told_as_a_page_to_people_and_a_problem_to_programs(desk):
    """No file, no image, a cut-off image."""
    for data, status in ((photo()[:200], 422), (b"hello", 415)):
        page = desk.client.post("/V", files={"file": ("a.jpg", data, "image/jpeg")})
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")
        answer = desk.client.post("/v1/verifications", files={"file": ("a.jpg", data, "image/jpeg")})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    problem(desk.client.post("/v1/verifications", files={"other": b"x"}), 422, "no_file")
    problem(desk.client.post("/v1/verifications", data={"qr": "x"}), 415, "unsupported_type")
    assert desk.client.post("/V", files={"other": b"x"}).status_code == 422
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert desk.client.post("/V", content=b"nonsense", headers=broken).status_code in {400, 422}
    assert desk.client.post("/v1/verifications", content=b"nonsense", headers=broken).status_code in {
        400,
        422,
    }


def test_too_many_questions_from_one_address_are_put_off(tmp_path):
    """429 with Retry-After, as a problem to programs and a page to people; other routes go on."""
    office, close = build(Settings(data=tmp_path, rate=3), printing=False)
    with client_of(create(office)) as client:
        for _ in range(3):
            assert client.post("/v1/verifications", json={"qr": "x"}).status_code == 200
        refusal = client.post("/v1/verifications", json={"qr": "x"})
        problem(refusal, 429, "too_many_requests")
        assert int(refusal.headers["retry-after"]) >= 1
        page = client.get("/V/AAAA")
        assert page.status_code == 429
        assert "秒再试" in page.text
        assert client.get("/").status_code == 200
    close()


def test_an_upload_above_the_limit_is_413_everywhere(tmp_path):
    """A page to people; a problem to programs and to staff; nothing is read for who has no token."""
    office, close = build(Settings(data=tmp_path, max_upload_mb=1), printing=False)
    place_people(office)
    token = make_token(office.archive, secrets.token_bytes, "registrar", SCHOOL)
    files = {"file": ("a.jpg", b"x" * (2 << 20), "image/jpeg")}
    with client_of(create(office)) as client:
        page = client.post("/V", files=files)
        assert page.status_code == 413
        assert "<h1" in page.text
        assert "超过 1 MB" in page.text
        problem(client.post("/v1/verifications", files=files), 413, "too_large")
        problem(client.post("/v1/scans", files=files), 401, "no_token")
        staff = {"Authorization": f"Bearer {token}"}
        problem(client.post("/v1/scans", files=files, headers=staff), 413, "too_large")
    close()


def test_a_scan_is_taken_in_listed_and_given_back(desk):
    """202 with its address, waiting in the list, and the original byte by byte."""
    data = photo()
    taken = desk.ask("registrar", "POST", "/v1/scans", files={"file": ("文勇俊.jpg", data, "image/jpeg")})
    assert taken.status_code == 202
    path = taken.headers["location"]
    assert path == f"/v1/scans/{taken.json()['id']}"
    told = desk.ask("registrar", "GET", path).json()
    assert (told["state"], told["documents"], told["unmatched"]) == ("waiting", [], [])
    listed = desk.ask("county", "GET", "/v1/scans", params={"state": "waiting"}).json()["scans"]
    assert taken.json()["id"] in [line["id"] for line in listed]
    original = desk.ask("registrar", "GET", f"{path}/original")
    assert original.content == data
    assert original.headers["content-disposition"].startswith("attachment")
    problem(desk.ask("stranger", "GET", path), 403, "out_of_scope")
    problem(desk.ask("auditor", "POST", "/v1/scans", files={"file": data}), 403, "role_not_allowed")
    problem(desk.ask("registrar", "GET", "/v1/scans/nonsense"), 404, "unknown_scan")
    problem(desk.ask("registrar", "GET", "/v1/scans?state=lost"), 422, "invalid_request")


def test_a_refused_scan_is_kept_and_named(desk):
    """What cannot be opened is refused with the id under which it stays."""
    answer = desk.ask(
        "registrar", "POST", "/v1/scans", files={"file": ("a.pdf", b"hello", "application/pdf")}
    )
    body = problem(answer, 415, "unknown_type")
    assert desk.ask("registrar", "GET", f"/v1/scans/{body['scan']}").json()["state"] == "failed"


def test_a_long_poll_answers_as_soon_as_the_reading_is_done(desk):
    """The answer comes with the result, not at the end of the wait."""
    scan = desk.ask("registrar", "POST", "/v1/scans", files={"file": photo()}).json()["id"]

    def finish():
        time.sleep(0.5)
        with desk.office.archive.begin() as transaction:
            transaction.set_scan(scan, "done", result={"documents": [], "unmatched": []}, pages=1)

    threading.Thread(target=finish).start()
    began = time.monotonic()
    told = desk.ask("registrar", "GET", f"/v1/scans/{scan}?wait=30").json()
    assert told["state"] == "done"
    assert 0.4 < time.monotonic() - began < 5


def test_waiting_holds_nobody_else_up(desk):
    """Sixty polls that wait take no thread from others: staff and public are answered meanwhile."""
    scan = desk.ask("registrar", "POST", "/v1/scans", files={"file": photo()}).json()["id"]
    with ThreadPoolExecutor(60) as pool:
        polls = [pool.submit(desk.ask, "registrar", "GET", f"/v1/scans/{scan}?wait=3") for _ in range(60)]
        time.sleep(1)
        began = time.monotonic()
        assert desk.ask("registrar", "GET", "/v1/documents").status_code == 200
        assert desk.client.post("/v1/verifications", json={"qr": "x"}).status_code == 200
        assert time.monotonic() - began < 1.5
        assert {poll.result().json()["state"] for poll in polls} == {"waiting"}


def test_the_permanent_file_is_shown_to_its_owners_and_each_look_is_registered(desk):
    """List, one entry, BagIt package; a stranger needs an approval (art. 44)."""
    data = b'{"seen": true}'
    with desk.office.archive.begin() as transaction:
        entry = transaction.add_entry(
            archive=STUDENT_NO,
            kind="tick",
            archive_class="毕业证书留存影像",
            title="初中毕业证书（人工确认签章）",
            sha256=desk.office.archive.objects.put(data),
            size=len(data),
            media_type="application/json",
            serial=None,
            by="0" * 64,
        )
    path = f"/v1/archives/{STUDENT_NO}"
    told = desk.ask("county", "GET", path).json()
    assert entry.id in [item["id"] for item in told["entries"]]
    got = desk.ask("county", "GET", f"{path}/entries/{entry.id}/content")
    assert got.content == data
    assert STUDENT_NO not in got.headers["content-disposition"]
    package = desk.ask("county", "GET", f"{path}/package")
    assert package.headers["content-type"] == "application/zip"
    assert any(name.endswith("bagit.txt") for name in zipfile.ZipFile(io.BytesIO(package.content)).namelist())
    refusal = desk.ask("stranger", "GET", path, params={"approval": "无"})
    assert problem(refusal, 403, "approval_needed")["article"] == "第四十四条"
    with desk.office.archive.read() as reading:
        assert {"list", f"entry {entry.id}", "package"} <= {row.what for row in reading.accesses(STUDENT_NO)}
    problem(desk.ask("city", "GET", "/v1/archives/G000"), 404, "unknown_archive")


def test_everything_an_offline_verifier_needs_is_public(desk):
    """Keys check a code and the checkpoint; the proof of a document leads to its root."""
    document = desk.place("effective")
    keys = PublicKeys.from_json(desk.client.get("/.well-known/yinzheng-keys.json").text)
    assert keys.check(document.code_text).serial == document.serial
    answer = desk.client.get(f"/v1/log/proof/{document.serial}")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["index"] < answer.json()["size"]
    head = desk.client.get("/v1/log/checkpoint").text
    assert head.splitlines()[1] == str(answer.json()["size"])
    grown = desk.client.get("/v1/log/consistency", params={"first": 1}).json()
    assert (grown["second"], grown["second_root"]) == (answer.json()["size"], answer.json()["root"])
    far = desk.client.get("/v1/log/consistency", params={"first": 10**6})
    problem(far, 422, "bad_range")
    listed = read_list(keys, desk.client.get("/v1/status-list", params={"long": True}).text)
    assert document.serial in listed.sets["effective"]
    assert STUDENT_NO not in answer.text
    assert desk.client.get("/v1/log/proof/0000-0000-00000").status_code == 404


def test_probes_tell_what_is_wrong(desk):
    """Alive is alive; not ready names LibreOffice, which these tests do not start."""
    assert desk.client.get("/healthz").json() == {"alive": True}
    ready = desk.client.get("/readyz")
    assert ready.status_code == 503
    assert ready.headers["retry-after"]
    assert any("LibreOffice" in fault for fault in ready.json()["faults"])


def test_figures_name_routes_and_nobody(desk):
    """Prometheus text with route templates; no serial, token, number or name."""
    document = desk.place("effective")
    desk.client.get("/V/" + document.token)
    desk.ask("county", "GET", f"/v1/students/{STUDENT_NO}")
    text = desk.client.get("/metrics").text
    assert 'yinzheng_http_requests_total{method="GET",route="/V/{token}",status="200"}' in text
    assert 'yinzheng_documents{state="effective"}' in text
    assert 'yinzheng_verifications_total{verdict="genuine"}' in text
    for secret in (document.serial, document.token, document.number, STUDENT_NO, "文勇俊"):
        assert secret not in text
    for line in text.splitlines():
        assert re.fullmatch(
            r"# HELP [\w ]+.*|# TYPE \w+ \w+|\w+(\{[^}]*(\{\w+\}[^}]*)*\})? [0-9.e+-]+", line
        ), line


def test_the_log_names_nobody(desk, caplog):
    """Whatever is asked, no line holds a serial, token, number or name."""
    document = desk.place("effective")
    with caplog.at_level(logging.INFO):
        desk.client.get("/V/" + document.token)
        desk.client.post("/v1/verifications", json={"qr": document.code_text})
        desk.ask("county", "GET", f"/v1/archives/{STUDENT_NO}")
        desk.ask("county", "GET", f"/v1/documents/{document.serial}/content")
        desk.ask("stranger", "GET", f"/v1/students/{STUDENT_NO}")
        time.sleep(0.2)
    assert "/v1/archives/{owner}" in caplog.text
    for secret in (
        document.serial,
        document.token,
        document.number,
        STUDENT_NO,
        "文勇俊",
        *desk.tokens.values(),
    ):
        assert secret not in caplog.text


def test_a_broken_database_is_no_verdict(tmp_path):
    """An outage is `cannot_check` to the public, 503 to staff, and named by /readyz."""
    office, close = build(Settings(data=tmp_path), printing=False)
    place_people(office)
    document = place(office, NUMBER.format(1), "effective")
    token = make_token(office.archive, secrets.token_bytes, "city", CITY)
    with sqlite3.connect(next(tmp_path.glob("*.sqlite3"))) as database:
        database.executescript("PRAGMA foreign_keys=OFF; DROP TABLE documents;")
    database.close()
    with client_of(create(office)) as client:
        body = client.post("/v1/verifications", json={"qr": document.code_text}).json()
        assert (body["verdict"], body["reasons"]) == ("cannot_check", ["database"])
        assert "暂不能核验" in client.get("/V/" + document.token).text
        asked = client.get("/v1/documents", headers={"Authorization": f"Bearer {token}"})
        assert problem(asked, 503, "store_away")["title"] == "档案库暂时不可用"
        assert asked.headers["retry-after"]
    close()


DESIGN = frozenset(
    {
        "PUT /v1/organizations/{}",
        "GET /v1/organizations/{}",
        "PUT /v1/students/{}",
        "GET /v1/students/{}",
        "POST /v1/students/import",
        "GET /v1/forms",
        "GET /v1/forms/{}",
        "POST /v1/number-blocks",
        "GET /v1/number-blocks",
        "POST /v1/documents",
        "GET /v1/documents/{}",
        "GET /v1/documents/{}/content",
        "GET /v1/documents/{}/docx",
        "POST /v1/documents/{}/revoke",
        "POST /v1/documents/{}/marks",
        "POST /v1/scans",
        "GET /v1/scans",
        "GET /v1/scans/{}",
        "POST /v1/verifications",
        "GET /V/{}",
        "GET /v1/archives/{}",
        "GET /v1/archives/{}/entries/{}/content",
        "GET /v1/archives/{}/package",
        "GET /.well-known/yinzheng-keys.json",
        "GET /v1/log/checkpoint",
        "GET /v1/log/proof/{}",
        "GET /v1/log/consistency",
        "GET /v1/status-list",
        "GET /healthz",
        "GET /readyz",
        "GET /metrics",
    }
)
"""The calls of design.md §4.2."""


def test_the_description_is_complete(desk):
    """OpenAPI 3.1 with every call of the design, problems everywhere, no reference that leads nowhere."""
    told = desk.client.get("/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    calls = {
        f"{method.upper()} {re.sub(r'{[^}]+}', '{}', path)}"
        for path, operations in told["paths"].items()
        for method in operations
    }
    assert calls >= DESIGN
    names = set(told["components"]["schemas"])
    assert {
        ref.rpartition("/")[2] for ref in re.findall(r"#/components/schemas/\w+", json.dumps(told))
    } <= names
    identities = [operation["operationId"] for ops in told["paths"].values() for operation in ops.values()]
    assert len(identities) == len(set(identities))
    for operations in told["paths"].values():
        for operation in operations.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]
            assert operation["summary"]


def test_every_json_body_has_an_example_that_is_accepted(desk):
    """The examples are the worked example of the design, and they are valid."""
    told = desk.client.get("/openapi.json").json()
    for path, operations in told["paths"].items():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                schema = content["application/json"]["schema"]
                name = schema["$ref"].rpartition("/")[2]
                assert told["components"]["schemas"][name]["examples"], path
    assert NumberBlockIn.model_validate(examples.NUMBER_BLOCK)
    assert VerificationIn.model_validate(examples.VERIFICATION)
    assert all(DocumentIn.model_validate(body) for body in (examples.DOCUMENT, examples.TRANSFER))
    assert all(
        OrganizationIn.model_validate(body) for body in (examples.CITY, examples.COUNTY, examples.SCHOOL)
    )


def test_pages_and_assets_come_from_here_only(desk):
    """Front page, Swagger UI, style sheet: own policy each, nothing named that lies elsewhere."""
    for path in ("/", "/docs", "/desk"):
        page = desk.client.get(path)
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "http" not in policy
        for target in re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text):
            assert target.startswith("/")
            assert desk.client.get(target).status_code in {200, 503}, target
    assert desk.client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
    problem(desk.client.get("/static/..%2fhttp.py"), 404, "no_such_address")
    problem(desk.client.get("/static/nothing.css"), 404, "no_such_address")
