"""Editions as data: which is in force when, what it prints and allows, and how a county tightens it (arts. 1, 48 and 49)."""

import dataclasses
from datetime import date

import pytest

from service import register
from service.errors import Problem
from service.regulation.edition import FOLDER as EDITIONS_FOLDER
from service.regulation.edition import Editions
from service.regulation.organization import unit_objections
from service.regulation.units import approver
from service.web.http import create
from tests.cases import CITY, COUNTY, EDITION, EDITIONS, FORMS, SCHOOL, SENIOR, chain_of
from tests.conftest import UNITS
from tests.served import client_of

EXAMPLE = EDITIONS.on(date(2090, 1, 1))
ATTACHMENTS = {
    "school_info": "附件1",
    "campus_info": "附件2",
    "class_roster": "附件3",
    "enrolment_change_register": "附件4",
    "graduate_roster": "附件5",
    "student_info": "附件6",
    "suspension_application": "附件7",
    "transfer_application": "附件8",
    "guest_study_application": "附件9",
    "withdrawal_application": "附件10",
    "completion_certificate": "附件11",
    "incomplete_certificate": "附件11",
    "academic_record_certificate": "附件12",
}


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(1900, 1, 1), "changzhi_trial"),
        (date(2026, 7, 1), "changzhi_trial"),
        (date(2089, 12, 31), "changzhi_trial"),
        (date(2090, 1, 1), "example_2090"),
        (date(2099, 12, 31), "example_2090"),
    ],
)
def test_one_edition_is_in_force_on_every_day(day, name):
    """Art. 49: an old case is judged by the edition of its day; one edition ends where the next begins."""
    assert EDITIONS.on(day).name == name
    assert EDITION.until_day == date(2089, 12, 31)
    assert EXAMPLE.until_day is None


def test_every_article_has_its_title():
    """Fifty articles, each quoted by number and short title; the example says that it is none in force."""
    for edition in EDITIONS.all:
        assert sorted(edition.articles) == list(range(1, 51))
        assert all(edition.articles.values())
    assert EDITION.cite(38) == "第三十八条（毕业证书遗失的一律不补发；学历证明原则上只能办理一次）"
    assert "非现行" in EXAMPLE.title
    assert "非现行" in EXAMPLE.note


def test_the_attachments_of_the_regulation():
    """附件1–12, and every form of the edition is one of ours."""
    assert {name: row.attachment for name, row in EDITION.papers.items()} == ATTACHMENTS
    for form in FORMS.forms.values():
        assert EDITION.paper(form).attachment == ATTACHMENTS.get(form.name, "")
        assert EDITION.paper(form).title == form.title
    assert {name for edition in EDITIONS.all for name in edition.papers} <= set(FORMS.forms)


def test_another_edition_prints_other_words():
    """Attachment, title, foot notes and wordings are the edition's; what it does not say stays the form's."""
    form = FORMS.get("transfer_application")
    ours, other = EDITION.paper(form), EXAMPLE.paper(form)
    assert (ours.attachment, ours.footnotes) == ("附件8", form.footnotes)
    assert (other.attachment, other.title) == ("示例附件3", "中小学生转学申请表（示例版）")
    assert other.footnotes != form.footnotes
    certificate = FORMS.get("academic_record_certificate")
    assert EXAMPLE.paper(certificate).title == certificate.title
    assert {**certificate.texts, **EXAMPLE.papers[certificate.name].texts} == EXAMPLE.paper(certificate).texts


def test_another_edition_has_other_authorities():
    """Art. 3: the approver hangs on the edition, by stage or by kind of school."""
    chain = chain_of(SENIOR)
    assert approver(chain, "S", EDITION) == approver(chain, None, EDITION) == CITY
    assert approver(chain, "S", EXAMPLE) == approver(chain, None, EXAMPLE) == COUNTY
    assert approver(chain_of(SCHOOL), None, EDITION) == COUNTY


def test_a_county_tightens_and_never_loosens():
    """Art. 48: what would loosen is void even when it stands in a record."""
    county = dataclasses.replace(
        COUNTY, data={"limits": {"class_max_J": 50, "class_max_P": 51, "years_J": 4}}
    )
    school = dataclasses.replace(SCHOOL, data={"limits": {"class_max_J": 10}})
    local = EDITION.tightened((school, county, CITY))
    assert [local.limit(name) for name in ("class_max_J", "class_max_P", "years_J")] == [50, 50, 3]
    assert EDITION.limit("class_max_J") == 55


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("class_max_P", 50, True),
        ("class_max_P", 49, True),
        ("class_max_P", 51, False),
        ("class_max_P", 0, False),
        ("class_max_P", True, False),
        ("class_max_P", "40", False),
        ("truant_run_weeks", 9, True),
        ("truant_run_weeks", 7, False),
        ("validate_by", "05-15", True),
        ("validate_by", "06-01", False),
        ("validate_by", "05-32", False),
        ("missed_share", "1/2", False),
        ("years_J", 3, False),
        ("no_show_working_days", 5, False),
    ],
)
def test_which_way_each_limit_tightens(name, value, allowed):
    """Art. 48: earlier, fewer, or more, as the limit says; what protects a pupil's place is not for a county."""
    assert EDITION.limits[name].tightened(value) is allowed


