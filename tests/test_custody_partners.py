"""Whose key speaks for whom: any known key may sign, and only the receiver's own, or the sender's, is believed."""

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from service import custody
from service.custody import desk
from service.signing import KeyRing
from storage.records import TransferStep
from tests.conftest import (
    CITY,
    COUNTY,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    RECORDS,
    SCHOOL,
    SENIOR_SCHOOL,
    STUDENT,
    as_role,
)
from tests.test_custody import (
    THERE,
    acquainted,
    differences,
    elsewhere,
    filed,
    handover,
    package_of,
    refusal,
)

__all__ = ["acquainted", "elsewhere", "filed"]
IMPOSTOR = "impostor.example"
HEIR = as_role("registrar", OTHER_SCHOOL)


@pytest.fixture
def impostor(acquainted, tmp_path, city):
    """A third installation whose keys both know, for a school that has no part in it."""
    here, there = acquainted
    keys = KeyRing.open(tmp_path / "impostor", here.now)
    for office in acquainted:
        custody.know(office, city, IMPOSTOR, json.loads(keys.published()), [SENIOR_SCHOOL])
    settings = replace(there.settings, host=IMPOSTOR.upper())
    return replace(there, settings=settings, keys=keys), replace(here, settings=settings, keys=keys)


def test_a_known_stranger_cannot_answer_for_the_receiver(acquainted, impostor, registrar):
    """His signature is good and his receipt is of this very package: refused with its own code and article, and nothing ends."""
    here, there = acquainted
    told = custody.open_transfer(here, registrar, handover())
    came = custody.take(there, HEIR, OTHER_SCHOOL, package_of(here, registrar, told))
    body = "".join(f"{line}\n" for line in came["receipt"].split("\n\n")[0].split("\n")[1:])
    name = f"{IMPOSTOR}/receipt"
    forged = impostor[0].keys.note(name, f"{name}\n{body}", None)
    problem = refusal(custody.bring_receipt, here, registrar, told["id"], forged)
    assert (problem.code, problem.status, problem.article) == ("not_their_unit", 422, "第二十二条")
    assert custody.transfer(here, registrar, told["id"])["state"] == "open"
    assert custody.bring_receipt(here, registrar, told["id"], came["receipt"])["state"] == "received"


def test_a_known_stranger_cannot_hand_over_for_the_sender(acquainted, impostor, registrar, city):
    """The package is whole, signed and logged by keys that are known, but not for the school it names: held, and so on the desk."""
    _, there = acquainted
    forger = impostor[1]
    told = custody.open_transfer(forger, registrar, handover())
    out = package_of(forger, registrar, told)
    came = custody.take(there, HEIR, OTHER_SCHOOL, out)
    assert (came["state"], came["filed"]) == ("held", 0)
    assert ("not_their_unit", "data/package.json") in differences(came, "authenticity")
    (held,) = custody.waiting(there, HEIR)["waiting"]
    assert (held["kind"], held["article"]) == ("held", "第十八条")
    assert any("移出单位" in line for line in held["why"])
    custody.know(there, city, IMPOSTOR, json.loads(forger.keys.published()), [SCHOOL])
    assert ("not_their_unit", "data/package.json") not in differences(
        custody.again(there, HEIR, came["id"]), "authenticity"
    )


def test_keys_that_were_told_before_speak_for_nobody(acquainted, registrar, city):
    """What an earlier release wrote down says for no unit: refused until an authority says for whom; a division speaks for its schools."""
    here, there = acquainted
    with here.archive.begin() as transaction:
        for partner in transaction.partners():
            transaction.add_partner(partner)  # the newest row of the name, as it was written before
    told = custody.open_transfer(here, registrar, handover())
    came = custody.take(there, HEIR, OTHER_SCHOOL, package_of(here, registrar, told))
    assert refusal(custody.bring_receipt, here, registrar, told["id"], came["receipt"]).code == (
        "not_their_unit"
    )
    keys = json.loads(there.keys.published())
    custody.know(here, city, THERE, keys, [COUNTY])
    assert refusal(custody.bring_receipt, here, registrar, told["id"], came["receipt"]).code == (
        "not_their_unit"
    )
    custody.know(here, city, THERE, keys, [OTHER_COUNTY])
    assert custody.bring_receipt(here, registrar, told["id"], came["receipt"])["state"] == "received"


