"""The review desk over HTTP: what waits, its pictures, who may answer, and what an answer does."""

import io
import secrets

import numpy as np
import pytest
from PIL import Image

from service.app import build
from service.receive.doubts import of_evidence
from service.register import identify, make_token
from service.settings import Settings
from service.web.http import create
from storage.check import check
from templates.evidence import EVIDENCE
from tests.desked import NAMES, PX, box_mm, nobodys, placed, scanned, sheet, side
from tests.placed import CITY, COUNTY, OTHER_SCHOOL, SCHOOL, STUDENT_NO, place_people
from tests.served import client_of

NUMBER = "14042620262012{:04d}"
TOKENS = {
    "city": ("city", CITY),
    "county": ("county", COUNTY),
    "registrar": ("registrar", SCHOOL),
    "colleague": ("registrar", SCHOOL),
    "head": ("head", SCHOOL),
    "stranger": ("registrar", OTHER_SCHOOL),
    "auditor": ("auditor", CITY),
}


class Desk:
    """A served office, and people with tokens."""

    def __init__(self, office, client):
        self.office, self.client = office, client
        self.tokens = {
            name: make_token(office.archive, secrets.token_bytes, *whose) for name, whose in TOKENS.items()
        }
        self._next = 0

    def paper(self, **more):
        """One more diploma on file."""
        self._next += 1
        return placed(self.office, NUMBER.format(self._next), **more)

    def ask(self, who, method, path, **more):
        """Send a request with somebody's token."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return self.client.request(method, path, headers=headers, **more)

    def waiting(self, document, who="registrar", state="waiting"):
        """What waits of a document: name → review."""
        told = self.ask(who, "GET", "/v1/reviews", params={"serial": document.serial, "state": state})
        assert told.status_code == 200, told.text
        return {one["name"]: one for one in told.json()["reviews"]}

    def answer(self, review, answer, who="registrar", **more):
        """Give an answer and get what came of it."""
        path = f"/v1/reviews/{review['id']}/decisions"
        return self.ask(who, "POST", path, json={"answer": answer, **more})

    def scan(self, scan, document, who="registrar"):
        """A document as its scan is told now."""
        told = self.ask(who, "GET", f"/v1/scans/{scan}").json()
        return next(one for one in told["documents"] if one["serial"] == document.serial)

    def status(self, document):
        """Where the paper stands."""
        return self.ask("city", "GET", f"/v1/documents/{document.serial}").json()["status"]

    def uploader(self, name):
        """The token digest by which somebody's scans are known."""
        return identify(self.office, self.tokens[name]).token_digest


def desk_of(tmp_path_factory, **settings):
    office, close = build(
        Settings(data=tmp_path_factory.mktemp("data"), rate=100_000, **settings), printing=False
    )
    place_people(office)
    return office, close


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    office, close = desk_of(tmp_path_factory)
    with client_of(create(office)) as client:
        yield Desk(office, client)
    close()


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A bureau that wants every answer from two persons."""
    office, close = desk_of(tmp_path_factory, review_eyes=2)
    with client_of(create(office)) as client:
        yield Desk(office, client)
    close()


def problem(answer, status, code):
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["code"]) == (status, code), body
    assert "请" in body["detail"]
    return body


def test_one_doubtful_field_decided_makes_the_paper_genuine(desk):
    """The person's answer takes the finding's place; the machine's check stays, and who decided is filed."""
    document = desk.paper()
    scan = scanned(desk.office, [side(document, birth_date="unreadable")])
    before = desk.scan(scan, document)
    assert (before["verdict"], before["waiting"], before["reviewed"]) == ("cannot_check", 2, None)
    waiting = desk.waiting(document)
    assert {name: one["kind"] for name, one in waiting.items()} == {"birth_date": "field", "photo": "tick"}
    item = waiting["birth_date"]
    assert (item["label"], item["expected"]) == ("出生日期", "二〇一一年四月十二日")
    assert "出生日期" in item["text"]
    told = desk.answer(item, "match").json()
    assert (told["state"], told["answer"]) == ("decided", "match")
    after = desk.scan(scan, document)
    assert (after["verdict"], after["reviewed"]["verdict"], after["waiting"]) == (
        "cannot_check",
        "genuine",
        1,
    )
    assert desk.status(document) == "effective"
    filed = desk.ask(
        "city", "GET", f"/v1/archives/{SCHOOL}/entries/{after['reviewed']['entry']}/content"
    ).json()
    (given,) = filed["reviewed"]
    assert (given["review"], given["machine"], given["answer"]) == (item["id"], "unreadable", "match")
    assert (given["by"], given["role"], given["org"]) == (desk.uploader("registrar"), "registrar", SCHOOL)
    assert filed["machine"]["verdict"] == "cannot_check"
    assert [one["person"] for one in filed["fields"]] == [False, True, False]


