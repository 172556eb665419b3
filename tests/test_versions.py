"""A clerk's edited template: refused with all findings or accepted as a version; old papers keep theirs."""

import hashlib
import io
import shutil
import zipfile
from dataclasses import replace

import pytest

from service import retrieve, versions
from service.__main__ import main
from service.errors import Problem
from service.issue.paper import sheet_for
from service.issue.request import IssueRequest, Request
from storage.check import check
from templates.catalogue import Catalogue, hash_of
from templates.lint import apart
from tests.bureau import bureau_of
from tests.conftest import CITY, COUNTY, STUDENT, as_role, issue_diploma
from tests.specimens import templates as made

FORM = "diploma_junior"


@pytest.fixture
def place(tmp_path):
    """The diploma's folder as a clerk copied it."""
    return made.copied(tmp_path, FORM)


@pytest.fixture
def better(place):
    """The diploma with other words before the head's name: a change a bureau may want."""
    made.edited(place, made.appended("　"))
    return (place / "template.docx").read_bytes()


@pytest.fixture
def worse(place):
    """The diploma with two mistakes."""
    made.edited(place, made.replace("{{ student_name }}", "{{ studnet_name }}"))
    made.edited(place, made.appended("备注", font="宋体"))
    return (place / "template.docx").read_bytes()


def test_an_accepted_template_prints_the_next_paper_and_leaves_the_last_alone(town, city, registrar, better):
    """Version 1 with its hash; the paper issued before keeps template hash and bytes, the next has the new one."""
    form = town.catalogue.get(FORM)
    before = issue_diploma(town, registrar).body["serial"]
    kept = versions.accept(town, city, FORM, better, "多一行")
    assert kept.created
    assert (kept.body["version"], kept.body["hash"]) == (1, hash_of(form, better))
    after = issue_diploma(town, registrar, "G140499201011030228").body["serial"]
    with town.archive.read() as reading:
        first, second = reading.document(before), reading.document(after)
        assert first.template_hash == form.template_hash
        assert second.template_hash == kept.body["hash"]
    docx = retrieve.docx(town, registrar, after).data
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        assert "　".encode() in archive.read("word/document.xml")
    assert [fault for fault in check(town.archive) if not fault.harmless] == []


def test_a_version_of_an_earlier_definition_is_not_printed_from(town, city, registrar, better, tmp_path):
    """Once form.toml has changed, nobody knows whether the clerk's template has all its fields: the form's own is taken."""
    versions.accept(town, city, FORM, better)
    form = town.catalogue.get(FORM)
    folder = tmp_path / "later" / FORM
    shutil.copytree(form.folder, folder)
    with (folder / "form.toml").open("a", encoding="utf-8") as definition:
        definition.write("\n# 修订\n")
    with town.archive.read() as reading:
        request = IssueRequest(FORM, STUDENT, {})
        for shape, version in ((form, True), (replace(form, folder=folder), False)):
            asked = Request(request, shape, None, (), town.today())
            assert (sheet_for(town, reading, asked).template is not None) is version
    assert versions.versions(town, city, FORM)["current"] == 1
    forms = dict(town.catalogue.forms) | {FORM: replace(form, folder=folder)}
    listed = versions.versions(replace(town, catalogue=Catalogue(forms)), city, FORM)
    assert (listed["current"], len(listed["versions"])) == (0, 2)


def test_a_wrong_template_is_refused_with_all_findings(town, city, worse):
    """Nothing is kept, everything that is wrong is told, the form prints as before."""
    with pytest.raises(Problem) as caught:
        versions.accept(town, city, FORM, worse)
    refusal = caught.value
    assert (refusal.code, refusal.status) == ("template_not_accepted", 422)
    assert {item.code for item in refusal.errors} == {"undeclared", "unused", "font"}
    assert all("正文" in item.field for item in refusal.errors)
    assert versions.versions(town, city, FORM)["current"] == 0