def faults(code="140426", **body):
    return {(item.field, item.code) for item in unit_objections(code, {"kind": "county", **body}, EDITION)}


def school_faults(code="3114000123", **body):
    return faults(code, **{"kind": "school", **body})


def test_what_a_units_record_may_say():
    """Arts. 2, 8, 20 and 48: each fault by its field."""
    assert faults(limits={"class_max_P": 45}, terms=[{"begins": "2026-09-01", "ends": "2027-01-20"}]) == set()
    assert faults(limits={"class_max_P": 51}) == {("limits.class_max_P", "limit_loosened")}
    assert faults(limits={"class_min": 1}) == {("limits.class_min", "unknown_limit")}
    assert faults(terms=[{"begins": "2026-09-01", "ends": "2026-09-01"}]) == {("terms.1", "bad_term")}
    assert faults(urban_areas=[["140403"]]) == {("urban_areas", "areas_of_a_county")}
    assert faults(stages=["J"]) == {("stages", "not_a_school")}
    assert school_faults(limits={"class_max_P": 45}) == {("limits", "limits_of_a_school")}
    assert school_faults(terms=[{}]) >= {("terms", "terms_of_a_school")}
    assert school_faults("3614000001") == {("code", "school_kind")}
    assert school_faults(stages=["J", "S"]) == {("stages", "stage_of_another_kind")}
    assert school_faults("5114000001", stages=["P", "J"]) == set()
    assert school_faults(merged_into="3114000123") == {("merged_into", "merged_into_itself")}
    gone = {"merged_into": "3114000456", "revoked_on": "2026-02-30"}
    assert school_faults(**gone) == {("revoked_on", "merged_and_revoked"), ("revoked_on", "bad_date")}


def test_a_record_that_loosens_is_refused(office, city):
    """Arts. 8 and 48 at the door: nothing is written; a school does not end by its record."""
    register.put_organization(office, city, "140400", UNITS["140400"])
    with pytest.raises(Problem) as caught:
        register.put_organization(office, city, "140426", {**UNITS["140426"], "limits": {"class_max_P": 60}})
    assert (caught.value.code, caught.value.article) == ("limit_loosened", "第四十八条")
    register.put_organization(office, city, "140426", UNITS["140426"])
    with pytest.raises(Problem) as caught:
        register.put_organization(
            office, city, "3114000123", {**UNITS["3114000123"], "merged_into": "3114000456"}
        )
    assert (caught.value.code, caught.value.article) == ("closure_needed", "第八条")


@pytest.mark.parametrize(
    "second", ['from = "2026-01-01"\nbase = "one"', 'base = "nowhere"\nfrom = "2027-01-01"']
)
def test_a_folder_of_editions_must_be_sound(tmp_path, second):
    """Two that begin on one day, or one over nothing, are found when the service starts."""
    whole = (EDITIONS_FOLDER / "changzhi_trial.toml").read_text("utf-8")
    whole = whole.replace('"changzhi_trial"', '"one"').replace("1900-01-01", "2026-01-01")
    (tmp_path / "one.toml").write_text(whole, "utf-8")
    assert Editions.load(tmp_path).on(date(2020, 1, 1)).name == "one"
    (tmp_path / "two.toml").write_text(f'name = "two"\n{second}\n', "utf-8")
    with pytest.raises((ValueError, KeyError)):
        Editions.load(tmp_path)


def test_the_editions_are_told_over_http(office):
    """GET /v1/editions: who judges by what, in force when, with articles, limits and attachments."""
    with client_of(create(office)) as client:
        body = client.get("/v1/editions").json()
    assert body["today"] == "changzhi_trial"
    first, second = body["editions"]
    assert (first["from"], first["until"], second["from"], second["until"]) == (
        "1900-01-01",
        "2089-12-31",
        "2090-01-01",
        None,
    )
    assert len(first["articles"]) == 50
    assert first["attachments"] == ATTACHMENTS
    limit = next(item for item in first["limits"] if item["limit"] == "class_max_P")
    assert (limit["value"], limit["article"], limit["tighter"]) == (50, "第十三条", "less")
