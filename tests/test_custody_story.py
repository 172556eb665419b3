"""Leaving and arriving, told over HTTP and at the command line: two installations, a package and a receipt carried by hand."""

import json

import pytest

from service.__main__ import main
from service.register import put_student
from tests.bureau import bureau_of, refused
from tests.conftest import (
    CITY,
    COUNTY,
    GUARDIAN,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    RECORDS,
    SCHOOL,
    STUDENT,
    UNITS,
    as_role,
)
from tests.test_custody import THERE

ASKED = {
    "archive": STUDENT,
    "receiver": OTHER_SCHOOL,
    "receiver_name": UNITS[OTHER_SCHOOL]["name"],
    "cause": "1",
    "document": "长教基〔2026〕40号",
}


@pytest.fixture(scope="module")
def here(request):
    with bureau_of(request, rate=1_000_000) as bureau:
        bureau.issue(STUDENT)
        yield bureau


@pytest.fixture(scope="module")
def there(request):
    """Another installation, where the student is at the new school."""
    with bureau_of(request, rate=1_000_000, host=THERE) as bureau:
        record = {**RECORDS[STUDENT], **GUARDIAN, "id_type": "1", "id_number": STUDENT[1:], "ethnic": "01"}
        put_student(bureau.office, as_role("city", CITY), STUDENT, {**record, "school": OTHER_SCHOOL})
        yield bureau


def keys_of(bureau):
    return bureau.caller(None).get("/.well-known/yinzheng-keys.json").json()


def test_two_installations(here, there, tmp_path, capsys):
    """Handed over, refused for want of a key, known, checked again, filed, receipt carried back and proved offline."""
    today = here.office.today().isoformat()
    opened = here.caller().post("/v1/transfers", json={**ASKED, "approved_on": today})
    assert opened.status_code == 201, opened.text
    transfer = opened.json()
    package = here.caller().get(transfer["links"]["package"])
    assert package.headers["content-type"] == "application/zip"
    assert len(package.content) == transfer["package"]["size"]
    receiver = there.caller(org=OTHER_SCHOOL)
    parcel = {"file": ("parcel.zip", package.content, "application/zip")}
    came = receiver.post("/v1/arrivals", params={"org": OTHER_SCHOOL}, files=parcel).json()
    assert came["state"] == "held"
    assert [one["code"] for one in came["checks"]["authenticity"]["differences"]] == ["unknown_key"]
    known = {"name": here.office.settings.host.lower(), "keys": keys_of(here), "units": [SCHOOL]}
    refused(receiver.post("/v1/partners", json=known), 403, "role_not_allowed")
    assert there.caller("county", OTHER_COUNTY).post("/v1/partners", json=known).status_code == 201
    filed = receiver.post(f"/v1/arrivals/{came['id']}/again").json()
    assert filed["state"] == "filed", filed["checks"]
    listed = receiver.get("/v1/arrivals").json()["arrivals"]
    assert [one["state"] for one in listed] == ["filed", "held"]
    archive = receiver.get(f"/v1/archives/{STUDENT}").json()
    assert {one["came_from"]["origin"] for one in archive["entries"]} == {
        f"{here.office.settings.host.lower()}/log"
    }
    receipt = receiver.get(f"/v1/arrivals/{filed['id']}/receipt")
    assert receipt.headers["content-type"].startswith("text/plain")
    brought = {"receipt": receipt.text}
    where = f"/v1/transfers/{transfer['id']}/receipt"
    refused(here.caller().post(where, json=brought), 422, "bad_receipt", "公钥")
    county = here.caller("county", COUNTY)
    county.post("/v1/partners", json={"name": THERE.lower(), "keys": keys_of(there), "units": [OTHER_SCHOOL]})
    done = here.caller().post(where, json=brought).json()
    assert (done["state"], done["copy"]) == ("received", True)
    (mark,) = here.caller().get(f"/v1/archives/{STUDENT}").json()["handed_over"]
    assert mark["copy_since"] is not None
    (tmp_path / "receipt").write_text(receipt.text)
    (tmp_path / "keys").write_text(json.dumps(keys_of(there)))
    check = ["transfer", "check-receipt", str(tmp_path / "receipt"), "--keys", str(tmp_path / "keys")]
    assert main(check) == 0
    assert json.loads(capsys.readouterr().out)["transfer"] == transfer["id"]
    (tmp_path / "receipt").write_text(receipt.text.replace(transfer["id"], "0" * 32))
    assert main(check) == 1
    assert "请" in capsys.readouterr().err
    for bureau in (here, there):
        bureau.assert_sound()