def test_an_altered_answer_makes_the_verdict_altered(desk):
    """And the paper stays what it was."""
    document = desk.paper()
    scan = scanned(desk.office, [side(document, birth_date="unreadable", school="unclear")])
    waiting = desk.waiting(document)
    desk.answer(waiting["birth_date"], "altered")
    assert desk.scan(scan, document)["reviewed"] is None, "the seal still waits"
    desk.answer(waiting["school"], "present")
    reviewed = desk.scan(scan, document)["reviewed"]
    assert (reviewed["verdict"], reviewed["reasons"]) == ("altered", ["field_altered:birth_date"])
    assert desk.status(document) == "pending"


def test_oldest_first_in_pages_and_with_counts(desk):
    """`next` leads on; nothing is told twice; counts are of the whole scope."""
    for _ in range(3):
        scanned(desk.office, [side(desk.paper(), student_name="unreadable")])
    seen, after = [], None
    while True:
        params = {"limit": 2} | ({"after": after} if after else {})
        page = desk.ask("county", "GET", "/v1/reviews", params=params).json()
        seen += page["reviews"]
        after = page["next"]
        if after is None:
            break
    moments = [one["opened_at"] for one in seen]
    assert moments == sorted(moments)
    assert (
        len({one["id"] for one in seen}) == len(seen) == page["counts"]["open"] + page["counts"]["disputed"]
    )
    problem(desk.ask("county", "GET", "/v1/reviews", params={"after": "x"}), 404, "not_found")
    problem(desk.ask("county", "GET", "/v1/reviews", params={"limit": 0}), 422, "invalid_request")


def test_the_owners_chain_only(desk):
    """Art. 44: another school learns nothing; an auditor looks and does not answer; no token, nothing."""
    document = desk.paper()
    scanned(desk.office, [side(document, birth_date="unreadable")])
    item = desk.waiting(document)["birth_date"]
    path = f"/v1/reviews/{item['id']}"
    assert desk.waiting(document, "stranger") == {}
    for call in (path, f"{path}/crop", f"{path}/crop?of=record", f"/v1/scans/{item['scan']}/pages/0/picture"):
        refusal = desk.ask("stranger", "GET", call)
        assert problem(refusal, 403, "out_of_scope")["article"] == "第四十四条"
        assert "文勇俊" not in refusal.text
        problem(desk.ask(None, "GET", call), 401, "no_token")
    problem(desk.answer(item, "match", "stranger"), 403, "out_of_scope")
    assert desk.ask("auditor", "GET", path).status_code == 200
    problem(desk.answer(item, "match", "auditor"), 403, "role_not_allowed")
    for missing in ("999999", "x"):
        problem(desk.ask("city", "GET", f"/v1/reviews/{missing}"), 404, "unknown_review")


def test_one_answer_for_each_person(desk):
    """The same answer again changes nothing; another one is refused, and so is one after the decision."""
    document = desk.paper()
    scan = scanned(desk.office, [side(document, birth_date="unreadable")])
    item = desk.waiting(document)["birth_date"]
    first = desk.answer(item, "unreadable").json()
    assert desk.answer(item, "unreadable").json() == first
    assert len(first["decisions"]) == 1
    problem(desk.answer(item, "match"), 409, "review_closed")
    problem(desk.answer(item, "match", "county"), 409, "review_closed")
    assert desk.scan(scan, document)["reviewed"]["verdict"] == "cannot_check"
    tick = desk.waiting(document)["photo"]
    problem(desk.answer(tick, "match"), 422, "answer_not_allowed")
    problem(desk.answer(tick, "nonsense"), 422, "invalid_request")


