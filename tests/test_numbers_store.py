"""Official numbers come out gap-free and once, whatever writers do at the same time and however they end."""

import json
import subprocess
import sys
from collections import Counter
from itertools import count, takewhile
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from storage import numbers
from storage.errors import AlreadyThere, BadPattern, NoNumberLeft, NotFound
from storage.patterns import within, written
from storage.records import NumberBlock, TakenNumber
from tests.shelf import CHILD, CITY, COUNTY, FORM, PATTERN, SCHOOL, Clock, Raw, block, document, furnished

WRITERS = 8
ROUNDS = 25
WRITER = """
import os, random, sys
from datetime import datetime, UTC
from pathlib import Path
from storage.archive import Archive
folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
dice = random.Random(name)
archive = Archive.open(folder, lambda: datetime(2026, 7, 1, 8, 0, tzinfo=UTC), sys.argv[4])
for place in range(rounds):
    serial = f"{name}-{place}"
    with archive.begin() as transaction:
        taken = transaction.take_number("diploma_junior", ["3114000123", "140426"], 2026, serial)
    what = dice.random()
    with archive.begin() as transaction:
        if what < 0.2:
            transaction.give_back(serial)
        elif what < 0.3:
            transaction.void_number(serial, "spoilt")
        else:
            transaction.use_number(serial)
            print(taken.number, flush=True)
with archive.begin() as transaction:
    transaction.take_number("diploma_junior", ["3114000123", "140426"], 2026, f"{name}-last")
    os._exit(9)  # dies inside a transaction: nothing of it stays
"""


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock, database):
    opened = furnished(tmp_path / "data", clock, database)
    yield opened
    opened.close()


def take(archive, serial, orgs=(SCHOOL, COUNTY), year=2026):
    with archive.begin() as transaction:
        return transaction.take_number(FORM, list(orgs), year, serial)


def ledger(archive, block_id):
    with archive.read() as reading:
        return [(row.seq, row.state) for row in reading.numbers(block_id)]


def test_eight_processes_share_a_block_without_gap_or_repeat(archive, tmp_path, database):
    """Eight writers take, use, give back, spoil and die: every number up to the last has one row, one owner."""
    own = block(archive, last=120)
    above = block(archive, org=COUNTY, pattern="14042620262099{:04d}")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "data"), f"W{place}", str(ROUNDS), database],
            stdout=subprocess.PIPE,
            text=True,
            env=CHILD,
        )
        for place in range(WRITERS)
    ]
    told = [number for process in started for number in process.communicate()[0].split()]
    assert [process.returncode for process in started] == [9] * WRITERS
    assert max(Counter(told).values()) == 1
    with archive.read() as reading:
        rows = [row for found in (own, above) for row in reading.numbers(found.id)]
        next_seqs = reading.next_seqs()
    assert sorted(told) == sorted(row.number for row in rows if row.state == "used")
    for found in (own, above):
        seqs = [row.seq for row in rows if row.block_id == found.id]
        assert seqs == list(range(1, next_seqs[found.id]))
    assert {row.state for row in rows} <= {"used", "void", "free"}
    serials = [row.serial for row in rows if row.serial]
    assert len(serials) == len(set(serials))


