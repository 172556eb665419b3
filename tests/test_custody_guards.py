"""What a stranger's package, a colleague's second look or a crash must not bring about: a leak, a loss, a file nobody can use."""

import io
import json
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service import archives, custody, issue, register, retrieve
from service.custody import examining
from service.custody.checks.nouns import MOST_JSON
from service.custody.telling import NOT_FINISHED
from tests.conftest import GUARDIAN, OTHER_SCHOOL, RECORDS, SCHOOL, SENIOR_SCHOOL, STUDENT, as_role, settle
from tests.test_arriving import found, packed, parcel, path_of, with_manifest
from tests.test_custody import (
    HEAD,
    acquainted,
    differences,
    elsewhere,
    filed,
    handover,
    package_of,
    refusal,
)

__all__ = ["acquainted", "elsewhere", "filed", "parcel"]
THIRD = "XJ.THIRD.EXAMPLE"
ABSENT = {"ground": "1", "left_on": "2026-11-10", "keep_roll": "1"}


@pytest.fixture
def restricted(acquainted, registrar):
    """A transfer with a report of absence in it, which few may see; and both installations."""
    here, there = acquainted
    issue.issue(here, HEAD, issue.IssueRequest("absence_report", STUDENT, ABSENT))
    told = custody.open_transfer(here, registrar, handover())
    assert told["package"]["restricted"]
    return here, there, told


def test_taking_over_gives_no_registrar_the_package(restricted):
    """Arts. 41 and 44: the receiver's registrar may receive what is here already, and does not get the bytes by that."""
    here, _, told = restricted
    receiver = as_role("registrar", OTHER_SCHOOL)
    assert refusal(custody.transfer_package, here, receiver, told["id"]).code == "restricted"
    came = custody.receive_here(here, receiver, told["id"])
    assert came["state"] == "filed", came["checks"]
    assert refusal(custody.arrival_package, here, receiver, came["id"]).code == "restricted"
    assert custody.arrival_package(here, as_role("head", OTHER_SCHOOL), came["id"]).media_type


def test_checking_again_gives_no_registrar_the_package(restricted):
    """What the head carried here stays the head's to open, also when the registrar has it checked once more."""
    here, there, told = restricted
    head, registrar = as_role("head", OTHER_SCHOOL), as_role("registrar", OTHER_SCHOOL)
    came = custody.take(there, head, OTHER_SCHOOL, package_of(here, HEAD, told))
    second = custody.again(there, registrar, came["id"])
    for arrival in (came, second):
        assert refusal(custody.arrival_package, there, registrar, arrival["id"]).code == "restricted"
    assert custody.arrival_package(there, head, second["id"]).media_type


def test_what_few_may_see_stays_so_on_a_second_journey(restricted, tmp_path, office_on, city):
    """Handed over once more, to a third installation: still a package for few, still hidden from the registrar there."""
    here, there, told = restricted
    heads = [as_role("head", OTHER_SCHOOL), as_role("head", SENIOR_SCHOOL)]
    first = custody.take(there, heads[0], OTHER_SCHOOL, package_of(here, HEAD, told))
    assert first["state"] == "filed"
    onward = handover(receiver=SENIOR_SCHOOL, receiver_name="黎城县第一中学校")
    moved = custody.open_transfer(there, as_role("registrar", OTHER_SCHOOL), onward)
    assert moved["package"]["restricted"]
    third = office_on(tmp_path / "third")
    third = replace(third, settings=replace(third.settings, host=THIRD))
    settle(third, city)
    record = {**RECORDS[STUDENT], **GUARDIAN, "id_type": "1", "id_number": STUDENT[1:], "ethnic": "01"}
    register.put_student(third, city, STUDENT, {**record, "school": SENIOR_SCHOOL})
    custody.know(third, city, there.settings.host, json.loads(there.keys.published()), [OTHER_SCHOOL])
    came = custody.take(third, heads[1], SENIOR_SCHOOL, package_of(there, heads[0], moved))
    assert came["state"] == "filed", came["checks"]
    seen = retrieve.archive(third, as_role("registrar", SENIOR_SCHOOL), STUDENT)
    whole = retrieve.archive(third, heads[1], STUDENT)
    assert seen["withheld"] == 2
    serials = {one["came_from"]["serial"] for one in whole["entries"] if one["came_from"]["form"]}
    assert serials >= {
        one["serial"] for one in retrieve.archive(here, HEAD, STUDENT)["entries"] if one["serial"]
    }
    third.archive.close()


