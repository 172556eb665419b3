"""The ledger of a number block: used, void and free add up, whatever happens to the blanks, and no two blocks share a number."""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from pypdf import PdfReader

from service import issue, ledger, register
from service.errors import Problem
from service.web.http import create
from storage.check import check
from storage.errors import AlreadyThere, NoNumberLeft
from storage.patterns import Pattern, collide
from storage.records import NumberBlock
from tests.conftest import (
    BEARER,
    CITY,
    COUNTY,
    MOVER,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    SCHOOL,
    STUDENT,
    TRANSFER,
    as_role,
    diploma_block,
    issue_diploma,
)
from tests.served import client_of
from tests.shelf import Clock, furnished

FORM = "diploma_junior"


def states(told):
    return [(line["seq"], line["state"]) for line in told["numbers"]]


def block_of(office, **changes):
    """The only block, or a fresh one beside it."""
    with office.archive.read() as reading:
        return reading.blocks(form=FORM)[-1].id


def refusal(call, *arguments, **named):
    with pytest.raises(Problem) as caught:
        call(*arguments, **named)
    return caught.value


class Blanks(RuleBasedStateMachine):
    """Takers, users, spoilers and an authority that writes blanks off ahead, against a model."""

    held = Bundle("held")
    names = count()

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.archive = furnished(Path(self.folder.name) / "data", Clock())
        with self.archive.begin() as transaction:
            made = transaction.add_block(
                form=FORM, year=2026, org=SCHOOL, pattern="晋字第{:d}号", first=5, last=24, by=CITY
            )
        self.block = made.id
        self.model = dict.fromkeys(range(5, 25), "free")

    @rule(target=held)
    def take(self):
        """Hold the lowest number left."""
        serial = f"S{next(self.names)}"
        left = [seq for seq, state in self.model.items() if state == "free"]
        with self.archive.begin() as transaction:
            if not left:
                with pytest.raises(NoNumberLeft):
                    transaction.take_number(FORM, [SCHOOL], 2026, serial)
                return serial, None
            taken = transaction.take_number(FORM, [SCHOOL], 2026, serial)
        assert (taken.seq, taken.number) == (left[0], f"晋字第{left[0]}号")
        self.model[taken.seq] = "held"
        return serial, taken.seq

    @rule(taken=consumes(held), end=st.sampled_from(["used", "free", "void"]))
    def finish(self, taken, end):
        """Print, give up, or spoil."""
        serial, seq = taken
        if seq is None:
            return
        with self.archive.begin() as transaction:
            if end == "used":
                transaction.use_number(serial)
            elif end == "free":
                transaction.give_back(serial)
            else:
                transaction.void_number(serial, "卡纸")
        self.model[seq] = end

    @rule(first=st.integers(5, 24), size=st.integers(1, 6))
    def write_off(self, first, size):
        """Void blanks nobody has printed on."""
        span = range(first, min(first + size, 25))
        with self.archive.begin() as transaction:
            if any(self.model[seq] != "free" for seq in span):
                with pytest.raises(AlreadyThere):
                    transaction.void_unused(self.block, span[0], span[-1], "受潮")
                return
            transaction.void_unused(self.block, span[0], span[-1], "受潮")
        self.model |= dict.fromkeys(span, "void")

    @invariant()
    def adds_up(self):
        """Every number has one state, and the rows run without a gap."""
        with self.archive.read() as reading:
            rows = {row.seq: row.state for row in reading.numbers(self.block)}
            coming = reading.next_seqs()[self.block]
        assert {**dict.fromkeys(range(5, 25), "free"), **rows} == self.model
        assert set(range(5, coming)) <= set(rows)
        assert {rows[seq] for seq in rows if seq >= coming} <= {"void"}
        gaps = {"number_missing", "number_repeated", "number_text"}
        assert not gaps & {fault.code for fault in check(self.archive)}

    def teardown(self):
        """Leave nothing behind."""
        self.archive.close()
        self.folder.cleanup()


Blanks.TestCase.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestBlanks = Blanks.TestCase


def blocks():
    """Blocks with short patterns of few letters, so that they often meet."""

    def made(before, slot, after, first, size):
        most = {"{:01d}": 9, "{:02d}": 99}.get(slot, 300)
        first = min(first, most)
        return NumberBlock(1, FORM, 2026, SCHOOL, before + slot + after, first, min(first + size, most), CITY)

    text = st.text("01第", max_size=3)
    slots = st.sampled_from(["{:d}", "{:01d}", "{:02d}", "{:03d}"])
    return st.builds(made, text, slots, text, st.integers(1, 300), st.integers(0, 200))