def test_at_the_command_line(here, there, tmp_path, capsys, monkeypatch):
    """The same without HTTP, and what each command ends with."""

    def run(bureau, *words):
        monkeypatch.setenv("YINZHENG_HOST", bureau.office.settings.host)
        monkeypatch.setenv("YINZHENG_DATABASE", bureau.office.settings.database)
        ended = main([*words, "--data", str(bureau.office.settings.data)])
        return ended, capsys.readouterr().out

    parcel, receipt, keys = (tmp_path / name for name in ("parcel.zip", "receipt", "keys"))
    mine, theirs, county = ["--org", SCHOOL], ["--org", OTHER_SCHOOL], ["--org", COUNTY, "--role", "county"]
    asked = ["--to", OTHER_SCHOOL, "--to-name", UNITS[OTHER_SCHOOL]["name"], "--cause", "1"]
    asked += ["--document", "长教基〔2026〕41号", "--approved-on", "2026-01-05", "--out", str(parcel)]
    ended, said = run(here, "transfer", "open", STUDENT, *asked, *mine)
    assert ended == 0
    transfer = json.loads(said)["id"]
    assert run(here, "transfer", "list", "--overdue", *mine)[0] == 1
    assert run(here, "transfer", "package", transfer, str(tmp_path / "again.zip"), *mine)[0] == 0
    assert (tmp_path / "again.zip").read_bytes() == parcel.read_bytes()
    (tmp_path / "junk.zip").write_bytes(b"junk")
    assert run(there, "arrival", "take", str(tmp_path / "junk.zip"), *theirs)[0] == 1
    keys.write_text(json.dumps(keys_of(here)))
    host = here.office.settings.host.lower()
    assert run(there, "arrival", "know", host, str(keys), "--unit", SCHOOL, *theirs)[0] == 1
    assert run(there, "arrival", "know", host, str(keys), "--unit", SCHOOL, *county)[0] == 0
    assert run(there, "arrival", "take", str(parcel), *theirs)[0] == 0
    listed = json.loads(run(there, "arrival", "list", *theirs)[1])["arrivals"]
    assert (listed[0]["transfer"], listed[0]["state"], listed[1]["state"]) == (transfer, "filed", "held")
    again = run(there, "arrival", "again", listed[0]["id"], "--receipt", str(receipt), *theirs)
    assert again[0] == 0
    keys.write_text(json.dumps(keys_of(there)))
    assert run(here, "arrival", "know", THERE, str(keys), "--unit", OTHER_SCHOOL, *county)[0] == 0
    assert run(here, "transfer", "receipt", transfer, str(receipt), *mine)[0] == 0
    assert run(here, "transfer", "list", "--overdue", *mine)[0] == 0
    packed = run(here, "archive", STUDENT, "--format", "ocfl", "--out", str(tmp_path / "o.zip"), *mine)
    assert packed[0] == 0
    assert (tmp_path / "o.zip").stat().st_size > 1000


def test_a_package_may_be_larger_than_an_upload(here):
    """What comes as a package is put aside on disk; bytes that are none are kept and told as such."""
    caller = here.caller()
    data = bytes(2 << 20)
    headers = {"Content-Type": "application/octet-stream"}
    answer = caller.post("/v1/arrivals", params={"org": SCHOOL}, content=data, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["checks"]["security"]["differences"][0]["code"] == "not_a_zip"
    refused(caller.get(f"/v1/arrivals/{answer.json()['id']}/receipt"), 404, "no_receipt")
    where = f"/v1/arrivals/{answer.json()['id']}/package"
    assert caller.get(where).content == data
    assert here.caller("head").get(where).content == data
    refused(here.caller(org=OTHER_SCHOOL).get(where), 404, "unknown_arrival")
    refused(caller.get("/v1/arrivals/99"), 404, "unknown_arrival")
    refused(caller.get("/v1/transfers/99"), 404, "unknown_transfer")