def test_what_the_machine_found_altered_takes_two_and_an_authority(desk):
    """One pair of eyes confirms; to overrule takes two persons with a reason, one of them of the authority."""
    document = desk.paper()
    scan = scanned(desk.office, [side(document, birth_date="altered")])
    item = desk.waiting(document)["birth_date"]
    answers = {
        one["answer"]: one for one in desk.ask("head", "GET", f"/v1/reviews/{item['id']}").json()["answers"]
    }
    assert (answers["match"]["eyes"], answers["match"]["note"], answers["altered"]["eyes"]) == (2, True, 1)
    problem(desk.answer(item, "match"), 422, "note_needed")
    for who in ("registrar", "head"):
        assert desk.answer(item, "match", who, note="印章压字").json()["state"] == "open"
    problem(desk.answer(item, "altered", "head"), 409, "already_decided")
    assert desk.answer(item, "match", "county", note="核对原件").json()["state"] == "decided"
    assert desk.scan(scan, document)["reviewed"]["verdict"] == "genuine"
    assert desk.status(document) == "effective"

    other = desk.paper()
    scan = scanned(desk.office, [side(other, school="wrong_unit")])
    assert desk.answer(desk.waiting(other)["school"], "wrong_unit").json()["state"] == "decided"
    assert desk.scan(scan, other)["reviewed"]["verdict"] == "altered"


def test_a_gray_seal_is_seen_on_the_paper_or_not_at_all(desk):
    """Who has the paper in hand may say so, and it is kept that he had."""
    document = desk.paper()
    scan = scanned(desk.office, [side(document, colour=False, validation="unclear")])
    item = desk.waiting(document)["validation"]
    assert "没有颜色" in item["text"]
    assert item["expected"] == "黎城县教育体育局"
    problem(desk.answer(item, "present"), 422, "paper_not_seen")
    assert desk.answer(item, "present", paper=True).json()["decisions"][0]["paper"] is True
    assert desk.scan(scan, document)["reviewed"]["verdict"] == "genuine"


def test_a_seal_that_may_be_a_copy_is_an_accusation(desk):
    """Seen on the paper by two persons who say why, one of them of the authority; the doubt is then gone."""
    first, second = desk.paper(), desk.paper()
    scan = scanned(desk.office, [side(second, copied_from=first.serial)])
    assert desk.scan(scan, second)["reasons"] == ["seal_copied:validation"]
    item = desk.waiting(second)["validation"]
    assert "翻印" in item["text"]
    problem(desk.answer(item, "present", note="两枚印迹不同"), 422, "paper_not_seen")
    problem(desk.answer(item, "present", paper=True), 422, "note_needed")
    seen = {"paper": True, "note": "两枚印迹不同"}
    assert desk.answer(item, "present", **seen).json()["state"] == "open"
    assert desk.answer(item, "present", "county", **seen).json()["state"] == "decided"
    assert desk.scan(scan, second)["reviewed"]["verdict"] == "genuine"


def test_a_tick_is_one_whichever_way_it_is_given(desk):
    """A 钢印 ticked at the desk is filed as a tick; one ticked by the old call leaves the desk; none asks twice."""
    document = desk.paper()
    scanned(desk.office, [side(document)])
    item = desk.waiting(document)["photo"]
    problem(desk.answer(item, "present"), 422, "paper_not_seen")
    assert desk.answer(item, "present", paper=True).json()["state"] == "decided"
    tick = {"block": "photo", "seen": True}
    path = f"/v1/documents/{document.serial}/marks"
    assert desk.ask("head", "POST", path, json=tick).json()["ticks"] == {"photo": True}
    scanned(desk.office, [side(document)])
    assert desk.waiting(document) == {}

    other = desk.paper()
    scanned(desk.office, [side(other)])
    scanned(desk.office, [side(other)])
    assert list(desk.waiting(other)) == ["photo"]
    desk.ask("head", "POST", f"/v1/documents/{other.serial}/marks", json=tick)
    assert desk.waiting(other) == {}
    assert desk.waiting(other, state="decided")["photo"]["answer"] == "present"


def test_a_newer_scan_settles_the_doubt(desk):
    """What a newer scan reads is superseded by it; what spoke against the paper stays; the same doubt is asked once."""
    document = desk.paper()
    scanned(desk.office, [side(document, birth_date="unreadable", student_name="altered", school="unclear")])
    again = scanned(desk.office, [side(document, school="unclear")])
    waiting = desk.waiting(document)
    assert set(waiting) == {"student_name", "school", "photo"}
    assert waiting["school"]["scan"] == again
    closed = desk.waiting(document, state="superseded")
    assert (closed["birth_date"]["settled_by"], closed["birth_date"]["answer"]) == (again, None)
    problem(desk.answer(closed["birth_date"], "match"), 409, "review_closed")


