"""Each block's unit, by the article that asks for its seal."""

from dataclasses import replace
from datetime import date

import pytest

from service.regulation.edition import Editions
from service.regulation.units import approver, expected_units, foreign_blocks
from storage.records import Organization
from templates.catalogue import Catalogue
from templates.form import Block

EDITION = Editions.load().on(date(2026, 7, 1))
FORMS = Catalogue.load()
CITY = Organization("140400", "city", "长治市教育局", None, {})
COUNTY = Organization("140426", "county", "黎城县教育体育局", "140400", {})
SCHOOL = Organization("3114000123", "school", "黎城县第三中学校", "140426", {})
SENIOR = Organization("3414000555", "school", "长治市第二中学校", "140400", {})
FAR = Organization("3114000456", "school", "武乡县第二中学校", "140429", {})
FAR_COUNTY = Organization("140429", "county", "武乡县教育局", "140400", {})
CHAIN = (SCHOOL, COUNTY, CITY)
KNOWN = dict.fromkeys((FAR.code, FAR.name), (FAR, FAR_COUNTY, CITY)) | {SCHOOL.name: CHAIN}


def form_of(*blocks, name="diploma_junior"):
    """A form with these blocks: (id, seal)."""
    form = FORMS.get("diploma_junior")
    made = tuple(Block(id=block, label=block, required=True, seal=seal) for block, seal in blocks)
    return replace(form, name=name, blocks=made)


def units(form, values=(), chain=CHAIN, stage="J"):
    def find(key):
        return KNOWN.get(key, ())

    return expected_units(form, dict(values), chain, stage=stage, edition=EDITION, find=find)


def test_the_approver():
    """Art. 3: the county for P and J, the city for S and for schools directly under it."""
    assert approver(CHAIN, "J", EDITION) == COUNTY
    assert approver(CHAIN, "S", EDITION) == CITY
    assert approver((SCHOOL, CITY), "J", EDITION) == CITY
    assert approver((SENIOR, CITY), None, EDITION) == CITY
    assert approver((SCHOOL,), "J", EDITION) is None


def test_a_certificate():
    assert units(FORMS.get("diploma_junior")) == {"school": SCHOOL.name, "validation": COUNTY.name}
    record = units(FORMS.get("academic_record_certificate"), stage="S")
    assert record == {"cross": SCHOOL.name, "school": SCHOOL.name, "validation": CITY.name}


def test_a_transfer():
    """Art. 18: four units and the city; the receiving authority is known when its school is registered."""
    form = FORMS.get("transfer_application")
    known = units(form, {"in_school": FAR.name, "in_school_code": FAR.code}, stage="S")
    assert known == {
        "out_school": SCHOOL.name,
        "in_school": FAR.name,
        "out_auth": COUNTY.name,
        "in_auth": FAR_COUNTY.name,
        "city": CITY.name,
    }
    stranger = units(form, {"in_school": "平遥县第五中学校", "in_school_code": "3114000999"})
    assert stranger["in_school"] == "平遥县第五中学校"
    assert "in_auth" not in stranger
    assert foreign_blocks(form, stranger) == ["in_auth"]


@pytest.mark.parametrize("chain", [CHAIN, (FAR, FAR_COUNTY, CITY)])
def test_guest_study(chain):
    """Art. 26: the guest school's authority approves, whichever of the two schools prints the form."""
    form = form_of(("home", "other_school"), ("guest", "school"), ("authority", "county"))
    found = units(form, {"home_school": SCHOOL.name, "guest_school": FAR.name}, chain)
    assert found == {"home": SCHOOL.name, "guest": FAR.name, "authority": FAR_COUNTY.name}
    unknown = units(form, {"home_school": SCHOOL.name, "guest_school": "平遥县第五中学校"})
    assert unknown == {"home": SCHOOL.name, "guest": "平遥县第五中学校"}


def test_an_authority_block_is_the_approvers():
    """Arts. 3 and 38: county or city by stage, whichever seal the form draws."""
    for seal in ("county", "city"):
        form = form_of(("authority", seal))
        assert units(form, stage="J") == {"authority": COUNTY.name}
        assert units(form, stage="S") == {"authority": CITY.name}
    beside = form_of(("authority", "county"), ("city", "city"))
    assert units(beside, stage="S") == {"authority": COUNTY.name, "city": CITY.name}


def test_papers_of_an_authority():
    """A notice bears its own seal; what it reports goes to the one above (arts. 7 and 42)."""
    county = (COUNTY, CITY)
    assert units(form_of(("issuer", "school")), chain=county) == {"issuer": COUNTY.name}
    assert units(form_of(("authority", "county")), chain=county) == {"authority": COUNTY.name}
    upward = form_of(("authority", "county"), name="registrar_filing")
    assert units(upward, chain=county, stage=None) == {"authority": CITY.name}
    assert units(upward, chain=CHAIN, stage=None) == {"authority": COUNTY.name}


def test_a_township_is_foreign():
    """Art. 28: no township is registered, so any seal will do that is none of the others'."""
    form = form_of(("school", "school"), ("township", "township"))
    found = units(form)
    assert found == {"school": SCHOOL.name}
    assert foreign_blocks(form, found) == ["township"]


def test_a_handover():
    """Arts. 8 and 22: the receiving unit is named on the list."""
    form = form_of(("from", "school"), ("to", "other_school"))
    assert units(form, {"to_unit": FAR.name}) == {"from": SCHOOL.name, "to": FAR.name}