FORMS = count()
MOVES = st.lists(st.sampled_from(["take", "use", "give back", "void"]), max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, dice=st.randoms(use_true_random=False))
def test_the_lowest_number_left_is_always_the_next(archive, moves, dice):
    """Against a model: what comes out is the smallest number never used, voided or held by somebody else."""
    form = f"form{next(FORMS)}"
    with archive.begin() as transaction:
        made = transaction.add_block(
            form=form, year=2026, org=SCHOOL, pattern=f"{form}-{{:02d}}", first=3, last=20, by=CITY
        )
        held, gone = {}, set()
        for place, move in enumerate(moves):
            if move == "take":
                left = [seq for seq in range(3, 21) if seq not in gone and seq not in held]
                serial = f"{form}-{place}"
                if left:
                    taken = transaction.take_number(form, [SCHOOL], 2026, serial)
                    assert (taken.seq, taken.number) == (left[0], f"{form}-{left[0]:02d}")
                    held[taken.seq] = serial
                else:
                    with pytest.raises(NoNumberLeft):
                        transaction.take_number(form, [SCHOOL], 2026, serial)
            elif held:
                seq = dice.choice(sorted(held))
                serial = held.pop(seq)
                if move == "give back":
                    transaction.give_back(serial)
                else:
                    gone.add(seq)
                    if move == "use":
                        transaction.use_number(serial)
                    else:
                        transaction.void_number(serial, "spoilt")
        rows = transaction.numbers(made.id)
    assert [row.seq for row in rows] == list(range(3, 3 + len(rows)))
    assert {row.seq for row in rows if row.state in {"used", "void"}} == gone
    assert {row.seq: row.serial for row in rows if row.state == "held"} == held


SMALL = ((SCHOOL, 1, 4), (SCHOOL, 11, 13), (COUNTY, 21, 25))
"""Three small blocks: the school's two, then its county's."""


def expected(model, serial):
    """The number a serial gets by the model: its own again, else the lowest left of the first block that has one."""
    for seq, holder in model.held.items():
        if holder == serial:
            return seq
    for _org, first, last in SMALL:
        left = set(range(first, last + 1)) - model.held.keys() - model.gone
        if left:
            model.held[min(left)] = serial
            return min(left)
    return None


def take_one(model, transaction, _amount):
    serial = f"{model.form}/{next(model.fresh)}"
    seq = expected(model, serial)
    if seq is None:
        with pytest.raises(NoNumberLeft):
            transaction.take_number(model.form, [SCHOOL, COUNTY], 2026, serial)
    else:
        assert transaction.take_number(model.form, [SCHOOL, COUNTY], 2026, serial).seq == seq