def test_a_page_to_scan_again(desk):
    """One review for the page, none for what stands on it; a readable scan of that page closes it."""
    document = desk.paper()
    scan = scanned(desk.office, [side(document, bad="blurred")])
    waiting = desk.waiting(document)
    assert [(one["kind"], one["label"], one["reason"]) for one in waiting.values()] == [
        ("rescan", "第1页", "rescan:blurred")
    ]
    picture = desk.ask("registrar", "GET", f"/v1/reviews/{waiting['1']['id']}/crop")
    assert Image.open(io.BytesIO(picture.content)).size == (1000, 712)
    again = scanned(desk.office, [side(document)])
    assert desk.waiting(document, state="superseded")["1"]["settled_by"] == again
    assert desk.scan(scan, document)["waiting"] == 0
    assert desk.status(document) == "effective"


def test_a_page_of_nobodys_finds_its_paper(desk):
    """Blank backs are left alone; a page is put into the file of the paper a person names, alone."""
    document = desk.paper()
    scan = scanned(
        desk.office, [nobodys(0, blank=True), nobodys(1), nobodys(2, "foreign_code")], by=desk.uploader("head"), form="TIFF",
        sheets=[sheet(), sheet(student_name="第二面"), sheet()],
    )  # fmt: skip
    listed = desk.ask("registrar", "GET", "/v1/reviews", params={"kind": "page", "limit": 200}).json()[
        "reviews"
    ]
    mine = [one for one in listed if one["scan"] == scan]
    assert [(one["page"], one["reason"], one["serial"]) for one in mine] == [
        (1, "no_code", None),
        (2, "foreign_code", None),
    ]
    problem(desk.answer(mine[0], "belongs"), 422, "serial_needed")
    problem(desk.answer(mine[0], "belongs", serial="0000-0000-00001"), 404, "bad_serial")
    assert desk.answer(mine[0], "belongs", serial=document.serial).json()["state"] == "decided"
    assert desk.answer(mine[1], "set_aside").json()["answer"] == "set_aside"
    with desk.office.archive.read() as reading:
        entry = reading.entries_of(document.serial)[-1]
    assert (entry.kind, entry.media_type) == ("scan", "application/pdf")
    assert "人工归入" in entry.title


def test_a_page_of_nobodys_is_evidence_of_a_kind(desk):
    """A person says whose it is and what it is: filed as that evidence, kept with who said so, told with the scan."""
    document = desk.paper()
    scan = scanned(
        desk.office,
        [nobodys(0), nobodys(1)],
        by=desk.uploader("head"),
        form="TIFF",
        sheets=[sheet(), sheet()],
    )
    every = desk.ask("registrar", "GET", "/v1/reviews", params={"kind": "page", "limit": 200}).json()
    first, second = [one for one in every["reviews"] if one["scan"] == scan]
    told = desk.ask("registrar", "GET", f"/v1/reviews/{first['id']}").json()
    assert {"evidence": "hukou_copy", "label": "居民户口簿复印件", "suggested": False} in told["kinds"]
    assert len(told["kinds"]) == len(EVIDENCE)
    given = {"serial": document.serial, "evidence": "hukou_copy"}
    problem(desk.answer(first, "belongs", serial=document.serial, evidence="rumour"), 422, "unknown_evidence")
    answered = desk.answer(first, "belongs", **given).json()
    assert (answered["state"], answered["decisions"][0]["evidence"]) == ("decided", "hukou_copy")
    with desk.office.archive.read() as reading:
        entry = reading.entries_of(document.serial)[-1]
        (said,) = reading.decisions(first["id"])
    assert (entry.kind, entry.evidence, entry.media_type) == ("evidence", "hukou_copy", "application/pdf")
    assert "人工归入" in entry.title
    assert (said.serial, said.evidence, said.by) == (
        document.serial,
        "hukou_copy",
        desk.uploader("registrar"),
    )
    loose = desk.ask("head", "GET", f"/v1/scans/{scan}").json()["unmatched"]
    assert [one.get("given") for one in loose] == [{**given, "label": "居民户口簿复印件"}, None]
    evidence = desk.ask("registrar", "GET", f"/v1/documents/{document.serial}/evidence").json()["evidence"]
    assert {one["evidence"]: one["entries"] for one in evidence}["hukou_copy"] == [entry.id]
    assert desk.ask("colleague", "GET", f"/v1/scans/{scan}").status_code == 200
    desk.answer(second, "belongs", serial=document.serial, evidence="judicial")
    assert desk.ask("head", "GET", f"/v1/scans/{scan}").status_code == 200
    problem(desk.ask("colleague", "GET", f"/v1/scans/{scan}"), 403, "restricted")
    problem(desk.ask("colleague", "GET", f"/v1/scans/{scan}/pages/1/picture"), 403, "restricted")