@given(blocks(), blocks())
@settings(max_examples=400, deadline=None)
def test_two_blocks_collide_only_if_they_write_the_same_number(one, two):
    """Against the two sets of numbers written out."""

    def numbers(block):
        return {Pattern.read(block.pattern).number(seq) for seq in range(block.first, block.last + 1)}

    assert collide(one, two) == bool(numbers(one) & numbers(two))


@given(
    st.sampled_from(["晋高毕证字第{:d}号", "1404262026{:06d}", "{:d}", "黎({:03d})2026"]), st.integers(1, 999)
)
def test_any_pattern_of_a_bureau_reads_back(pattern, seq):
    """Text, year and 字第 around one running number, with zeros in front or without."""
    made = Pattern.read(pattern)
    assert made.seq(made.number(seq)) == seq
    assert made.seq(made.number(seq) + "0") in {None, seq * 10}


def test_so_many_blanks_are_not_written_off_at_once(town, county, monkeypatch):
    """One call may hold the only writer for a moment, not for seconds; the bound itself passes."""
    monkeypatch.setattr(ledger, "VOIDED_AT_ONCE", 10)
    block = block_of(town)
    wrong = refusal(ledger.void, town, county, block, first=1, last=11, reason="受潮")
    assert [(item.field, item.code) for item in wrong.errors] == [("last", "bad_range")]
    assert ledger.void(town, county, block, first=1, last=10, reason="受潮")["counts"]["void"] == 10


def test_blanks_spoilt_before_printing(town, county):
    """They are never given out, stay with their reason, and everything adds up."""
    block = block_of(town)
    told = ledger.void(town, county, block, first=2, last=3, reason="空白证书受潮")
    assert told["counts"] == {"used": 0, "void": 2, "held": 0, "free": 398}
    taken = []
    with town.archive.begin() as transaction:
        taken = [transaction.take_number(FORM, [SCHOOL], 2026, name).seq for name in "AB"]
        transaction.give_back("B")
    assert taken == [1, 4]
    told = ledger.ledger(town, county, block)
    assert states(told)[:5] == [(1, "held"), (2, "void"), (3, "void"), (4, "free"), (5, "free")]
    assert told["numbers"][1]["reason"] == "空白证书受潮"
    assert sum(told["counts"].values()) == told["size"] == 400
    assert refusal(ledger.void, town, county, block, first=1, last=1, reason="受潮").code == "number_in_use"
    assert refusal(ledger.void, town, county, block, first=3, last=3, reason="受潮").code == "number_in_use"
    wrong = refusal(ledger.void, town, county, block, first=300, last=401, reason=" ")
    assert [item.code for item in wrong.errors] == ["missing_field", "bad_range"]
    assert refusal(ledger.void, town, county, 99, first=1, last=1, reason="受潮").code == "unknown_block"
    stranger = as_role("registrar", OTHER_SCHOOL)
    assert refusal(ledger.ledger, town, stranger, block).code == "out_of_scope"
    registrar = as_role("registrar", SCHOOL)
    assert (
        refusal(ledger.void, town, registrar, block, first=9, last=9, reason="受潮").code
        == "role_not_allowed"
    )


def test_a_long_ledger_is_told_in_parts(town, city, monkeypatch):
    """Each answer says where the next one begins; the sums are those of the whole block."""
    monkeypatch.setattr(ledger, "MOST", 150)
    block = block_of(town)
    parts, start = [], None
    while True:
        told = ledger.ledger(town, city, block, start)
        parts += states(told)
        start = told["next"]
        if start is None:
            break
    assert [seq for seq, _ in parts] == list(range(1, 401))


def test_a_spoilt_diploma_is_replaced_by_the_next_number(town, registrar):
    """One call: number void with its reason, paper revoked, the same paper printed with the next number."""
    first = issue_diploma(town, registrar).body
    answer = issue.spoil(town, registrar, first["serial"], "打印时卡纸", key="K1")
    spoilt, replacement = answer["spoilt"], answer["replacement"]
    assert (spoilt["status"], spoilt["reason"]) == ("revoked", "打印时卡纸")
    assert (spoilt["number"][-4:], replacement["number"][-4:]) == ("0001", "0002")
    with town.archive.read() as reading:
        papers = [reading.document(body["serial"]) for body in (first, replacement)]
    same = [{**paper.data, "certificate_no": ""} for paper in papers]
    assert same[0] == same[1]
    again = issue.spoil(town, registrar, first["serial"], "打印时卡纸", key="K1")
    assert again["replacement"]["serial"] == replacement["serial"]
    told = ledger.ledger(town, registrar, block_of(town))
    assert [(line["state"], line["document"], line["reason"]) for line in told["numbers"][:3]] == [
        ("void", first["serial"], "打印时卡纸"),
        ("used", replacement["serial"], None),
        ("free", None, None),
    ]
    assert told["counts"] == {"used": 1, "void": 1, "held": 0, "free": 398}
    assert check(town.archive) == []
    assert "文勇俊" not in json.dumps(told, ensure_ascii=False)