def test_what_one_county_tells_is_not_believed_by_the_schools_of_another(
    acquainted, impostor, registrar, city
):
    """Another county's newer keys for the same name neither stand in for the ones told here nor add any; the city's do."""
    here, there = acquainted
    foreign = json.loads(impostor[0].keys.published())
    told = custody.open_transfer(here, registrar, handover())
    out = package_of(here, registrar, told)
    custody.know(there, as_role("county", COUNTY), here.settings.host, foreign, [SCHOOL])
    custody.know(here, as_role("county", OTHER_COUNTY), THERE, foreign, [OTHER_COUNTY])
    came = custody.take(there, HEIR, OTHER_SCHOOL, out)
    assert came["state"] == "filed", came["checks"]
    assert custody.bring_receipt(here, registrar, told["id"], came["receipt"])["state"] == "received"
    custody.know(there, city, here.settings.host, foreign, [SCHOOL])
    later = custody.take(there, HEIR, OTHER_SCHOOL, out)
    assert [one for one, _ in differences(later, "authenticity")] == ["unknown_key"]


def test_the_desk_names_no_student_of_another_school(filed, registrar, city, clock):
    """Art. 44: until he is registered there the receiver reads whose school's file it is, not whose; so does the county above it."""
    custody.open_transfer(filed, registrar, handover())
    clock.advance(days=25)
    name = RECORDS[STUDENT]["name"]

    def title(who):
        (one,) = custody.waiting(filed, who)["waiting"]
        return one["title"].partition("：")[0]

    above = as_role("county", OTHER_COUNTY)
    assert [title(who) for who in (registrar, city, HEIR, above)] == [name, name, "学生档案", "学生档案"]
    with filed.archive.begin() as transaction:
        transaction.put_student(replace(transaction.student(STUDENT), school=OTHER_SCHOOL))
    assert [title(who) for who in (HEIR, above, registrar)] == [name, name, "学生档案"]


def test_what_was_opened_anew_hides_nothing_that_is_overdue(filed, registrar, clock, monkeypatch):
    """More transfers that were refused and opened once more than the desk shows: each is told by its last, and the late one stands there."""
    told = custody.open_transfer(filed, registrar, handover())
    with filed.archive.begin() as transaction:
        first = transaction.transfer(told["id"])
        for place in range(6):
            refused = replace(
                first, id=f"{place:032}", archive=f"x{place // 2}", at=first.at - timedelta(9 - place)
            )
            transaction.add_transfer(refused)
            answer = "received" if place % 2 else "refused"
            step = TransferStep(0, refused.id, answer, f"{place}", "x", "registrar", SCHOOL, first.at)
            transaction.add_transfer_step(step)
    monkeypatch.setattr(desk, "MOST", 1)
    clock.advance(days=25)
    for who in (registrar, HEIR):
        waiting = custody.waiting(filed, who)
        assert ([one["id"] for one in waiting["waiting"]], waiting["more"]) == ([told["id"]], False)
    assert [one["id"] for one in custody.transfers(filed, registrar, overdue=True)["transfers"]] == [
        told["id"]
    ]


def test_units_are_codes(filed, elsewhere, city):
    """None, too many, or what is no code: refused by name and article."""
    keys = json.loads(elsewhere.keys.published())
    for units in ([], ["x"], [SCHOOL, "1"], [SCHOOL] * 3001):
        (fault,) = refusal(custody.know, filed, city, THERE, keys, units).errors
        assert (fault.field, fault.code, fault.article) == ("units", "bad_units", 22)
    told = custody.know(filed, city, THERE, keys, [SCHOOL, CITY, SCHOOL])
    assert told["units"] == [CITY, SCHOOL]


