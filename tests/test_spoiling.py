"""A spoilt blank's call is known by its key, and nothing is voided before key and blank were looked at."""

import pytest

from service import issue
from service.errors import Problem
from service.issue.spoiling import spoil
from tests.conftest import BEARER, DIPLOMA, STUDENT, issue_diploma

FORM = "diploma_junior"


def refusal(*arguments, **named):
    """The code of a call that must be refused."""
    with pytest.raises(Problem) as caught:
        spoil(*arguments, **named)
    return caught.value.code


def status(office, serial):
    with office.archive.read() as reading:
        return reading.document(serial).status


def test_a_key_is_bound_to_the_call(town, registrar):
    """Another serial, reason, data or wish for a replacement under the same key is refused, and nothing is voided."""
    first, second = (issue_diploma(town, registrar, who).body["serial"] for who in (STUDENT, BEARER))
    told = spoil(town, registrar, first, "打印时卡纸", key="K1")
    for serial, change in (
        (second, {}),
        (first, {"data": {"study_to": "2026-06"}}),
        (first, {"replace": False}),
    ):
        assert refusal(town, registrar, serial, "打印时卡纸", key="K1", **change) == "idempotency_key_reused"
    assert refusal(town, registrar, first, "污损", key="K1") == "idempotency_key_reused"
    assert status(town, second) == "pending"
    assert spoil(town, registrar, first, "打印时卡纸", key="K1") == told
    assert spoil(town, registrar, second, "污损", replace=False, key="K2")["replacement"] is None
    assert refusal(town, registrar, second, "污损", key="K2") == "idempotency_key_reused"


def test_a_blank_that_no_longer_fits_voids_nothing(town, county, registrar, two_blanks):
    """Which of two blanks took the place of the one that was printed on nobody knows: that is asked first."""
    request = issue.IssueRequest(FORM, STUDENT, DIPLOMA, mode="overprint")
    first = issue.issue(town, registrar, request).body["serial"]
    two_blanks()
    assert refusal(town, registrar, first, "印偏了") == "blank_not_fitting"
    assert status(town, first) == "pending"


@pytest.fixture
def two_blanks(town, county):
    """The county's only blank now; called, its measures are put right and a second one is registered."""
    from service import blanks
    from tests.test_overprint import body

    blanks.put_blank(town, county, "lc-2026", body(shift_mm=[5.0, 1.0]))

    def change():
        blanks.put_blank(town, county, "lc-2026", body())
        blanks.put_blank(town, county, "lc-2027", body(shift_mm=[1.0, 1.0]))

    return change