def take_many(model, transaction, amount):
    """Some new serials, and in the middle of them one that holds a number already."""
    new = [f"{model.form}/{next(model.fresh)}" for _ in range(amount)]
    serials = [*new[: amount // 2], *list(model.held.values())[:1], *new[amount // 2 :]]
    seqs = list(takewhile(lambda seq: seq is not None, [expected(model, serial) for serial in serials]))
    taken = transaction.take_numbers(model.form, [SCHOOL, COUNTY], 2026, serials)
    assert [number.seq for number in taken] == seqs
    assert [number.number for number in taken] == [f"{model.form}-{seq:02d}" for seq in seqs]


def end_one(how):
    """Use, spoil or give back one that is held."""

    def end(model, transaction, amount):
        if not model.held:
            return
        seq = list(model.held)[amount % len(model.held)]
        serial = model.held.pop(seq)
        if how == "give back":
            transaction.give_back(serial)
            return
        model.gone.add(seq)
        if how == "use":
            transaction.use_number(serial)
        else:
            transaction.void_number(serial, "spoilt")

    return end


def use_many(model, transaction, amount):
    chosen = dict(list(model.held.items())[:amount])
    transaction.use_numbers(list(chosen.values()))
    model.gone |= chosen.keys()
    model.held = {seq: serial for seq, serial in model.held.items() if seq not in chosen}


def void_ahead(model, transaction, amount):
    """Write off one that nobody holds, whether it was taken before or not."""
    ranges = [(block_id, seq) for block_id, first, last in model.blocks for seq in range(first, last + 1)]
    left = [(block_id, seq) for block_id, seq in ranges if seq not in model.held and seq not in model.gone]
    if left:
        block_id, seq = left[amount % len(left)]
        transaction.void_unused(block_id, seq, seq, "spoilt")
        model.gone.add(seq)


BULK = (take_one, take_many, take_many, use_many, void_ahead, *map(end_one, ("use", "void", "give back")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from(BULK), st.integers(0, 9)), max_size=30))
def test_many_at_once_come_as_one_by_one(archive, moves):
    """Whatever is done before, between and after: the same numbers in the same order, without gap or double."""
    form = f"form{next(FORMS)}"
    with archive.begin() as transaction:
        common = {"form": form, "year": 2026, "by": CITY, "pattern": f"{form}-{{:02d}}"}
        made = [
            transaction.add_block(**common, org=org, first=first, last=last) for org, first, last in SMALL
        ]
        ranges = [(found.id, found.first, found.last) for found in made]
        model = SimpleNamespace(form=form, blocks=ranges, held={}, gone=set(), fresh=count())
        for move, amount in moves:
            move(model, transaction, amount)
        rows = {row.seq: row for found in made for row in transaction.numbers(found.id)}
        steps = transaction.next_seqs()
    assert {seq for seq, row in rows.items() if row.state in {"used", "void"}} == model.gone
    assert {seq: row.serial for seq, row in rows.items() if row.state == "held"} == model.held
    for found in made:
        assert set(range(found.first, steps[found.id])) <= rows.keys()


MANY = """
import os, random, sys
from datetime import datetime, UTC
from pathlib import Path
from storage.archive import Archive
folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
dice = random.Random(name)
orgs = ["3114000123", "140426"]
archive = Archive.open(folder, lambda: datetime(2026, 7, 1, 8, 0, tzinfo=UTC), sys.argv[4])
for place in range(rounds):
    serials = [f"{name}-{place}-{row}" for row in range(dice.randrange(1, 9))]
    with archive.begin() as transaction:
        taken = transaction.take_numbers("diploma_junior", orgs, 2026, serials)
    assert len(taken) == len(serials)
    spoilt = [serial for serial in serials if dice.random() < 0.2]
    with archive.begin() as transaction:
        for serial in spoilt:
            transaction.give_back(serial)
        transaction.use_numbers([serial for serial in serials if serial not in spoilt])
    for serial, number in zip(serials, taken):
        if serial not in spoilt:
            print(number.number, flush=True)
with archive.begin() as transaction:
    transaction.take_numbers("diploma_junior", orgs, 2026, [f"{name}-last-{row}" for row in range(20)])
    os._exit(9)  # dies inside a transaction: nothing of it stays
"""


def test_eight_processes_take_many_at_once(archive, tmp_path, database):
    """Lists of numbers out of two blocks: every number up to the last has one row, one owner."""
    own = block(archive, last=300)
    above = block(archive, org=COUNTY, pattern="14042620262099{:04d}", last=9999)
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, str(tmp_path / "data"), f"W{place}", str(ROUNDS), database],
            stdout=subprocess.PIPE,
            text=True,
            env=CHILD,
        )
        for place in range(WRITERS)
    ]
    told = [number for process in started for number in process.communicate()[0].split()]
    assert [process.returncode for process in started] == [9] * WRITERS
    assert max(Counter(told).values()) == 1
    with archive.read() as reading:
        rows = [row for found in (own, above) for row in reading.numbers(found.id)]
        steps = reading.next_seqs()
    assert sorted(told) == sorted(row.number for row in rows if row.state == "used")
    assert steps[own.id] == 301
    for found in (own, above):
        assert [row.seq for row in rows if row.block_id == found.id] == list(range(1, steps[found.id]))


def test_numbers_that_are_no_longer_held_are_not_used(archive):
    """One of a list given back meanwhile: NotFound, and the whole transaction is undone."""
    made = block(archive)
    with archive.begin() as transaction:
        transaction.take_numbers(FORM, [SCHOOL], 2026, ["A", "B", "C"])
        transaction.give_back("B")
    with pytest.raises(NotFound), archive.begin() as transaction:
        transaction.use_numbers(["A", "B", "C"])
    assert ledger(archive, made.id) == [(1, "held"), (2, "free"), (3, "held")]