def test_two_who_name_different_kinds_differ(tmp_path_factory):
    """Where two must agree, the same paper as another kind of evidence is another answer."""
    office, close = desk_of(tmp_path_factory, review_eyes=2)
    with client_of(create(office)) as client:
        desk = Desk(office, client)
        document = desk.paper()
        scanned(office, [nobodys(0)], by="somebody")
        (loose,) = desk.ask("registrar", "GET", "/v1/reviews").json()["reviews"]
        for who, kind, state in (
            ("registrar", "hukou_copy", "open"),
            ("colleague", "id_copy", "disputed"),
            ("county", "hukou_copy", "decided"),
        ):
            answer = desk.answer(loose, "belongs", who, serial=document.serial, evidence=kind)
            assert (answer.status_code, answer.json()["state"]) == (200, state)
    with office.archive.read() as reading:
        assert [one.evidence for one in reading.entries_of(document.serial) if one.kind == "evidence"][
            -1:
        ] == ["hukou_copy"]
    close()


def test_pictures_stand_upright_and_every_look_is_noted(desk):
    """The crop shows the place, on the scan and as it was printed; a side fed upside down is turned; art. 44's register."""
    document = desk.paper()
    drawn = sheet(birth_date="二〇一一年四月十三日").rotate(180)
    scan = scanned(
        desk.office, [side(document, turn=2, birth_date="unreadable")], sheets=[drawn], by="somebody"
    )
    item = desk.waiting(document)["birth_date"]
    told = desk.ask("registrar", "GET", f"/v1/reviews/{item['id']}").json()
    left, top, right, bottom = (edge * PX for edge in box_mm("birth_date"))
    assert told["box"] == [1300 - right, 925 - bottom, 1300 - left, 925 - top]
    assert told["place"] == pytest.approx([left / 1300, top / 925, right / 1300, bottom / 925], abs=1e-4)
    for link in ("crop", "record"):
        picture = desk.ask("registrar", "GET", told["links"][link])
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.headers["cache-control"] == "no-store"
        wide, high = Image.open(io.BytesIO(picture.content)).size
        assert 160 <= high <= wide <= 1600
    page = desk.ask("registrar", "GET", told["links"]["picture"], params={"width": 400})
    upright = Image.open(io.BytesIO(page.content)).convert("L")
    assert upright.size == (400, 285)
    wanted = sheet(birth_date="二〇一一年四月十三日").convert("L").resize(upright.size)
    seen, there, reversed_ = (np.asarray(one, int) for one in (upright, wanted, wanted.rotate(180)))
    assert np.abs(seen - there).mean() < 0.5 * np.abs(seen - reversed_).mean()
    with desk.office.archive.read() as reading:
        looks = [row.what for row in reading.accesses(STUDENT_NO)]
    assert looks[-3:] == [f"review {item['id']} crop", f"review {item['id']} record", f"scan {scan} page 0"]
    problem(desk.ask("registrar", "GET", f"/v1/scans/{scan}/pages/7/picture"), 404, "unknown_page")
    problem(
        desk.ask("registrar", "GET", told["links"]["picture"], params={"width": 9000}), 422, "invalid_request"
    )


def test_one_review_says_everything_that_decides_it(desk):
    """The record, the same paper's other reviews, the answers in the order of their keys."""
    document = desk.paper()
    scanned(desk.office, [side(document, birth_date="unreadable", school="unclear")])
    item = desk.waiting(document)["birth_date"]
    told = desk.ask("head", "GET", f"/v1/reviews/{item['id']}").json()
    assert [one["answer"] for one in told["answers"]] == ["match", "altered", "unreadable", "rescan"]
    assert [one["label"] for one in told["siblings"]] == ["出生日期", "学校公章", "照片钢印"]
    assert [(one["label"], one["result"]) for one in told["record"]][:2] == [
        ("姓名", "match"),
        ("出生日期", "unreadable"),
    ]
    assert (told["eyes"], told["answered"], told["decisions"]) == ({"needed": 1, "given": 0}, False, [])
    assert set(NAMES) >= {one["name"] for one in told["siblings"]}


