"""What the forms themselves carry of the rules: proofs asked for, blocks to be signed and sealed, files that keep them."""

from pathlib import Path

import pytest

from templates.conditions import holds
from tests.cases import EDITION, FORMS


def proofs(form, **values):
    """The evidence a paper with these values asks for, without what is optional."""
    made = FORMS.get(form)
    facts = made.facts(values)
    asked = [
        name for condition, names in made.evidence_if.items() if holds(condition, facts) for name in names
    ]
    return {name for name in (*made.evidence, *asked) if not name.endswith("?")}


def seals(form, **values):
    """Whose seals a paper with these values needs, block by block."""
    made = FORMS.get(form)
    return [block.seal for block in made.blocks if block.seal and block.required_for(made.facts(values))]


@pytest.mark.parametrize(
    ("form", "values", "asked"),
    [
        ("info_change_application", {}, {"hukou_copy"}),
        ("transfer_application", {"in_grade": "J2", "reason_code": "1"}, {"hukou_copy", "hukou_migration"}),
        ("transfer_application", {"in_grade": "J2", "reason_code": "2"}, {"hukou_copy", "job_transfer"}),
        ("transfer_application", {"in_grade": "S1", "exam_taken": "1"}, {"hukou_copy", "exam_proof"}),
        ("transfer_application", {"in_grade": "J1", "exam_taken": "1"}, {"hukou_copy"}),
        ("suspension_application", {"mode": "suspend", "reason_code": "1"}, {"medical_county"}),
        ("suspension_application", {"mode": "suspend", "reason_code": "3"}, {"force_majeure"}),
        ("suspension_application", {"mode": "extend"}, {"medical_county"}),
        ("suspension_application", {"mode": "resume"}, set()),
        (
            "guest_study_application",
            {"reason_code": "1"},
            {"unit_proof", "school_proof", "relative_hukou", "student_info_copy"},
        ),
        ("withdrawal_application", {"stage": "J", "reason_code": "1"}, {"medical_county"}),
        ("withdrawal_application", {"stage": "P", "reason_code": "2"}, {"passport_copy", "hukou_copy"}),
        ("withdrawal_application", {"stage": "S", "reason_code": "2"}, {"medical_2a"}),
        ("withdrawal_application", {"stage": "S", "reason_code": "4"}, {"judicial"}),
        ("auto_withdrawal_request", {}, {"absence_log", "contact_log"}),
        ("record_cert_application", {}, {"id_copy", "roster_proof", "lost_statement", "photo"}),
        ("registrar_filing", {}, {"training_cert"}),
        ("archive_transfer_list", {"cause": "3"}, {"merger_doc"}),
    ],
)
def test_the_proofs_a_paper_asks_for(form, values, asked):
    """Arts. 8, 15, 18, 24, 26, 28, 29, 31, 38 and 42: by the reason and the stage."""
    assert proofs(form, **values) == asked


@pytest.mark.parametrize(
    ("form", "values", "needed"),
    [
        ("transfer_application", {"in_grade": "J2"}, ["school", "other_school", "county", "other_county"]),
        (
            "transfer_application",
            {"in_grade": "S1"},
            ["school", "other_school", "county", "other_county", "city"],
        ),
        ("withdrawal_application", {"stage": "J"}, ["school", "township", "county"]),
        ("withdrawal_application", {"stage": "S"}, ["school", "county"]),
        ("auto_withdrawal_request", {}, ["school", "county", "city"]),
        ("expulsion_request", {}, ["school", "city"]),
        ("guest_study_application", {}, ["other_school", "school", "county"]),
        ("class_roster", {}, ["school", "county"]),
        ("completion_certificate", {}, ["cross", "head_stamp", "school"]),
        ("academic_record_certificate", {}, ["cross", "head_stamp", "school", "validation"]),
        ("diploma_senior", {}, ["steel", "head_stamp", "school", "validation"]),
    ],
)
def test_whose_seals_a_paper_needs(form, values, needed):
    """Arts. 13, 18, 26, 28, 31, 34, 36, 37, 38 and 40."""
    assert seals(form, **values) == needed


def test_the_first_form_is_signed_by_guardian_and_teacher():
    """Art. 11: the 学生基本信息表 is confirmed by both before the school passes it on."""
    signed = {block.sign for block in FORMS.get("student_info").blocks if block.required}
    assert {"guardian", "class_teacher", "vice_head"} <= signed


def test_which_files_keep_a_paper():
    """Arts. 6, 7 and 39: changes into both files, stubs into the school's, awards into the pupil's."""
    for form in (
        "transfer_application",
        "suspension_application",
        "guest_study_application",
        "withdrawal_application",
    ):
        assert set(FORMS.get(form).archive_to) == {"school_file", "student_file"}
    for form in (
        "completion_certificate",
        "incomplete_certificate",
        "academic_record_certificate",
        "class_roster",
    ):
        assert "school_file" in FORMS.get(form).archive_to
    assert "student_file" in FORMS.get("award_record").archive_to


def test_every_form_names_articles_of_the_regulation():
    """Each paper says under which articles it is made; none is made by a rule on the pupil's household."""
    for form in FORMS.forms.values():
        assert set(form.articles) <= set(EDITION.articles), form.name
        assert form.articles, form.name


def test_a_migrant_child_has_the_same_rights():
    """Art. 10: no rule looks at the flag or at the kind of household."""
    rules = Path(__file__).parent.parent / "service" / "regulation"
    assert not [file.name for file in rules.glob("*.py") if "migrant_child" in file.read_text("utf-8")]
