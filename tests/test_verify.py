"""Verify: one honest sentence, by code and by image, and nothing about the holder."""

import io
import sqlite3

import pytest
import qrcode
from PIL import Image

from intake.errors import UploadRefused
from service import issue, verify
from service.signing import KeyRing, Token, new_serial
from storage.errors import StoreAway
from tests.conftest import BEARER, STUDENT, issue_diploma, layout_of, pdf_of
from tests.paper import Paper, level, stack

SEALS = {"school": "黎城县第三中学校", "validation": "黎城县教育体育局"}
SIGNERS = {"head": "钟涛"}


@pytest.fixture
def diploma(town, registrar):
    """A diploma just printed."""
    return issue_diploma(town, registrar).body


def told(verdict):
    return verdict.verdict, verdict.reasons


def effective(office, serial):
    with office.archive.begin() as transaction:
        transaction.set_status(serial, "effective")


def test_before_and_after_the_marks(town, county, diploma):
    """pending, genuine, revoked: the status of the paper, with its kind, number, school, and a masked name."""
    code = diploma["verify_url"]
    assert told(verify.by_code(town, code)) == ("pending", ())
    effective(town, diploma["serial"])
    assert verify.by_code(town, code).to_json() == {
        "verdict": "genuine",
        "reasons": [],
        "form": "初中毕业证书",
        "number": "140426202620120001",
        "issued_on": "2026-07-01",
        "school": "黎城县第三中学校",
        "holder_masked": "文**",
    }
    issue.revoke(town, county, diploma["serial"], "错发")
    assert told(verify.by_code(town, code)) == ("revoked", ())


def test_the_answer_holds_no_personal_data(town, diploma):
    """Art. 44: neither 学籍号 nor name nor birth date are in the answer."""
    text = str(verify.by_code(town, diploma["verify_url"]).to_json())
    assert STUDENT not in text
    assert STUDENT[1:] not in text
    assert "文勇俊" not in text
    assert "四月" not in text


def test_the_host_is_not_looked_at(town, diploma):
    """A moved service still verifies: the verifier trusts keys, never the URL."""
    token = diploma["verify_url"].rpartition("/")[2]
    for spelling in (token, token.lower(), f"http://other.example:8080/V/{token}", f" /V/{token}/ "):
        assert told(verify.by_code(town, spelling)) == ("pending", ())


def test_what_is_not_ours_is_unknown(town, diploma, tmp_path, clock):
    """Foreign codes, foreign keys, changed codes, and serials that are not on file, each with its reason."""
    token = diploma["verify_url"].rpartition("/")[2]
    changed = token[:60] + ("A" if token[60] != "A" else "B") + token[61:]
    stranger = KeyRing.open(tmp_path / "other", clock)
    head = Token(1, 42, 1, 1, new_serial(town.randbytes), "3114000123", town.today(), bytes(12))
    for text, reason in (
        ("https://example.com/", "foreign_code"),
        ("", "foreign_code"),
        (changed, "bad_signature"),
        (stranger.sign(head), "bad_signature"),
        (town.keys.sign(head), "not_issued_here"),
    ):
        verdict = verify.by_code(town, text)
        assert told(verdict) == ("unknown", (reason,))
        assert verdict.form is verdict.holder_masked is None


def test_an_outage_is_said_so(town, diploma, monkeypatch):
    """When the database is away the answer is cannot_check, never genuine and never unknown."""

    def away(*_arguments):
        raise StoreAway("SQLITE_CANTOPEN")

    monkeypatch.setattr(type(town.archive), "read", away)
    verdict = verify.by_code(town, diploma["verify_url"])
    assert told(verdict) == ("cannot_check", ("database",))
    assert verdict.number is None


def test_a_row_that_was_changed_is_not_believed(town, diploma):
    """Whoever edits the database cannot make the code say another name: the signature is over the facts."""
    with sqlite3.connect(town.settings.data / "yinzheng.sqlite3") as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE documents SET facts = replace(facts, '文勇俊', '别人')")
    assert told(verify.by_code(town, diploma["verify_url"])) == ("cannot_check", ("store",))


def test_the_issued_pdf_is_pending(town, diploma):
    """The PDF as printed shows its own text: nothing differs, only the marks are missing."""
    assert told(verify.by_image(town, pdf_of(town, diploma["serial"]))) == ("pending", ())


def test_an_altered_paper_is_altered(town, diploma):
    """A genuine code on a page whose birth date was changed: the paper in hand differs from the archive."""
    effective(town, diploma["serial"])
    paper = Paper(pdf_of(town, diploma["serial"]), layout_of(town, diploma["serial"]), seed=3)
    forged = paper.alter("birth_date", "二〇一一年四月十三日").scan(level("B", 3))
    assert told(verify.by_image(town, forged)) == ("altered", ("field_altered:birth_date",))
    assert told(verify.by_image(town, paper.complete(SEALS, SIGNERS).scan(level("B", 4)))) == ("genuine", ())


def test_a_print_without_its_seals_is_not_genuine(town, diploma):
    """The certificate took effect, but the sheet in hand is not the one that was sealed."""
    effective(town, diploma["serial"])
    verdict, reasons = told(verify.by_image(town, pdf_of(town, diploma["serial"])))
    assert verdict == "pending"
    assert set(reasons) == {"mark_absent:head", "mark_absent:school", "mark_absent:validation"}


def test_a_picture_of_the_code_alone(town, diploma):
    """Only the code was checked, and the answer says so."""
    effective(town, diploma["serial"])
    assert told(verify.by_image(town, png(diploma["verify_url"]))) == ("genuine", ("code_only",))


def test_a_picture_without_a_code(town):
    """No code, no answer; a foreign code is unknown; a file that is no picture is refused."""
    blank = io.BytesIO()
    Image.new("RGB", (900, 700), "white").save(blank, "PNG")
    assert told(verify.by_image(town, blank.getvalue())) == ("cannot_check", ("no_code",))
    assert told(verify.by_image(town, png("https://example.com"))) == ("unknown", ("foreign_code",))
    with pytest.raises(UploadRefused):
        verify.by_image(town, b"hello")


def test_two_papers_in_one_picture(town, registrar, diploma):
    """Two documents at once cannot be answered in one sentence."""
    other = issue_diploma(town, registrar, student=BEARER).body
    papers = [
        Paper(pdf_of(town, body["serial"]), layout_of(town, body["serial"])) for body in (diploma, other)
    ]
    assert told(verify.by_image(town, stack(papers, level("C", 1)))) == (
        "cannot_check",
        ("several_documents",),
    )


def png(text):
    """A QR code alone as a PNG file."""
    out = io.BytesIO()
    qrcode.make(text).save(out, "PNG")
    return out.getvalue()