def test_a_serial_that_has_its_number_for_good_gets_none_in_a_list(archive):
    """As when it is asked for alone."""
    block(archive)
    take(archive, "A")
    with archive.begin() as transaction:
        transaction.use_number("A")
    with pytest.raises(AlreadyThere), archive.begin() as transaction:
        transaction.take_numbers(FORM, [SCHOOL], 2026, ["B", "A"])


def test_more_than_one_statement_can_name(archive):
    """Thousands at once, asked for twice, and used."""
    made = block(archive, last=9999)
    serials = [f"S{place}" for place in range(2345)]
    with archive.begin() as transaction:
        taken = transaction.take_numbers(FORM, [SCHOOL], 2026, serials)
        assert [number.seq for number in taken] == list(range(1, 2346))
        assert transaction.take_numbers(FORM, [SCHOOL], 2026, [*serials, "S0", "last"]) == [
            *taken,
            taken[0],
            TakenNumber(made.id, 2346, written(PATTERN, 2346)),
        ]
        transaction.use_numbers(serials)
    assert Counter(state for _seq, state in ledger(archive, made.id)) == {"used": 2345, "held": 1}


def test_the_schools_own_block_comes_first_then_those_above(archive):
    """Blocks are emptied in order; then there is no number left, for this year and form only."""
    block(archive, org=COUNTY, pattern="14042620262099{:04d}", last=1)
    block(archive, last=2)
    block(archive, first=101, last=101)
    numbers = [take(archive, serial).number[-6:] for serial in "ABCD"]
    assert numbers == ["120001", "120002", "120101", "990001"]
    with pytest.raises(NoNumberLeft) as caught:
        take(archive, "E")
    assert (caught.value.form, caught.value.org) == (FORM, SCHOOL)
    with pytest.raises(NoNumberLeft):
        take(archive, "E", year=2027)
    with pytest.raises(NoNumberLeft):
        take(archive, "E", orgs=())


def test_a_serial_holds_one_number(archive):
    """Asking again gives the same; after giving back and after use there is nothing held."""
    block(archive)
    assert take(archive, "A") == take(archive, "A")
    with archive.begin() as transaction:
        transaction.use_number("A")
        with pytest.raises(NotFound):
            transaction.use_number("A")
        with pytest.raises(NotFound):
            transaction.void_number("A", "too late")
        transaction.give_back("A")
        transaction.give_back("never held")


def test_a_used_serial_gets_no_second_number(archive):
    """A document has one number, in the database too."""
    block(archive)
    take(archive, "A")
    with archive.begin() as transaction:
        transaction.use_number("A")
    with pytest.raises(AlreadyThere):
        take(archive, "A")


def test_a_void_number_stays_with_its_reason(archive):
    """A spoilt blank is a row for ever, and never handed out again."""
    made = block(archive)
    take(archive, "A")
    with archive.begin() as transaction:
        transaction.void_number("A", "打印时卡纸")
    assert take(archive, "B").seq == 2
    assert ledger(archive, made.id) == [(1, "void"), (2, "held")]
    with archive.read() as reading:
        assert reading.numbers(made.id)[0].reason == "打印时卡纸"


def test_blocks_come_back(archive):
    """By form and organization, lowest first."""
    high, low = block(archive, first=201, last=300), block(archive, last=200)
    with archive.read() as reading:
        assert reading.blocks() == reading.blocks(FORM, SCHOOL) == [low, high]
        assert reading.blocks(form="other") == reading.blocks(org=COUNTY) == []
        assert reading.next_seqs() == {low.id: 1, high.id: 201}


BY_INDEX = {
    "ix_numbers_free (block_id=?)": numbers._free,
    "(serial=?)": numbers._use,
    "(serial=?) of some": numbers._by_serials,
}


