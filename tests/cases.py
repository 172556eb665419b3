"""Cases for the rules: one pupil, the units above, a day, and whatever a test says otherwise."""

from datetime import date

from service.access import Role, Who
from service.regulation.case import Case, Earlier, judge
from service.regulation.edition import Editions
from service.regulation.rules import ONCE, RULES, WARNINGS
from storage.records import Organization
from templates.catalogue import Catalogue

EDITIONS = Editions.load()
DAY = date(2026, 7, 1)
EDITION = EDITIONS.on(DAY)
FORMS = Catalogue.load()
CITY = Organization("140400", "city", "长治市教育局", None, {})
COUNTY = Organization("140426", "county", "黎城县教育体育局", "140400", {})
OTHER_COUNTY = Organization("140429", "county", "武乡县教育局", "140400", {})
SCHOOL = Organization("3114000123", "school", "黎城县第三中学校", "140426", {"stages": ["J"]})
OTHER_SCHOOL = Organization("3114000456", "school", "武乡县第二中学校", "140429", {})
SENIOR = Organization("3414000789", "school", "黎城县第一中学校", "140426", {})
OTHER_SENIOR = Organization("3414000790", "school", "武乡县第一中学校", "140429", {})
OF_COUNTY = {
    SCHOOL.code: COUNTY,
    SENIOR.code: COUNTY,
    OTHER_SCHOOL.code: OTHER_COUNTY,
    OTHER_SENIOR.code: OTHER_COUNTY,
}
KNOWN_UNITS = {unit.code: unit for unit in (OTHER_SCHOOL, OTHER_SENIOR, COUNTY, OTHER_COUNTY)}
ALL_RULES = (*RULES, *ONCE)


def chain_of(unit, *above):
    """A school and those above it."""
    return (unit, *(above or (OF_COUNTY.get(unit.code, COUNTY), CITY)))


def case(form, values=None, *, grade="J2", student=None, school=None, day=DAY, **facts):
    """A case of a form: a pupil of `grade` (its stage's school issues), on a day, judged by the edition of that day."""
    school = school or (SENIOR if grade.startswith("S") else SCHOOL)
    values = {name: str(value) for name, value in (values or {}).items()}
    chain = facts.pop("chain", None) or chain_of(school)
    edition = facts.pop("edition", None) or EDITIONS.on(day).tightened(chain)
    stage = facts.pop("stage", None) or values.get("stage") or grade[:1] or None
    home = facts.pop("home", school.code)
    record = {"grade": grade, "birth_date": "2011-04-12", **(student or {})}
    return Case(FORMS.get(form), values, grade, stage, edition, day, chain, record, home, **facts)


def codes(made, rules=ALL_RULES):
    """The codes of everything the rules object to."""
    return {objection.code for objection in judge(made, rules)}


def refusal(made, code, rules=ALL_RULES):
    """The one objection of that code: it says what to do, and which article asks for it."""
    (found,) = [objection for objection in judge(made, rules) if objection.code == code]
    assert "请" in found.message
    assert found.article is None or found.article in made.edition.articles
    return found


def warnings(made):
    """The codes of what is only told."""
    return codes(made, WARNINGS)


def paper(form, status="effective", stage="J", **facts):
    """A paper issued before."""
    return Earlier(
        form, stage, status, effective_once=facts.pop("effective_once", status == "effective"), **facts
    )


def who(role="county", org=COUNTY.code):
    """Somebody with a role."""
    return Who(Role(role), org, f"{role}-{org}")
