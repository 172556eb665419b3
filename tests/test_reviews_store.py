"""Reviews in storage: doubts only close, answers only grow, and rows that were altered are named."""

from dataclasses import replace

import pytest

from storage.check import Fault, check
from storage.errors import AlreadyThere, Frozen, NotFound
from storage.records import Doubt
from storage.reviews import Hidden
from tests.shelf import COUNTY, FORM, REFUSED, SCHOOL, Clock, Raw, block, furnished, issue, serial

EVERYBODY = Hidden((), (), "d1")
DOUBT = Doubt(
    kind="field",
    org=SCHOOL,
    serial=serial(1),
    evidence=None,
    page=0,
    name="student_name",
    mark=None,
    box=[1.0, 2.0, 3.5, 4.0],
    expected="文勇俊",
    read="文勇",
    result="unreadable",
    reason="field_unreadable:student_name",
    holds=True,
)


@pytest.fixture
def archive(tmp_path, database):
    opened = furnished(tmp_path / "data", Clock(), database)
    block(opened)
    issue(opened, 1)
    with opened.begin() as transaction:
        scan = transaction.add_scan(kind="pdf", original=opened.objects.put(b"%PDF-"), org=SCHOOL, by="d1")
        transaction.open_reviews(
            scan.id, [DOUBT, replace(DOUBT, name="sex", evidence="diagnosis", holds=False)]
        )
    yield opened
    opened.close()


def answered(archive, answer="match", by="d1", review="1"):
    with archive.begin() as transaction:
        return transaction.add_decision(
            review, answer=answer, paper=False, note="", serial=None, by=by, role="registrar", org=SCHOOL
        )


def listed(archive, hidden=EVERYBODY, **more):
    with archive.read() as reading:
        return [
            one.id for one in reading.reviews([SCHOOL], hidden, **{"states": ["open"], "limit": 9, **more})
        ]


def test_a_doubt_comes_back_as_it_was_put(archive):
    """With its scan, its moment, and open."""
    with archive.read() as reading:
        found = reading.review("1")
    assert {name: getattr(found, name) for name in Doubt.__slots__} == {
        name: getattr(DOUBT, name) for name in Doubt.__slots__
    }
    assert (found.scan, found.state, found.answer, found.settled_by) == ("1", "open", None, None)
    with archive.read() as reading, pytest.raises(NotFound):
        reading.review("x")


def test_lists_narrow(archive):
    """By organization, kind, document and place; what is withheld is neither listed nor counted, but by whose it is."""
    assert listed(archive) == ["1", "2"]
    assert listed(archive, after="1") == ["2"]
    assert listed(archive, limit=1) == ["1"]
    assert listed(archive, kind="mark") == []
    assert listed(archive, serial=serial(2)) == []
    assert listed(archive, Hidden([FORM], [], "d9")) == []
    assert listed(archive, Hidden([FORM], [], "d1ge57")) == ["1", "2"], "who issued the paper"
    assert listed(archive, Hidden([], ["diagnosis"], "d9")) == ["1"]
    with archive.read() as reading:
        assert reading.reviews([COUNTY], EVERYBODY, states=["open"], limit=9) == []
        assert reading.review_counts([SCHOOL], Hidden([], ["diagnosis"], "d9")) == {"open": 1}


def test_a_person_answers_once(archive):
    """The second answer of the same token is refused whatever it says."""
    first = answered(archive)
    with pytest.raises(AlreadyThere):
        answered(archive, "altered")
    second = answered(archive, "altered", by="d2")
    with archive.read() as reading:
        assert reading.decisions("1") == [first, second]


def test_a_review_closes_once_and_for_ever(archive):
    """Decided or superseded stays so; nothing else about it ever changes; nothing is deleted."""
    answered(archive)
    with archive.begin() as transaction:
        transaction.decide_review("1", "match")
        transaction.supersede_review("2", "1")
    for again in (lambda t: t.decide_review("1", "altered"), lambda t: t.dispute_review("2")):
        with pytest.raises(Frozen), archive.begin() as transaction:
            again(transaction)
    assert check(archive) == []


@pytest.mark.parametrize(
    ("statement", "guard"),
    [
        ("UPDATE reviews SET expected = 'x' WHERE id = 1", "reviews_frozen"),
        ("UPDATE reviews SET holds = false WHERE id = 1", "reviews_frozen"),
        ("DELETE FROM reviews WHERE id = 2", "reviews_no_delete"),
        ("UPDATE decisions SET answer = 'altered'", "decisions_frozen"),
        ("DELETE FROM decisions", "decisions_no_delete"),
        ("UPDATE reviews SET state = 'decided' WHERE id = 1", "(?i)check constraint"),
        ("UPDATE reviews SET state = 'gone' WHERE id = 1", "(?i)check constraint"),
    ],
)
def test_the_database_itself_refuses(archive, tmp_path, database, statement, guard):
    """Also somebody with the file in hand."""
    answered(archive)
    with pytest.raises(REFUSED, match=guard):
        Raw(tmp_path / "data", database).execute(statement)


def test_a_decision_nobody_gave_is_named(archive, tmp_path, database):
    """Whoever writes an answer into a review without a person behind it leaves a difference."""
    Raw(tmp_path / "data", database).execute(
        "UPDATE reviews SET state = 'decided', answer = 'match', closed_at = opened_at WHERE id = 1"
    )
    assert check(archive) == [Fault("review_without_decision", "1")]
