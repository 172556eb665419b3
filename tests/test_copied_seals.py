"""A seal used twice: copied from another paper or within one, it makes no paper effective and is named for a person."""

import json

import pytest

from service import retrieve, verify
from service.demo.swindles import lifted, printed_seal, straightened
from storage.check import check
from tests.conftest import BEARER, STUDENT, issue_diploma
from tests.paper import level, stack
from tests.test_receive import SEALS, SIGNERS, brought, mark, only, paper_of


def centre(paper, block):
    """The middle of a block's seal place."""
    (_, place) = paper.marks(block, "seal")[0]
    left, top, right, bottom = place["box"]
    return (left + right) / 2, (top + bottom) / 2


def size(paper):
    return paper.layout["pages"][0]["width"], paper.layout["pages"][0]["height"]


@pytest.fixture
def diplomas(town, registrar):
    """Two diplomas of one school."""
    return issue_diploma(town, registrar).body, issue_diploma(town, registrar, student=BEARER).body


@pytest.fixture
def sealed(town, diplomas):
    """The first one, sealed."""
    return paper_of(town, diplomas[0]["serial"], seed=11).complete(SEALS, SIGNERS)


@pytest.fixture
def forged(town, diplomas, sealed):
    """The second one: the school's own seal, the bureau's printed from a scan of the first."""
    paper = paper_of(town, diplomas[1]["serial"], seed=12).complete({"school": SEALS["school"]}, SIGNERS)
    seal = lifted(straightened(sealed.look(level("A", 31)), *size(sealed)), centre(sealed, "validation"))
    return printed_seal(paper, 0, centre(paper, "validation"), seal)


def test_a_seal_from_another_paper_is_for_a_person(town, registrar, diplomas, sealed, forged):
    """The copy is unclear and names the paper it equals; the original stays as good as it was, in later scans too."""
    first, second = diplomas
    assert only(brought(town, registrar, sealed.scan(level("B", 32))))["verdict"] == "genuine"
    document = only(brought(town, registrar, forged.scan(level("B", 33))))
    assert (document["verdict"], document["reasons"]) == ("pending", ["seal_copied:validation"])
    assert mark(document, "validation") == "unclear"
    assert mark(document, "school") == "present"
    told = next(m for m in document["marks"] if (m["block"], m["kind"]) == ("validation", "seal"))
    assert told["same_as"] == first["serial"]
    assert verify.by_code(town, second["verify_url"]).verdict == "pending"
    assert only(brought(town, registrar, sealed.scan(level("C", 34))))["verdict"] == "genuine"
    again = only(brought(town, registrar, forged.scan(level("D", 35))))
    assert again["reasons"] == ["seal_copied:validation"]
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_both_in_one_stack(town, registrar, diplomas, sealed, forged):
    """Original and copy in one file: the later sheet is the doubted one; nothing personal is kept of a seal."""
    result = brought(town, registrar, stack([sealed, forged], level("B", 36)))
    told = {document["serial"]: document["reasons"] for document in result["documents"]}
    assert told == {diplomas[0]["serial"]: [], diplomas[1]["serial"]: ["seal_copied:validation"]}
    with town.archive.read() as reading:
        kept = reading.imprints(SEALS["validation"], 10)
        newest = reading.newest_imprint()
        assert reading.imprints(SEALS["validation"], 1) == kept[-1:]
        assert [one.twin for one in reading.imprints_of(diplomas[1]["serial"])] == [kept[0].id, None]
    assert [(one.serial, one.twin) for one in kept] == [
        (diplomas[0]["serial"], None),
        (diplomas[1]["serial"], kept[0].id),
    ]
    assert newest == 4
    assert not any(name in kept[0].rim + kept[0].face for name in (b"14049", SEALS["validation"].encode()))


def test_one_seal_in_two_places_of_a_paper(town, registrar, diplomas):
    """The school's stamping printed a second time where 验印 belongs is a wrong seal, and both places say they are one."""
    alone = paper_of(town, diplomas[0]["serial"], seed=13).complete({"school": SEALS["school"]}, SIGNERS)
    wrong = printed_seal(
        alone, 0, centre(alone, "validation"), lifted(alone.sheets[0], centre(alone, "school"))
    )
    document = only(brought(town, registrar, wrong.scan(level("B", 38))))
    assert document["verdict"] == "altered"
    assert document["reasons"] == ["mark_wrong_unit:validation"]
    same = {m["block"]: m["same_as"] for m in document["marks"] if m["kind"] == "seal"}
    assert same["school"] == same["validation"] == diplomas[0]["serial"]


def test_the_kept_check_says_so(town, registrar, diplomas, sealed, forged):
    """What the archive keeps of the check names the other paper."""
    brought(town, registrar, sealed.scan(level("B", 39)))
    brought(town, registrar, forged.scan(level("B", 40)))
    entries = retrieve.archive(town, registrar, BEARER)["entries"]
    check_of = next(entry["id"] for entry in entries if entry["kind"] == "check")
    told = json.loads(retrieve.entry(town, registrar, BEARER, check_of).data)
    assert diplomas[0]["serial"] in {m["same_as"] for m in told["marks"]}
    assert STUDENT not in json.dumps(told, ensure_ascii=False)
