"""A thousand invented papers of each stampable form are stamped, each proved, and some held against LibreOffice's."""

import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from templates import render
from templates.errors import DoesNotFit, NotStampable
from templates.stamping import Stamper
from tests.records import STAMPABLE, alike, example, mixed, unlike
from tests.stamped import Run, printer_on, stamp_many

ALIKE = 1_000  # records of the example's class for each form
UNLIKE = 3  # records of any class for each form; each goes through LibreOffice
PROVED = 2  # of those stamped, compared with LibreOffice's own print
MIXED = 2  # whose values come from those, in other company
PROCESSES = 2


@pytest.fixture(scope="module")
def tally():
    """What was done with each form's records; told at the end."""
    told = {}
    yield told
    heads = ("alike", "proved", "mixed", "unlike", "stamped", "refused")
    lines = [" ".join(f"{head:>8}" for head in heads) + "  form, and why LibreOffice prints the rest"]
    for name, counts in told.items():
        why = ", ".join(f"{key[4:]} {count}" for key, count in counts.items() if key.startswith("not "))
        lines.append(" ".join(f"{counts[head]:>8,}" for head in heads) + f"  {name}: {why or '-'}")
    total = sum(told.values(), Counter())
    lines.append(" ".join(f"{total[head]:>8,}" for head in heads) + f"  {len(told)} forms")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def stamps(tmp_path_factory):
    return tmp_path_factory.mktemp("stamps")


@pytest.fixture(scope="module")
def stamping(stamps, fonts, converter):
    return printer_on(stamps, fonts, converter)


@pytest.fixture(scope="module")
def start(stamps, fonts):
    """Give a function that lets processes of their own stamp a form's records, and answers what they will tell."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:

        def started(name):
            runs = (
                Run(name, stamps, fonts.conf.parent, seed, ALIKE // PROCESSES) for seed in range(PROCESSES)
            )
            return [pool.submit(stamp_many, run) for run in runs]

        yield started


@pytest.fixture
def reasons(monkeypatch):
    """Why papers could not be stamped, in order."""
    noted = []

    class Noting(Stamper):
        """Notes what it refuses."""

        def print(self):
            """As ever."""
            return noting(super().print)

        def lesson(self, converter):
            """As ever."""
            return noting(super().lesson, converter)

        def learn(self, taught, converter):
            """As ever."""
            return noting(super().learn, taught, converter)

    def noting(step, *given):
        try:
            return step(*given)
        except NotStampable as problem:
            noted.append(problem.why)
            raise

    monkeypatch.setattr(render, "Stamper", Noting)
    return noted


@pytest.mark.parametrize("name", STAMPABLE)
def test_every_paper_is_what_it_should_be(name, stamping, start, tally, reasons):
    """Of one class: stamped without LibreOffice. Of any: as LibreOffice prints it, twice the same, by either way."""
    asked, dice, counts = example(name), random.Random(name), tally.setdefault(name, Counter())
    assert [stamping.print(asked).tier for _ in range(3)][-1] == 1
    running, known = start(name), [asked]
    for order in (alike(asked, dice) for _ in range(PROVED)):
        paper = stamping.print(order)
        stamping.prove(order, paper)  # raises StampDiffers
        counts["proved"] += paper.tier == 1
    for order in (unlike(asked, dice) for _ in range(UNLIKE)):
        reasons.clear()
        try:
            first, second = stamping.print(order), stamping.print(order)
        except DoesNotFit:
            counts["refused"] += 1
            continue
        assert first.facts == second.facts
        assert first.tier == 2 or (first.pdf, first.layout) == (second.pdf, second.layout)
        counts["unlike"] += 1
        known += [order] * (second.tier == 1)
        counts["stamped" if second.tier == 1 else f"not {reasons[-1] if reasons else 'asked'}"] += 1
    for order in (mixed(known, dice) for _ in range(MIXED)):
        paper = stamping.print(order)
        stamping.prove(order, paper)
        counts["mixed"] += paper.tier == 1
    counts["alike"] += sum(run.result()[0] for run in running)
    assert counts["proved"] == PROVED
    assert stamping.stopped() == []
