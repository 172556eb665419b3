"""Codes and checks stand in one place: the code sets are complete, and every number that can be checked is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo.people import id_number
from service.regulation.identity import (
    is_id_number,
    is_mobile,
    is_paper_number,
    is_postcode,
    is_school_code,
    is_uscc,
    read_id_number,
    read_student_no,
)
from service.regulation.values import CHECKS, form_objections, is_day, is_month, person_objections
from templates.catalogue import Catalogue
from templates.codes import CODE_SETS, is_code, label
from templates.form import Field

SIZES = {
    "sex": 4,
    "ethnic": 58,
    "country": 4,
    "id_type": 8,
    "hmt": 16,
    "political": 4,
    "health": 5,
    "hukou": 3,
    "entry_way": 6,
    "attend_way": 4,
    "source": 3,
    "blood": 7,
    "left_behind": 3,
    "yesno": 2,
    "inclusive": 5,
    "disability": 9,
    "relation": 5,
    "commute": 6,
    "stage": 4,
    "school_kind": 16,
    "run_type": 2,
    "hs_tier": 2,
    "suspend_reason": 3,
    "transfer_reason": 3,
    "withdraw_reason_compulsory": 2,
    "withdraw_reason_senior": 4,
    "guest_reason": 8,
    "sanction": 5,
    "award_level": 5,
    "exam_grade": 4,
    "change_kind": 20,
    "roll_status": 16,
    "suspend_mode": 3,
    "cancel_ground": 3,
    "auto_ground": 3,
    "absence_ground": 3,
    "access_manner": 3,
    "handover_cause": 4,
    "placement": 3,
    "staff_change": 3,
    "review_state": 8,
    "review_result": 3,
    "grade": 12,
}
"""The 43 code sets and how many codes each has; the divisions (GB/T 2260) are one more, and open."""
BOY, GIRL = "140499201104120011", "140499201011030228"


def test_all_code_sets_are_there():
    """43 of them with every code, and the divisions; no word stands for two codes of one set."""
    assert len(SIZES) == 43
    assert {name: len(CODE_SETS[name].words) for name in SIZES} == SIZES
    assert set(CODE_SETS) == {*SIZES, "division"}
    for known in CODE_SETS.values():
        assert len(set(known.words.values())) == len(known.words), known.name
        assert all(word == word.strip() and word for word in known.words.values())
    assert [name for name, known in CODE_SETS.items() if known.open] == ["country", "division"]


@pytest.mark.parametrize(
    ("code_set", "code", "word"),
    [
        ("sex", "2", "女"),
        ("ethnic", "56", "基诺族"),
        ("ethnic", "20", "傈僳族"),
        ("id_type", "Z", "其他"),
        ("change_kind", "L7", "自动退学"),
        ("guest_reason", "4", "解放军边防指战员子女"),
        ("grade", "S3", "高中三年级"),
        ("division", "140426", "长治市黎城县"),
    ],
)
def test_a_code_has_its_word(code_set, code, word):
    """A sample of each corner."""
    assert label(code_set, code) == word


def test_open_sets_take_what_their_list_does_not_have():
    """Another country's letters, another province's digits; never anything else."""
    assert is_code("country", "KAZ")
    assert is_code("division", "130102")
    assert not is_code("country", "kaz")
    assert not is_code("sex", "3")


LEGAL = [
    (is_uscc, "11140426741077494G", "11140426741077494H"),
    (is_uscc, "11140426741077494G", "1114042674107749IG"),
    (is_school_code, "3114000123", "0114000123"),
    (is_postcode, "046500", "46500"),
    (is_mobile, "13800000000", "12800000000"),
    (is_mobile, "19912345678", "0355-5672197"),
    (is_id_number, BOY, BOY[:-1] + "2"),
    (is_id_number, "110105491231002", "110105491331002"),
    (is_id_number, "E12345678", "1234"),
    (is_id_number, "H08123456(1)", "张三"),
    (is_paper_number, "CHN1234567", "ab1234567"),
    (is_day, "2011-02-28", "2011-02-29"),
    (is_day, "1900-01-01", "1899-12-31"),
    (is_day, "2099-12-31", "2100-01-01"),
    (is_month, "2023-09", "2023-13"),
]


@pytest.mark.parametrize(("check", "good", "bad"), LEGAL)
def test_each_check_knows_good_from_bad(check, good, bad):
    """One of each, side by side."""
    assert check(good)
    assert not check(bad)
    assert not check("")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(1, 999))
def test_one_wrong_digit_of_an_id_number_is_found(birth, order):
    """GB 11643: every single digit, and the kind of 学籍号 that carries it."""
    number = id_number(birth, order)
    assert read_id_number(number).birth == birth
    assert read_id_number(number).sex == ("1" if order % 2 else "2")
    assert read_student_no("G" + number).id_number == number
    for place in range(17):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert not is_id_number(wrong)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("G" + BOY, "G"),
        ("J" + BOY, "J"),
        ("L140499201104129999", "L"),
        ("L14049920110412999X", None),
        ("K" + BOY, None),
    ],
)
def test_kinds_of_student_numbers(number, kind):
    """G and J have a check character, L has none; nothing else is one."""
    found = read_student_no(number)
    assert (found and found.kind) == kind


PEOPLE = [
    ({"id_number": BOY, "sex": "2"}, {("sex", "sex_differs")}),
    ({"id_number": BOY, "birth_date": "2011-04-13"}, {("birth_date", "birth_date_differs")}),
    ({"student_no": "G" + GIRL, "id_number": BOY}, {("id_number", "student_no_differs")}),
    ({"student_no": "G" + GIRL, "sex": "1"}, {("sex", "sex_differs")}),
    ({"id_type": "1"}, {("id_number", "missing_field")}),
    ({"id_type": "A", "id_number": "E12345678", "sex": "2"}, set()),
    ({"id_number": "E12345678", "sex": "2"}, set()),
    ({"student_no": "G" + BOY, "id_number": BOY, "sex": "1", "birth_date": "2011-04-12"}, set()),
    (
        {"student_no": "L140499201104129999", "birth_date": "2011-04-11"},
        {("birth_date", "birth_date_differs")},
    ),
]


@pytest.mark.parametrize(("person", "found"), PEOPLE)
@pytest.mark.parametrize("place", ["", "rows.3."])
def test_the_numbers_of_one_person_agree(person, found, place):
    """On a form and in a row; what the record gave was looked at with the record."""
    values = {place + name: value for name, value in person.items()}
    told = {(item.field, item.code) for item in person_objections(values, frozenset())}
    assert told == {(place + field, code) for field, code in found}
    assert person_objections(values, frozenset(values)) == []


def test_two_rows_are_two_people():
    """Each row agrees with itself only."""
    values = {"rows.1.id_number": BOY, "rows.1.sex": "1", "rows.2.id_number": GIRL, "rows.2.sex": "2"}
    assert person_objections(values, frozenset()) == []


FORM = Catalogue.load().get("transfer_application")


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({"guardian_id": BOY}, set()),
        ({"guardian_id": BOY[:-1] + "9"}, {"bad_id_number"}),
        ({"guardian_id": "E12345678"}, set()),
        ({"guardian_phone": "12800000000"}, {"bad_mobile"}),
        ({"in_school_code": "311400012"}, {"bad_school_code"}),
        ({"hukou_new": "14042"}, {"bad_code"}),
        ({"id_type": "A", "id_number": "E12345678"}, set()),
        ({"id_type": "1", "id_number": "E12345678"}, {"bad_id_number"}),
        ({"id_type": "1", "id_number": BOY, "sex": "2"}, {"sex_differs"}),
    ],
)
def test_values_of_a_form(values, codes):
    """A guardian's number is checked when it looks resident; the type of paper decides where it is named."""
    assert {item.code for item in form_objections(FORM, values, frozenset())} == codes


def test_every_format_of_every_form_is_checked():
    """No form names a format that nobody looks at; those of certificates are the rules' business."""
    elsewhere = {"cn_date", "certificate_no", "paper_no"}

    def formats(fields: tuple[Field, ...]):
        for field in fields:
            yield field.format
            yield from formats(field.columns)

    named = {name for form in Catalogue.load().forms.values() for name in formats(form.fields) if name}
    assert named - elsewhere <= set(CHECKS)
