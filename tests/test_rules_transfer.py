"""The clauses on 转学 and the moves beside it: arts. 14, 17, 19, 20 and 21."""

from dataclasses import replace

import pytest

from service.regulation.case import Override
from tests.cases import (
    CITY,
    COUNTY,
    DAY,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    OTHER_SENIOR,
    SCHOOL,
    SENIOR,
    case,
    codes,
    paper,
    refusal,
    who,
)

MOVE = {
    "in_school": OTHER_SCHOOL.name,
    "in_school_code": OTHER_SCHOOL.code,
    "in_grade": "J2",
    "reason_code": "1",
    "hukou_old": "140426",
    "hukou_new": "140429",
}
SENIOR_MOVE = {**MOVE, "in_school": OTHER_SENIOR.name, "in_school_code": OTHER_SENIOR.code, "in_grade": "S1"}
KNOWN = {unit.code: unit for unit in (OTHER_SCHOOL, OTHER_SENIOR, OTHER_COUNTY)}
EXCEPTION = Override("黎教〔2026〕7号", "随军家属安置")


def transfer(values=None, **changes):
    return case("transfer_application", {**MOVE, **(values or {})}, others=KNOWN, **changes)


def senior(values=None, own=None, there=None, **changes):
    own = replace(SENIOR, data=own or {})
    others = {**KNOWN, OTHER_SENIOR.code: replace(OTHER_SENIOR, data=there or {})}
    return case(
        "transfer_application",
        {**SENIOR_MOVE, **(values or {})},
        grade="S1",
        school=own,
        others=others,
        **changes,
    )


def test_a_move_to_another_county_is_let_through():
    """Arts. 17 and 20: same grade, household moved, nothing in the way."""
    assert codes(transfer()) == set()
    assert codes(senior()) == set()


@pytest.mark.parametrize("grade", ["P6", "J3", "S3"])
def test_nobody_moves_in_the_last_grade(grade):
    """Art. 20: the authority cannot except from it either."""
    made = transfer({"in_grade": grade}, grade=grade, override=EXCEPTION, who=who("city", CITY.code))
    assert refusal(made, "graduating_grade").article == 20


@pytest.mark.parametrize(
    ("day", "refused"),
    [("2026-08-31", False), ("2026-09-01", True), ("2027-01-20", True), ("2027-01-21", False)],
)
def test_nobody_moves_during_a_term(day, refused):
    """Art. 20: the days of the term table, both ends; an authority may except, for 原则上."""
    county = replace(COUNTY, data={"terms": [{"begins": "2026-09-01", "ends": "2027-01-20"}]})
    facts = {"chain": (SCHOOL, county, CITY), "day": type(DAY).fromisoformat(day)}
    assert codes(transfer(**facts)) == ({"transfer_in_term"} if refused else set())
    assert codes(transfer(**facts, override=EXCEPTION, who=who())) == set()


def test_nobody_moves_while_suspended_or_under_a_sanction():
    """Art. 20."""
    assert codes(transfer(student={"roll_status": "suspended"})) == {"suspended"}
    decided = paper("sanction_record", values={"sanction": "2", "decided_on": "2026-05-01"})
    assert codes(transfer(earlier=(decided,))) == {"sanction_open"}
    revoked = replace(decided, values={**decided.values, "revoked_on": "2026-06-30"})
    assert codes(transfer(earlier=(decided, revoked))) == set()


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"hukou_old": "140429"}, {"not_moved"}),
        ({"hukou_new": "140426"}, {"not_moved", "school_elsewhere"}),
        ({"reason_code": "2", "hukou_old": "330106"}, set()),
        (
            {"reason_code": "2", "hukou_old": "330106", "hukou_new": "140426"},
            {"not_moved", "school_elsewhere"},
        ),
        ({"hukou_new": "140430"}, {"school_elsewhere"}),
        ({"reason_code": "9", "hukou_old": "140429"}, set()),
    ],
)
def test_the_household_or_the_work_has_moved(values, refused):
    """Art. 17: across a county line, and the new school lies there."""
    assert codes(transfer(values)) == refused


