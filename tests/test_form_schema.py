"""What /v1/forms tells is enough to draw an input form from, and right: every example validates against it."""

import json

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from service.regulation.flat import flatten
from service.web.form_schema import example_of, schema
from service.web.http import create
from templates.catalogue import Catalogue
from templates.codes import CODE_SETS
from templates.evidence import EVIDENCE, evidence
from tests.served import client_of

FORMS = Catalogue.load().forms
CHECKER = FormatChecker()


@pytest.fixture
def edition(office):
    return office.editions.on(office.today())


def validator(form, edition):
    made = schema(form, edition)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made, format_checker=CHECKER)


@pytest.mark.parametrize("name", FORMS)
def test_the_example_validates(name, edition):
    """Against the schema of its own form; and each value is where the flat names find it."""
    form = FORMS[name]
    example = example_of(form)
    found = [
        f"{'.'.join(map(str, error.path))}: {error.message}"
        for error in validator(form, edition).iter_errors(example)
    ]
    assert found == []
    assert flatten(form, example)[1] == []


@pytest.mark.parametrize("name", FORMS)
def test_an_input_form_can_be_drawn(name, edition):
    """Chinese titles, sections, an order, code lists with words, columns of tables; nothing from the record is asked for."""
    form = FORMS[name]
    made = schema(form, edition)
    assert [made["properties"][field.name]["x-order"] for field in form.fields] == list(
        range(1, len(form.fields) + 1)
    )
    grouped = [field for group in made["x-groups"] for field in group["fields"]]
    assert sorted(grouped) == sorted(field.name for field in form.fields)
    for field in form.fields:
        drawn = made["properties"][field.name]
        assert drawn["title"] == field.label
        assert not drawn["title"].isascii()
        assert drawn["x-source"] == field.source
        assert (field.name in made["required"]) <= (field.source == "data" and field.required)
        if field.type == "table":
            columns = drawn["items"]["properties"]
            assert list(columns) == [column.name for column in field.columns if not column.blank]
            assert set(drawn["items"]["required"]) <= set(columns)
        if field.code_set_if:
            assert [choice.get("x-when") for choice in drawn["anyOf"]] == [*field.code_set_if, None]
        elif field.type == "code" and not CODE_SETS[str(field.code_set)].open:
            words = CODE_SETS[field.code_set].words
            assert {choice["const"]: choice["title"] for choice in drawn["oneOf"]} == {
                code: words[code] for code in field.words or words
            }


def test_what_is_wrong_is_wrong_for_the_schema_too(edition):
    """A missing member, an unknown one, a code and a date that are none, a table that is none."""
    form = FORMS["transfer_application"]
    check = validator(form, edition)
    good = example_of(form)
    wrong = [
        {name: value for name, value in good.items() if name != "in_school"},
        {**good, "shoe_size": "39"},
        {**good, "in_grade": "K9"},
        {**good, "entry_month": "2025-13"},
        {**good, "hukou_new": "山西"},
    ]
    assert check.is_valid(good)
    assert [check.is_valid(data) for data in wrong] == [False] * len(wrong)


def test_the_schema_asks_for_what_the_service_asks_for(edition):
    """The stages a certificate is issued for, the three conclusions, whole rows of counts, no empty table."""
    told = {name: schema(FORMS[name], edition)["properties"] for name in FORMS}
    stages = told["academic_record_certificate"]["stage"]["oneOf"]
    assert [choice["title"] for choice in stages] == ["小学", "初中", "普通高中"]
    conclusions = told["graduate_roster"]["rows"]["items"]["properties"]["conclusion"]["oneOf"]
    assert [choice["const"] for choice in conclusions] == ["L4", "L5", "L6"]
    counts = told["diploma_batch"]["counts"]["items"]["required"]
    assert counts == ["due", "graduated", "completed", "incomplete"]
    assert told["admission_roster"]["rows"]["minItems"] == 1
    assert FORMS["expulsion_request"].stages == ("S",)
    assert FORMS["dropout_report"].stages == ("P", "J")
    assert edition.paper(FORMS["completion_certificate"]).title == "结业证书（结业证明书）"


@pytest.mark.parametrize("name", FORMS)
def test_evidence_has_chinese_names(name):
    """Every kind a form asks for is one of the catalogue's."""
    form = FORMS[name]
    for asked in (*form.evidence, *(item for names in form.evidence_if.values() for item in names)):
        kind, required = evidence(asked)
        assert not kind.label.isascii()
        assert required == (not asked.endswith("?"))


def test_there_are_all_kinds_of_evidence():
    """32 of them; those about health, papers and offences are sensitive."""
    assert len(EVIDENCE) == 32
    assert EVIDENCE["judicial"].restricted
    assert EVIDENCE["medical_2a"].min_level == "二级甲等"


def test_over_http(office):
    """The list, one form, and the same form under another edition."""
    with client_of(create(office)) as client:
        listed = client.get("/v1/forms").json()
        assert {form["form"] for form in listed["forms"]} == set(FORMS)
        told = client.get("/v1/forms/transfer_application").json()
        later = client.get("/v1/forms/transfer_application", params={"day": "2090-03-01"}).json()
        diploma = client.get("/v1/forms/diploma_junior").json()
        assert client.get("/v1/forms", params={"day": "tomorrow"}).status_code == 422
    assert told["attachment"] == "附件8"
    assert told["edition"]["name"] != later["edition"]["name"]
    assert told["schema"]["examples"] == [
        json.loads(FORMS["transfer_application"].example.read_text("utf-8"))["data"]
    ]
    assert told["evidence"][0]["label"] == "居民户口簿复印件"
    assert {"when": "reason_code=1", "evidence": ["hukou_migration"]} in [
        {**row, "evidence": [item["evidence"] for item in row["evidence"]]} for row in told["evidence_if"]
    ]
    assert told["articles"][0]["article"] == "第六条"
    assert told["subject_label"] == "在册学生"
    assert diploma["modes"] == ["full", "overprint"]
    assert diploma["schema"]["properties"]["certificate_no"]["x-article"] == "第三十四条"