def test_a_spoilt_blank_without_a_replacement(town, registrar):
    """The number is void, the student may have another later; a paper in force is no spoilt blank (art. 38)."""
    first = issue_diploma(town, registrar).body
    answer = issue.spoil(town, registrar, first["serial"], "印错", replace=False)
    assert answer["replacement"] is None
    second = issue_diploma(town, registrar).body
    assert second["number"][-4:] == "0002"
    assert refusal(issue.spoil, town, registrar, first["serial"], "印错").code == "not_pending"
    with town.archive.begin() as transaction:
        transaction.set_status(second["serial"], "effective")
    refused = refusal(issue.spoil, town, registrar, second["serial"], "印错")
    assert (refused.code, refused.article) == ("not_pending", "第三十八条")
    assert refusal(issue.spoil, town, None, second["serial"], "印错").code == "no_token"


def test_a_replacement_takes_the_corrected_record_and_data(town, registrar, city):
    """A name put right on file is printed right; what the request had wrong is corrected in the call."""
    first = issue_diploma(town, registrar).body
    with town.archive.read() as reading:
        record = {**reading.student(STUDENT).data, "name": "文永俊"}
    register.put_student(town, city, STUDENT, record)
    answer = issue.spoil(town, registrar, first["serial"], "姓名用字有误", data={"study_to": "2026-06"})
    with town.archive.read() as reading:
        facts = reading.document(answer["replacement"]["serial"]).data
    assert (facts["student_name"], facts["study_to"]) == ("文永俊", "2026-06")


def test_when_the_replacement_is_refused_the_blank_is_spoilt_all_the_same(town, registrar):
    """The problem says both."""
    first = issue_diploma(town, registrar).body
    problem = refusal(issue.spoil, town, registrar, first["serial"], "卡纸", data={"shoe_size": "39"})
    assert problem.code == "unknown_field"
    assert problem.to_json()["spoilt"]["status"] == "revoked"
    assert problem.detail.startswith("损坏的一份已作废")


def test_what_was_withdrawn_for_another_reason_is_no_spoilt_blank(town, registrar):
    """A key only repeats its own call."""
    first = issue_diploma(town, registrar).body
    issue.revoke(town, registrar, first["serial"], "冒名顶替")
    problem = refusal(issue.spoil, town, registrar, first["serial"], "打印时卡纸", key="K2")
    assert problem.code == "not_pending"


def test_a_reason_that_no_paper_can_carry_does_not_stop_the_ledger(town, registrar, county):
    """Line breaks become blanks, what has no glyph is looked up in the electronic one, and a long one ends in …."""
    first = issue_diploma(town, registrar).body
    issue.spoil(town, registrar, first["serial"], "卡纸\n\u0007", key="K1")
    ledger.void(town, county, block_of(town), first=7, last=7, reason="污损\U0001f600")
    ledger.void(town, county, block_of(town), first=8, last=8, reason="受潮" * 40)
    pages = PdfReader(io.BytesIO(ledger.printed(town, county, block_of(town)).data)).pages
    text = "".join("".join(page.extract_text() for page in pages).split())
    assert text.count("见电子存根") == 2
    assert "…" in text
    assert refusal(ledger.printed, town, county, block_of(town), 401).code == "bad_range"


def test_a_form_without_numbers_has_no_blanks(town, registrar):
    """An application is simply revoked."""
    data = {**TRANSFER, "roll_state": "active"}
    asked = issue.IssueRequest("transfer_application", MOVER, data, dated="2026-07-20")
    made = issue.issue(town, registrar, asked).body
    assert refusal(issue.spoil, town, registrar, made["serial"], "污损").code == "form_without_number"


def test_two_bureaus_never_collide(town, city):
    """The same numbers are refused to another authority for the same form, however they are written."""
    other = {"org": OTHER_COUNTY}
    for changes in (
        {"pattern": "14042620262012{:04d}"},
        {"pattern": "140426202620120{:03d}", "last": 200},
        {"pattern": "140426202620{:06d}", "first": 120_100, "last": 120_100},
        {"pattern": "14042620262012{:d}", "first": 1000, "last": 1001},
    ):
        code = "block_overlaps" if changes.get("first") != 1000 else None
        body = diploma_block(**{**other, **changes})
        if code:
            assert refusal(register.add_block, town, city, body).code == code
        else:
            assert register.add_block(town, city, body)["id"]