def test_one_urban_area_is_one_county():
    """Arts. 17 and 20: the city lists which divisions are one urban area."""
    city = replace(CITY, data={"urban_areas": [["140426", "140429"]]})
    assert codes(transfer(chain=(SCHOOL, COUNTY, city))) == {"not_moved"}
    assert codes(senior(chain=(SENIOR, COUNTY, city))) == {"not_moved", "same_urban_area"}


@pytest.mark.parametrize(
    ("own", "there", "refused"),
    [
        ({}, {"hs_tier": "D"}, {"to_model_school"}),
        ({"hs_tier": "Y"}, {"hs_tier": "D"}, {"to_model_school"}),
        ({"hs_tier": "D"}, {"hs_tier": "D"}, set()),
        ({"hs_tier": "D"}, {"hs_tier": "Y"}, set()),
        ({"run_type": "M"}, {"run_type": "G"}, {"private_to_public"}),
        ({"run_type": "M"}, {"run_type": "M"}, set()),
        ({"run_type": "G"}, {"run_type": "M"}, set()),
    ],
)
def test_senior_schools_of_another_standing(own, there, refused):
    """Art. 20: never up to a model school; 民办 to 公办 only as the authority places."""
    assert codes(senior(own=own, there=there)) == refused
    placed = senior(own=own, there=there, override=EXCEPTION, who=who("city", CITY.code))
    assert codes(placed) == refused - {"private_to_public"}


def test_senior_schools_of_one_county():
    """Art. 20: no transfer between them."""
    near = replace(OTHER_SENIOR, parent=COUNTY.code)
    made = senior()
    made = replace(made, others={**made.others, near.code: near, COUNTY.code: COUNTY})
    assert {"same_urban_area", "school_elsewhere"} <= codes(made)


def test_vocational_schools():
    """Arts. 19 and 20: no pupil comes from there, and who goes there has another form."""
    assert refusal(senior({"out_school_code": "3614000001"}), "from_vocational").article == 20
    assert refusal(senior({"in_school_code": "3614000001"}), "to_vocational").article == 19
    form = {"in_school": "长治市第一职业高级中学", "reason": "自愿"}
    assert codes(case("vocational_transfer_application", form, grade="S2")) == set()
    assert codes(case("vocational_transfer_application", form, grade="J3")) == {"not_senior"}
    made = case("vocational_transfer_application", {**form, "in_school": SENIOR.name}, grade="S2")
    assert refusal(made, "not_vocational").article == 19


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"placement": "1", "other_school_name": "黎城县特殊教育学校"}, set()),
        ({"placement": "2", "other_school_name": "黎城县特殊教育学校"}, set()),
        ({"placement": "3"}, set()),
        ({"placement": "1"}, {"other_school_missing"}),
        ({"placement": "2", "other_school_name": SCHOOL.name}, {"other_school_missing"}),
        ({"placement": "3", "disability": "0"}, {"no_disability"}),
    ],
)
def test_special_placements(values, refused):
    """Art. 21: 转入 or 保留 names the other school; 送教上门 has none."""
    assert codes(case("special_placement_form", {"disability": "5", **values})) == refused


def test_a_registered_school_is_called_by_its_name_and_has_the_stage():
    """Art. 20: 同级互转; a school that is not registered is known by what the form says."""
    assert refusal(transfer({"in_school": "武乡县第三中学校"}), "school_name_differs").article == 20
    assert codes(transfer({"in_school": "外省某中学校", "in_school_code": "3112345678"})) == set()
    there = {"stages": ["P", "J"]}
    assert refusal(senior(there=there), "stage_not_there").article == 20
    assert codes(senior(there={"stages": ["S"]})) == set()