@pytest.mark.parametrize("index", BY_INDEX)
def test_what_was_used_is_not_gone_through(tmp_path, index):
    """The free are found among the free, and a serial's number by it, however many numbers were used."""
    archive = furnished(tmp_path / "data", Clock())
    statement = BY_INDEX[index].compile(dialect=sqlite.dialect())
    values = [None] * len(statement.positiontup)
    plan = Raw(tmp_path / "data").execute(f"EXPLAIN QUERY PLAN {statement}", values)
    assert any(index.removesuffix(" of some") in row[3] for row in plan)
    assert not any(row[3].startswith("SCAN numbers") for row in plan)
    archive.close()


def test_many_serials_are_one_parameter(archive):
    """Also such as JSON writes otherwise, and more than an engine takes parameters."""
    made = block(archive, last=9999)
    serials = ['a"b', "文\\", "'; --", *(f"S{place}" for place in range(1200))]
    with archive.begin() as transaction:
        taken = transaction.take_numbers(FORM, [SCHOOL], 2026, serials)
        assert transaction.take_numbers(FORM, [SCHOOL], 2026, serials[::-1]) == taken[::-1]
        transaction.use_numbers(serials[1:])
    with archive.read() as reading:
        told = {row.serial: (row.seq, row.state) for row in reading.numbers(made.id)}
    assert told == {
        serial: (place, "used" if place > 1 else "held") for place, serial in enumerate(serials, 1)
    }


CLASHES = [
    {"first": 400, "last": 500},
    {"org": COUNTY},
    {"pattern": "1404262026201{:05d}", "first": 20400, "last": 20500},
    {"pattern": "140426202620{:06d}", "first": 1, "last": 120001},
]
APART = [
    {"first": 401, "last": 500},
    {"form": "diploma_primary"},
    {"pattern": "14042620262013{:04d}"},
    {"pattern": "初{:04d}号"},
]


@pytest.mark.parametrize("changed", CLASHES)
def test_two_blocks_never_give_the_same_number(archive, changed):
    """Whoever has it and however it is written."""
    block(archive, last=400)
    with pytest.raises(AlreadyThere):
        block(archive, **changed)


@pytest.mark.parametrize("changed", APART)
def test_blocks_beside_each_other_are_fine(archive, changed):
    """The next range, another form, another prefix."""
    block(archive, last=400)
    assert block(archive, **changed).id == 2


def test_a_block_gives_no_number_that_a_paper_bears_already(archive):
    """A school that numbered by hand before gets a block of what is left."""
    with archive.begin() as transaction:
        transaction.add_document(document(archive, 1, written(PATTERN, 7)))
    with pytest.raises(AlreadyThere):
        block(archive)
    with pytest.raises(AlreadyThere):
        block(archive, org=COUNTY)
    assert block(archive, first=8).first == 8


BAD = ["", "no slot", "{:04d}{:04d}", "{}", "{:4d}", "{:04d}{", "{0.__class__}{:04d}", "{:00d}", "{:04x}"]


@pytest.mark.parametrize("pattern", BAD)
def test_only_one_slot_counts(archive, pattern):
    """A pattern reaches into nothing."""
    with pytest.raises(BadPattern):
        block(archive, pattern=pattern)


@pytest.mark.parametrize(("first", "last"), [(0, 5), (5, 4), (1, 10_000), (-3, 3)])
def test_a_range_fits_its_pattern(archive, first, last):
    """From 1, upward, within the digits."""
    with pytest.raises(BadPattern):
        block(archive, first=first, last=last)


@given(st.integers(1, 9999), st.integers(1, 9999), st.integers(1, 9999))
def test_a_number_is_recognised_in_its_block_only(seq, first, last):
    """Reading back is the inverse of writing."""
    made = NumberBlock(1, FORM, 2026, SCHOOL, "A1{:04d}9号", first, last, CITY)
    assert within(made, written(made.pattern, seq)) == (first <= seq <= last)
    assert not within(made, json.dumps(seq))