def test_lists_come_in_pages(acquainted, registrar, city, clock):
    """Transfers, arrivals, partners: so many at a time, from behind the last one, each once."""
    here, there = acquainted
    opened = []
    for _ in range(3):
        clock.advance(minutes=1)
        told = custody.open_transfer(here, registrar, handover())
        came = custody.take(there, HEIR, OTHER_SCHOOL, package_of(here, registrar, told))
        custody.bring_receipt(here, registrar, told["id"], came["receipt"])
        opened.append(told["id"])
        custody.take(there, HEIR, OTHER_SCHOOL, io.BytesIO(told["id"].encode()))
    assert pages(custody.transfers, here, registrar, "transfers") == [opened[:2], opened[2:]]
    problem = refusal(custody.transfers, here, registrar, after="0" * 32)
    assert (problem.code, problem.status) == ("unknown_transfer", 404)
    arrived = pages(custody.arrivals, there, HEIR, "arrivals")
    assert [len(page) for page in arrived] == [2, 2, 2]
    every = [int(one) for page in arrived for one in page]
    assert every == sorted(set(every), reverse=True)
    held = custody.arrivals(there, HEIR, held=True)["arrivals"]
    assert [one["state"] for one in held] == ["held"] * 3
    keys = json.loads(there.keys.published())
    custody.know(here, city, IMPOSTOR, keys, [SCHOOL])
    custody.know(here, city, THERE, keys, [SCHOOL])
    assert [len(page) for page in pages(custody.known, here, city, "partners")] == [2, 1]


def pages(listed, office, who, name):
    """The ids of a list, two at a time."""
    found, after = [], None
    while True:
        told = listed(office, who, after=after, limit=2)
        found.append([one["id"] for one in told[name]])
        after = told["next"]
        if after is None:
            return found


def test_what_waits_for_a_person(acquainted, registrar, county, clock):
    """Arts. 18 and 22: held packages until they pass or are set aside, transfers in their last week and after; for both and those above."""
    here, there = acquainted
    told = custody.open_transfer(here, registrar, handover())
    assert custody.waiting(here, registrar) == {"waiting": [], "more": False}
    clock.advance(days=17)  # 2026-12-03, a week before the month is over
    (soon,) = custody.waiting(here, registrar)["waiting"]
    assert (soon["kind"], soon["article"], soon["due"]) == ("due", "第二十二条", "2026-12-10")
    assert soon["action"] == {
        "label": "上传回执",
        "path": f"/v1/transfers/{told['id']}/receipt",
        "takes": "receipt",
    }
    clock.advance(days=8)
    for who, label in (
        (registrar, "上传回执"),
        (county, "上传回执"),
        (HEIR, "接收"),
        (as_role("county", OTHER_COUNTY), "接收"),
        (as_role("auditor", CITY), None),
    ):
        (late,) = custody.waiting(here, who)["waiting"]
        assert (late["kind"], late["label"]) == ("overdue", "移交已逾期 1 天")
        assert late["action"] is None if label is None else late["action"]["label"] == label
        assert "请" in late["advice"]
    assert custody.waiting(here, as_role("registrar", SENIOR_SCHOOL))["waiting"] == []
    came = custody.take(there, HEIR, OTHER_SCHOOL, package_of(here, registrar, told))
    custody.bring_receipt(here, registrar, told["id"], came["receipt"])
    assert custody.waiting(here, registrar)["waiting"] == custody.waiting(there, HEIR)["waiting"] == []
    junk = custody.take(there, HEIR, OTHER_SCHOOL, io.BytesIO(b"junk"))
    (held,) = custody.waiting(there, as_role("county", OTHER_COUNTY))["waiting"]
    assert (held["kind"], held["id"], held["article"]) == ("held", junk["id"], "第十八条")
    assert held["why"] == ["安全性：不是 zip 文件；请向移出单位索取原样的档案包"]
    assert refusal(custody.set_aside, there, HEIR, junk["id"], " ").errors[0].code == "bad_text"
    aside = custody.set_aside(there, HEIR, junk["id"], "传错的文件")
    assert (aside["state"], aside["set_aside"]["note"]) == ("held", "传错的文件")
    assert refusal(custody.set_aside, there, HEIR, junk["id"], "再来").code == "arrival_not_held"
    assert refusal(custody.set_aside, there, HEIR, came["id"], "x").code == "arrival_not_held"
    assert custody.waiting(there, HEIR)["waiting"] == []
