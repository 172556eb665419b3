"""Raw values become the words on the paper."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.catalogue import Catalogue
from templates.errors import ValueRefused
from templates.naming import asides
from templates.order import Order
from templates.wording import chinese_date, chinese_month, chinese_number, printed

FORMS = Catalogue.load()
DIPLOMA = FORMS.get("diploma_junior")
RECORD = FORMS.get("academic_record_certificate")
TRANSFER = FORMS.get("transfer_application")


def aside(form):
    data = form.example_data()
    return asides(Order(form, data, "", list), printed(form, data))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 7, 1), "二〇二六年七月一日"),
        (date(2011, 4, 12), "二〇一一年四月十二日"),
        (date(2000, 10, 10), "二〇〇〇年十月十日"),
        (date(2025, 11, 20), "二〇二五年十一月二十日"),
        (date(1999, 12, 31), "一九九九年十二月三十一日"),
    ],
)
def test_certificates_write_dates_in_chinese_numerals(day, words):
    """Years digit by digit with 〇, months and days as numbers."""
    assert chinese_date(day) == words
    assert words.startswith(chinese_month(day.year, day.month))


@given(st.dates(min_value=date(1900, 1, 1)))
def test_no_two_days_are_written_alike(day):
    """Reading the words back gives the day, so nothing is lost on the paper."""
    year, rest = chinese_date(day).split("年")
    month, ordinal = rest.rstrip("日").split("月")
    numbers = {chinese_number(number): number for number in range(1, 32)}
    assert (
        date(
            int("".join(str("〇一二三四五六七八九".index(c)) for c in year)), numbers[month], numbers[ordinal]
        )
        == day
    )


def test_a_diploma_says_everything_in_words():
    """The worked example of the design."""
    facts = printed(DIPLOMA, DIPLOMA.example_data())
    assert facts == {
        "student_name": "文勇俊",
        "sex": "男",
        "birth_date": "二〇一一年四月十二日",
        "student_no": "G140499201104120011",
        "study_from": "二〇二三年九月",
        "study_to": "二〇二六年七月",
        "school_name": "黎城县第三中学校",
        "head_name": "钟涛",
        "issued_on": "二〇二六年七月一日",
        "certificate_no": "140426202620120001",
    }


def test_an_application_form_writes_dates_in_digits_and_divisions_with_code_and_name():
    """Forms are read by clerks who type the codes again."""
    facts = printed(TRANSFER, TRANSFER.example_data())
    assert facts["birth_date"] == "2012年8月25日"
    assert facts["entry_month"] == "2025年9月"
    assert facts["hukou_new"] == "140429 长治市武乡县"
    assert facts["roll_state"] == "在籍"
    assert facts["out_grade_class"] == "初中二年级4班"
    assert printed(TRANSFER, {**TRANSFER.example_data(), "hukou_old": "650102"})["hukou_old"] == "650102"


def test_a_missing_optional_value_is_an_empty_text():
    """The template then leaves the clause out."""
    data = RECORD.example_data()
    del data["native_place"], data["id_number"]
    facts = printed(RECORD, data)
    assert (facts["native_place"], facts["id_number"]) == ("", "")


@pytest.mark.parametrize(
    ("number", "stage", "words"),
    [
        ("20260001", "S", "晋高毕证字第20260001号"),
        ("20260001", "J", "晋初毕证字第20260001号"),
        ("长教学证字第7号", "S", "长教学证字第7号"),
    ],
)
def test_a_bare_paper_number_gets_its_series(number, stage, words):
    """A number block may write its own series out; then it stands as it is."""
    facts = printed(RECORD, {**RECORD.example_data(), "paper_no": number, "stage": stage})
    assert facts["paper_no"] == words


def test_a_senior_school_is_called_gaozhong_on_the_record_certificate():
    """The provincial wording says 在本校高中修业期满, while the code set says 普通高中."""
    assert printed(RECORD, RECORD.example_data())["stage"] == "高中"


def test_conditions_see_codes_and_repeats_see_words():
    """`raw` is for conditions, `plain` for text that is not compared."""
    beside = aside(RECORD)
    assert beside["raw"]["stage"] == "S"
    assert beside["plain"]["paper_no"] == "晋高毕证字第20260001号"
    assert aside(DIPLOMA)["raw"]["stage"] == "J"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sex", "3"),
        ("sex", "男"),
        ("birth_date", "2011-02-30"),
        ("birth_date", "20110412"),
        ("birth_date", "2011-W15-2"),
        ("study_from", "2023-13"),
        ("study_from", "202309"),
        ("student_name", ""),
    ],
)
def test_what_cannot_be_said_truly_is_refused_by_field(name, value):
    """A wrong code, a day that does not exist, nothing where something must stand; the value is not quoted."""
    with pytest.raises(ValueRefused) as caught:
        printed(DIPLOMA, {**DIPLOMA.example_data(), name: value})
    assert caught.value.field == name
    assert not value or value not in caught.value.message_zh