def test_versions_are_listed_and_given_back_as_they_came(town, city, registrar, better):
    """Version 0 is the program's own; each file comes back byte by byte; the same file is no new version."""
    form = town.catalogue.get(FORM)
    own = form.template.read_bytes()
    assert not versions.accept(town, city, FORM, own).created
    versions.accept(town, city, FORM, better)
    assert not versions.accept(town, city, FORM, better).created
    assert versions.accept(town, city, FORM, own, "改回").body["version"] == 2
    told = versions.versions(town, registrar, FORM)
    assert (told["current"], [item["version"] for item in told["versions"]]) == (2, [0, 1, 2])
    assert told["versions"][0]["hash"] == told["versions"][2]["hash"] == form.template_hash
    assert versions.template(town, registrar, FORM, 0).data == own
    assert versions.template(town, registrar, FORM, 1).data == better
    with pytest.raises(Problem) as missing:
        versions.template(town, registrar, FORM, 3)
    assert missing.value.code == "unknown_template_version"


@pytest.mark.parametrize(
    ("role", "org"), [("county", COUNTY), ("registrar", "3114000123"), ("auditor", CITY)]
)
def test_only_the_city_changes_templates(town, better, role, org):
    """One look for all papers of the city."""
    with pytest.raises(Problem) as caught:
        versions.accept(town, as_role(role, org), FORM, better)
    assert (caught.value.code, caught.value.status) == ("role_not_allowed", 403)


def test_over_http(request, better, worse):
    """PUT, list, fetch, and print: a paper issued after the change names the new template's hash."""
    with bureau_of(request, reading=False) as bureau:
        city = bureau.caller("city", CITY)
        refusal = city.put(f"/v1/forms/{FORM}/template", files={"file": ("a.docx", worse)})
        assert refusal.status_code == 422
        told = refusal.json()
        assert told["code"] == "template_not_accepted"
        assert {item["code"] for item in told["findings"]} >= {"undeclared", "unused", "font"}
        assert any("studnet_name" in item["message"] for item in told["findings"])
        answer = city.put(
            f"/v1/forms/{FORM}/template", data={"note": "多一行"}, files={"file": ("a.docx", better)}
        )
        assert (answer.status_code, answer.json()["version"]) == (201, 1), answer.text
        again = city.put(f"/v1/forms/{FORM}/template", files={"file": ("a.docx", better)})
        assert (again.status_code, again.json()["version"]) == (200, 1)
        registrar = bureau.caller()
        listed = registrar.get(f"/v1/forms/{FORM}/versions").json()
        assert listed["versions"][1]["note"] == "多一行"
        fetched = registrar.get(f"/v1/forms/{FORM}/versions/1/template")
        assert hashlib.sha256(fetched.content).digest() == hashlib.sha256(better).digest()
        assert "attachment" in fetched.headers["content-disposition"]
        issued = bureau.issue(STUDENT)
        with bureau.office.archive.read() as reading:
            assert reading.document(issued["serial"]).template_hash == answer.json()["hash"]
        assert registrar.put(f"/v1/forms/{FORM}/template", files={"file": ("a", better)}).status_code == 403
        assert city.put("/v1/forms/no_such/template", files={"file": ("a", better)}).status_code == 404
        bureau.assert_sound()


def test_by_hand(tmp_path, capsys, better, worse):
    """`yinzheng forms accept`: 1 with the findings, then 0 with the version."""
    data, file = tmp_path / "data", tmp_path / "new.docx"
    asked = ["forms", "accept", FORM, str(file), "--org", CITY, "--data", str(data)]
    file.write_bytes(worse)
    assert main(asked) == 1
    assert "studnet_name" in capsys.readouterr().err
    file.write_bytes(better)
    assert main(asked) == 0
    assert '"version": 1' in capsys.readouterr().out


def test_a_file_is_opened_apart_and_one_at_a_time(town, city, better):
    """A child that needs too long is refused as any wrong template; a second file meanwhile is asked to wait."""
    form = town.catalogue.get(FORM)
    assert apart.opened_apart(form, better) == []
    assert [item.code for item in apart.opened_apart(form, better, 0.01)] == ["template_too_heavy"]
    with versions._JUDGING, pytest.raises(Problem) as busy:
        versions.accept(town, city, FORM, better)
    assert (busy.value.status, busy.value.code) == (503, "busy")