def test_a_copy_for_reading_is_no_transfer(acquainted, registrar):
    """Whoever may look may take a copy away; without a transfer, a list and a receiver it is not filed anywhere."""
    here, there = acquainted
    out = io.BytesIO()
    archives.package(here, registrar, STUDENT).write(out)
    came = custody.take(there, as_role("registrar", OTHER_SCHOOL), OTHER_SCHOOL, out)
    assert (came["state"], came["filed"], came["receipt"]) == ("held", 0, None)
    assert ("no_transfer", "data/package.json") in differences(came, "completeness")


def test_a_check_that_broke_off_leaves_the_package_listed(acquainted, registrar, monkeypatch):
    """The row is written before anybody looks into the package: after a crash a person finds it and has it checked again."""
    here, there = acquainted
    receiver = as_role("registrar", OTHER_SCHOOL)
    out = package_of(here, registrar, custody.open_transfer(here, registrar, handover()))

    def crash(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(examining, "checked", crash)
        with pytest.raises(KeyboardInterrupt):
            custody.take(there, receiver, OTHER_SCHOOL, out)
    (left,) = custody.arrivals(there, receiver)["arrivals"]
    assert (left["state"], left["filed"], left["checks"]) == ("held", 0, NOT_FINISHED.told())
    assert "请" in left["checks"]["security"]["differences"][0]["message"]
    again = io.BytesIO()
    custody.arrival_package(there, receiver, left["id"]).write(again)
    assert again.getvalue() == out.getvalue()
    assert custody.again(there, receiver, left["id"])["state"] == "filed"
    assert [one["state"] for one in custody.arrivals(there, receiver)["arrivals"]] == ["filed"]


def test_keys_that_nobody_could_show_again(acquainted, city):
    """Numbers that are none, a name that only looks like one, a file without end: refused before they are kept for ever."""
    office, _ = acquainted
    keys = json.loads(office.keys.published())
    before = custody.known(office, city)
    bent = {"keys": [{**keys["keys"][0], "kid": float("inf")}]}
    for name, wrong in (
        ("a.example", {**keys, "more": float("nan")}),
        ("a.example", {**keys, "more": "x" * 100_000}),
        ("a.example", bent),
        ("exampl\u0131.example", keys),  # the Turkish letter, which is an I among capitals
    ):
        assert refusal(custody.know, office, city, name, wrong, [SCHOOL]).errors[0].code == "bad_partner"
    assert custody.known(office, city) == before


def first_entry(members, change):
    """The same with the first entry of the list told otherwise."""
    path = path_of(members, "entries.json")
    lines = members[path].decode().split("\n")
    told = json.loads(lines[1].removesuffix(","))
    change(told)
    lines[1] = json.dumps(told) + ("," if lines[1].endswith(",") else "")
    return with_manifest({**members, path: "\n".join(lines).encode()})


@pytest.mark.parametrize(
    "media_type", ["text/html", "application/pdf\r\nX: y", "application/zip", ["a"], None]
)
def test_a_type_we_do_not_keep_is_not_filed(parcel, tmp_path, media_type):
    """Nothing comes in that would be given out as a page, whoever signs for it."""
    members, known = parcel
    forged = first_entry(members, lambda told: told["entry"].update(media_type=media_type))
    assert "bad_list" in {code for code, _ in found(forged, known, tmp_path)["completeness"]}


def test_an_entry_told_twice_is_not_filed_twice(parcel, tmp_path):
    """The same line again, or the same file under package.json twice."""
    members, known = parcel
    path = path_of(members, "entries.json")
    lines = members[path].decode().split("\n")
    twice = with_manifest({**members, path: "\n".join([lines[0], lines[1], *lines[1:]]).encode()})
    assert "bad_list" in {code for code, _ in found(twice, known, tmp_path)["completeness"]}
    told = json.loads(members["data/package.json"])
    told["files"] *= 2
    twice = with_manifest({**members, "data/package.json": json.dumps(told).encode()})
    assert ("bad_list", "data/package.json") in found(twice, known, tmp_path)["completeness"]


def test_json_that_would_fill_the_memory_is_not_read(parcel, tmp_path):
    """A list of empty lists takes twenty times its bytes: too much of it is no JSON to us, wherever it stands."""
    members, known = parcel
    noise = random.Random(5).randbytes(MOST_JSON // 100).hex().encode()  # or the zip is a bomb already
    bomb = b'["' + noise + b'",' + b"[]," * (MOST_JSON // 3) + b"[]]"
    layout = path_of(members, "-layout.json")
    told = found({**members, layout: bomb}, known, tmp_path)
    assert ("cannot_open", layout) in told["usability"]
    bag = b'{"content": "yinzheng-archive/1", "files": ' + bomb + b"}"
    told = found(with_manifest({**members, "data/package.json": bag}), known, tmp_path)
    assert ("bad_list", "data/package.json") in told["completeness"]


NUMBERS = (True, 0, -1, 10**18, float("inf"), float("nan"))
TEXTS = ("", "\ud800", "\x00", "x" * 32, "\n" * 32, "../../etc/passwd", "９" * 20, "9" * 5000)
WEIRD = (None, [], {}, [[]], {"": {}}, *NUMBERS, *TEXTS)
FILES = ("package.json", "file.json", "/documents/")


VALUES = {"data", "facts", "record", "font_hashes", "path"}
"""Members whose own members nobody looks at one by one."""


def places(value, here=()):
    """Where the members of a JSON value are, at any depth."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*here, key)
        if key not in VALUES:
            yield from places(one, (*here, key))


def put(value, place, weird):
    """The same with something else there."""
    told = json.loads(json.dumps(value))
    at = told
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = weird
    return json.dumps(told)


def test_whatever_is_told_of_an_entry_a_check_ends(parcel, tmp_path):
    """Each member of an entry as anything else, a line for each: never an error of ours, and never a package that passes."""
    members, known = parcel
    path = path_of(members, "entries.json")
    head, first, *_ = members[path].decode().split("\n")
    told = json.loads(first.removesuffix(","))
    for weird in WEIRD:
        lines = [put(told, place, weird) + "," for place in places(told)]
        forged = with_manifest({**members, path: "\n".join([head, *lines, "]"]).encode()})
        differences = found(forged, known, tmp_path)
        assert ("signature_differs", "signature.txt") in differences["authenticity"]
        assert "bad_list" in {code for code, _ in differences["completeness"]}


@given(name=st.sampled_from(FILES), weird=st.sampled_from(WEIRD), data=st.data())
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
def test_whatever_else_is_told_a_check_ends(parcel, tmp_path, name, weird, data):
    """The same of what is told of the whole, of a file and of a paper, one member at a time."""
    members, known = parcel
    path = next(path for path in members if name in path)
    told = json.loads(members[path])
    text = put(told, data.draw(st.sampled_from(list(places(told)))), weird)
    differences = found(with_manifest({**members, path: text.encode()}), known, tmp_path)
    assert ("signature_differs", "signature.txt") in differences["authenticity"]


@pytest.mark.parametrize("oxum", ["9" * 5000 + ".1", "1." + "9" * 5000, "１.１"])
def test_a_number_too_long_to_be_one(parcel, tmp_path, oxum):
    """Python does not read a number of five thousand digits; nor do we."""
    members, known = parcel
    changed = {**members, "bag-info.txt": f"Payload-Oxum: {oxum}\n".encode()}
    assert ("oxum_differs", "bag-info.txt") in found(changed, known, tmp_path)["completeness"]


def test_words_that_no_table_takes(town, parcel):
    """Half characters and what controls a terminal are told as `?`; an id that is none gets no receipt."""
    members, _ = parcel
    told = json.loads(members["data/package.json"])
    told["name"] = "张\ud800\x00三\x1b[2J"
    told["transfer"]["document"] = "\ud800" * 500
    told["transfer"]["id"] = "\n" * 32
    changed = with_manifest({**members, "data/package.json": json.dumps(told).encode()})
    receiver = as_role("registrar", OTHER_SCHOOL)
    came = custody.take(town, receiver, OTHER_SCHOOL, io.BytesIO(packed(changed)))
    assert (came["state"], came["transfer"], came["receipt"]) == ("held", None, None)
    assert came["said"]["name"] == "张??三?[2J"
    assert came["said"]["document"] == "?" * 200
    assert custody.arrivals(town, receiver)["arrivals"][0]["said"] == came["said"]
