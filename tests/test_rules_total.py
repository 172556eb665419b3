"""Every rule answers whatever the values are: bad ones are objected to, never an error."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.regulation.case import Override
from tests.cases import ALL_RULES, CITY, FORMS, KNOWN_UNITS, case, codes, paper, warnings, who

TEXTS = st.one_of(
    st.sampled_from(
        ["", "0", "1", "2", "4", "9", "P6", "J2", "S3", "P9", "S", "X", "L4", "suspend", "extend", "resume"]
    ),
    st.sampled_from(
        ["2026-07-01", "2026-02-30", "2023-09", "2026-13", "0000-00-00", "3114000456", "3600000000"]
    ),
    st.sampled_from(
        ["1/3", "200/600", "0/0", "初中二年级3班", "高九", "八年级", "300人", "-1", "1e9", "²", "九" * 40]
    ),
    st.text(max_size=12),
)
GRADES = st.sampled_from(["", "P1", "P6", "J1", "J3", "S1", "S3"])
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def names(form):
    """The flat names a paper of this form can carry, of two rows in each table."""
    for field in FORMS.get(form).fields:
        if field.type == "table":
            yield from (f"{field.name}.{row}.{column.name}" for row in (1, 2) for column in field.columns)
        else:
            yield f"{field.name}.语文" if field.type == "map" else field.name


@pytest.mark.parametrize("form", sorted(FORMS.forms))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_value_makes_a_rule_fail(form, data):
    """Each form with any values, record, earlier papers, day and exception: only known codes come back."""
    some = st.dictionaries(st.sampled_from(sorted(names(form))), TEXTS)
    record = st.dictionaries(st.sampled_from(sorted(RECORD)), TEXTS)
    kinds = st.sampled_from(["suspension_application", "sanction_record", "absence_report", form])
    earlier = [
        paper(
            data.draw(kinds),
            stage=data.draw(st.sampled_from(["P", "J", "S", None])),
            values=data.draw(record),
        )
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    values = data.draw(some)
    made = case(
        form,
        values,
        grade=data.draw(GRADES),
        stage=data.draw(st.sampled_from(["P", "J", "S", None])),
        student=data.draw(record),
        day=data.draw(DAYS),
        earlier=tuple(earlier),
        others=KNOWN_UNITS,
        override=data.draw(st.sampled_from([None, Override("文", "理由"), Override("", "", "A99-9")])),
        who=data.draw(st.sampled_from([None, who(), who("city", CITY.code), who("registrar", "3114000123")])),
    )
    assert all(code.isidentifier() for code in codes(made, ALL_RULES) | warnings(made))
    bare = replace(made, chain=(), others={})
    assert all(code.isidentifier() for code in codes(bare, ALL_RULES) | warnings(bare))


RECORD = [
    "roll_status",
    "suspended_from",
    "suspended_to",
    "suspended_grade",
    "suspended_months",
    "sanction",
    "sanction_on",
    "sanction_revoked_on",
    "coercive_measure",
    "birth_date",
    "entry_year",
    "credits_total",
    "exam_grades.语文",
    "exam_resits.语文",
    "quality_passed",
    "mode",
    "suspend_from",
    "suspend_to",
    "grade_when_suspended",
    "decided_on",
    "revoked_on",
    "ground",
    "defer_to",
]
