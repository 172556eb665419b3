"""Hard paper judged by seeds, hands and people nobody tuned on: doubt is allowed, a wrong match or genuine never."""

import random

import pytest

from service import issue, register
from service.demo.apart import JUDGING
from service.demo.levels import LEVELS
from tests.conftest import COUNTY, OTHER_COUNTY, OTHER_SCHOOL, SCHOOL, TRANSFER, UNITS
from tests.paper import Paper, level
from tests.test_receive import brought, found, layout_of, only, pdf_of

SEALS = {
    "out_school": UNITS[SCHOOL]["name"],
    "in_school": UNITS[OTHER_SCHOOL]["name"],
    "out_auth": UNITS[COUNTY]["name"],
    "in_auth": UNITS[OTHER_COUNTY]["name"],
}
HARD = [name for name in LEVELS if name not in "ABCDF"]
FIRST_SEED = 90_000
"""Of the judging side: the bench's parts take lower ones."""
ALTERED = ("student_name", "id_number", "guardian_phone", "in_school")


@pytest.fixture
def signed(town, city, registrar):
    """A transfer form of somebody of the judging side, just printed, and who signs it."""
    person, *others = JUDGING.crowd(12)[5:]
    register.put_student(town, city, person.student_no, {**person.record(), "grade": "J2"})
    request = issue.IssueRequest("transfer_application", person.student_no, TRANSFER)
    serial = issue.issue(town, registrar, request).body["serial"]
    names = dict(zip(("in_school", "out_auth", "in_auth"), (one.name for one in others), strict=False))
    paper = Paper(pdf_of(town, serial), layout_of(town, serial), hands=JUDGING.hands)
    return paper, {**names, "apply": person.guardian, "out_school": UNITS[SCHOOL]["head_name"]}


def another(text, dice):
    """The text with one character exchanged: a numeral for a numeral, a hanzi for one that many names have."""
    place = dice.randrange(len(text))
    pool = "0123456789" if text[place].isdigit() else "文明国华海平"
    return text[:place] + dice.choice([one for one in pool if one != text[place]]) + text[place + 1 :]


def value_of(paper, name):
    return next(v["text"] for page in paper.layout["pages"] for v in page["values"] if v["name"] == name)


@pytest.mark.parametrize("name", HARD)
def test_no_altered_value_matches_on_a_bad_scan(town, city, signed, name):
    """Four values altered: whatever the scanner did, none of them is a match, and the paper is not genuine."""
    paper, names = signed
    seed = JUDGING.seeds[FIRST_SEED + HARD.index(name)]
    dice = random.Random(seed)
    forged = paper.complete(SEALS, names, seed=seed)
    for field in ALTERED:
        forged = forged.alter(field, another(value_of(paper, field), dice))
    result = brought(town, city, forged.scan(level(name, seed)))
    assert result["state"] == "done"
    for document in result["documents"]:
        assert document["verdict"] != "genuine"
        assert {found(document, field) for field in ALTERED} <= {"altered", "unreadable"}
    assert result["documents"] or result["unmatched"]


def forgeries(paper):
    """A digit made another by pen, a value erased, one scraped to a ghost of itself, and one pasted over."""
    number = value_of(paper, "id_number")
    yield "id_number", paper.overwrite("id_number", number[:9] + "8" + number[10:], JUDGING.hands[3])
    yield "guardian_name", paper.erase("guardian_name", fluid=True)
    yield "guardian_name", paper.erase("guardian_name", fluid=False)
    yield "in_school", paper.alter("in_school", "武乡县第一中学校", how="paste")


def test_no_forged_value_matches(town, city, signed):
    """On a usual scan each forged value is told, or left to a person; never is it a match."""
    paper, names = signed
    seed = JUDGING.seeds[FIRST_SEED + 50]
    for name, forged in forgeries(paper.complete(SEALS, names, seed=seed)):
        document = only(brought(town, city, forged.scan(level("B", seed))))
        assert (found(document, name) in {"altered", "unreadable"}, document["verdict"] != "genuine") == (
            True,
            True,
        ), name