ADDER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from storage.archive import Archive
from storage.errors import AlreadyThere
archive = Archive.open(Path(sys.argv[1]), lambda: datetime(2026, 7, 1, 8, 0, tzinfo=UTC))
sys.stdin.readline()
won = 0
for start in range(1, 200, 10):
    try:
        with archive.begin() as transaction:
            transaction.add_block(form="diploma_junior", year=2026, org=sys.argv[2], pattern="9{:04d}",
                first=start, last=start + 14, by="x")
        won += 1
    except AlreadyThere:
        pass
print(won)
"""


def test_nor_when_they_ask_at_the_same_moment(town):
    """Four processes ask for overlapping ranges: what was granted does not overlap."""
    town.archive.close()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ADDER, str(town.settings.data), org],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for org in (COUNTY, OTHER_COUNTY, COUNTY, OTHER_COUNTY)
    ]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    won = sum(int(process.communicate()[0]) for process in started)
    with town.archive.read() as reading:
        made = [block for block in reading.blocks(form=FORM) if block.pattern == "9{:04d}"]
    assert won == len(made) > 0
    ranges = sorted((block.first, block.last) for block in made)
    assert all(low[1] < high[0] for low, high in pairwise(ranges))


def test_many_at_once_spoil_and_print(town, registrar):
    """Threads take, spoil and void while others take: every number has one fate, and they add up."""
    block = block_of(town)
    county = as_role("county", COUNTY)

    def work(name):
        for place in range(12):
            serial = f"{name}{place}"
            with town.archive.begin() as transaction:
                transaction.take_number(FORM, [SCHOOL], 2026, serial)
            with town.archive.begin() as transaction:
                [transaction.give_back, transaction.use_number][place % 2](serial)
        with contextlib.suppress(Problem):  # one of the four comes first
            ledger.void(town, county, block, first=300, last=302, reason="受潮")

    threads = [threading.Thread(target=work, args=(name,)) for name in "ABCD"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = ledger.ledger(town, county, block)
    assert sum(told["counts"].values()) == told["size"] == len(states(told))
    assert Counter(state for _, state in states(told)) == Counter(told["counts"])
    assert (told["counts"]["used"], told["counts"]["void"]) == (24, 3)


def test_the_printed_ledger(town, registrar):
    """存根登记 on paper: every number with its state, the sums, and a row in the register of who looked."""
    first = issue_diploma(town, registrar).body
    issue.spoil(town, registrar, first["serial"], "打印时卡纸", replace=False)
    issue_diploma(town, registrar, BEARER)
    found = ledger.printed(town, registrar, block_of(town), 1)
    assert found.data.startswith(b"%PDF")
    pages = PdfReader(io.BytesIO(found.data)).pages
    text = "".join("".join(page.extract_text().split()) for page in pages)
    for words in ("140426202620120001", "打印时卡纸", "140426202620120400", "398"):
        assert words in text
    assert text.count("未用") >= 398
    with town.archive.read() as reading:
        assert [row.what for row in reading.accesses(SCHOOL)] == ["number ledger"]


def test_over_http(town):
    """Void, spoil, ledger: the same over the wire."""
    token = {
        role: register.make_token(town.archive, lambda n, s=seed: bytes([s]) * n, role, org)
        for seed, (role, org) in enumerate([("county", COUNTY), ("registrar", SCHOOL)])
    }
    county, registrar = ({"Authorization": f"Bearer {token[role]}"} for role in ("county", "registrar"))
    block = block_of(town)
    with client_of(create(town)) as client:
        body = {"first": 1, "last": 2, "reason": "受潮"}
        gone = client.post(f"/v1/number-blocks/{block}/void", json=body, headers=county)
        assert (gone.status_code, gone.json()["counts"]["void"]) == (200, 2)
        asked = {
            "form": FORM,
            "student": STUDENT,
            "data": {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"},
        }
        made = client.post("/v1/documents", json=asked, headers=registrar).json()
        assert made["number"].endswith("0003")
        spoilt = client.post(
            f"/v1/documents/{made['serial']}/spoil",
            json={"reason": "卡纸"},
            headers={**registrar, "Idempotency-Key": "a"},
        )
        assert (spoilt.status_code, spoilt.json()["replacement"]["number"][-4:]) == (201, "0004")
        told = client.get(f"/v1/number-blocks/{block}/ledger", headers=registrar, params={"start": 2}).json()
        assert [line["state"] for line in told["numbers"][:4]] == ["void", "void", "used", "free"]
        assert client.get(f"/v1/number-blocks/{block}/ledger").status_code == 401
        assert client.get("/v1/number-blocks/77/ledger", headers=registrar).json()["code"] == "unknown_block"