def test_two_pairs_of_eyes(strict):
    """Two tokens with the same answer decide; the second does not see the first one's; the uploader is no second."""
    document = strict.paper()
    scan = scanned(strict.office, [side(document, birth_date="unreadable")], by=strict.uploader("registrar"))
    item = strict.waiting(document)["birth_date"]
    assert strict.answer(item, "match", "head").json()["state"] == "open"
    seen = strict.ask("colleague", "GET", f"/v1/reviews/{item['id']}").json()
    assert (seen["eyes"], seen["decisions"][0]["answer"]) == ({"needed": 2, "given": 1}, None)
    problem(strict.answer(item, "match", "registrar"), 409, "own_scan")
    told = strict.answer(item, "match", "colleague").json()
    assert (told["state"], [one["answer"] for one in told["decisions"]]) == ("decided", ["match", "match"])
    assert strict.scan(scan, document)["reviewed"]["verdict"] == "genuine"

    other = strict.paper()
    scanned(strict.office, [side(other, birth_date="unreadable")], by=strict.uploader("registrar"))
    item = strict.waiting(other)["birth_date"]
    assert strict.answer(item, "match", "registrar").json()["state"] == "open", (
        "the uploader may be the first"
    )
    assert strict.answer(item, "match", "head").json()["state"] == "decided"


def test_two_who_differ_wait_for_the_authority(strict):
    """A disputed review takes no third opinion from the school; the county's decides."""
    document = strict.paper()
    scan = scanned(strict.office, [side(document, birth_date="unreadable")])
    item = strict.waiting(document)["birth_date"]
    strict.answer(item, "match")
    assert strict.answer(item, "altered", "head").json()["state"] == "disputed"
    assert strict.waiting(document, state="disputed").keys() == {"birth_date"}
    problem(strict.answer(item, "match", "colleague"), 403, "authority_needed")
    told = strict.ask("county", "GET", f"/v1/reviews/{item['id']}").json()
    assert [one["answer"] for one in told["decisions"]] == ["match", "altered"]
    assert strict.answer(item, "altered", "county").json()["answer"] == "altered"
    assert strict.scan(scan, document)["reviewed"]["verdict"] == "altered"


def test_rows_and_answers_prove_each_other(desk, strict):
    """After all these stories nothing on the desk differs from what persons said."""
    for one in (desk, strict):
        codes = {fault.code for fault in check(one.office.archive) if not fault.harmless}
        assert codes <= {"document_not_filed", "template_lost", "leaf_differs", "document_without_number"}


def test_evidence_asks_for_each_of_its_reasons(desk):
    """A fact that differs, with its place; a seal nobody saw; the words say what, the kind stays withheld where it is."""
    document = desk.paper()
    fact = {
        "name": "name", "expected": "文勇俊", "read": "文勇俊杰", "result": "differs", "confidence": 0.98,
        "note": "", "page": 2, "box": (100.0, 90.0, 300.0, 130.0),
    }  # fmt: skip
    reading = {"facts": [fact], "reasons": ["name_differs", "seal_absent"]}
    body = {"serial": document.serial, "evidence": "judicial", "pages": [2], "reading": reading}
    found = list(of_evidence(body, document))
    assert [(one.name, one.page, one.box, one.reason) for one in found] == [
        ("name", 2, [100.0, 90.0, 300.0, 130.0], "evidence:name_differs"),
        ("seal", 2, None, "evidence:seal_absent"),
    ]
    scan = scanned(desk.office, [side(document)])
    with desk.office.archive.begin() as transaction:
        transaction.open_reviews(scan, found)
    waiting = desk.waiting(document, "head")
    assert waiting["name"]["text"] == "与学籍记录不一致。"
    assert waiting["seal"]["label"].endswith("：印章")
    assert desk.waiting(document).keys() == {"photo"}, "a judgment is restricted from registrars (art. 44)"
    problem(desk.ask("registrar", "GET", f"/v1/reviews/{waiting['name']['id']}"), 403, "restricted")
    assert desk.answer(waiting["name"], "match", "head").json()["state"] == "decided"


def test_a_check_that_tells_too_little_is_not_judged_again(desk, caplog):
    """When its record does not lead to its own verdict, an answer is kept and makes nothing better."""
    document = desk.paper()
    scan = scanned(desk.office, [side(document, birth_date="unreadable")])
    with desk.office.archive.begin() as transaction:
        result = transaction.scan(scan).result
        result["documents"][0]["reasons"] += ["surface_unclear:盖章"]
        transaction.set_scan(scan, "done", result=result)
    assert desk.answer(desk.waiting(document)["birth_date"], "match").json()["state"] == "decided"
    assert desk.scan(scan, document)["reviewed"] is None
    assert desk.status(document) == "pending"
    assert "cannot be judged again" in caplog.text
