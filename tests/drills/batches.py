"""Drill: a batch whose service and workers are killed again and again; each paper is issued exactly once."""

import random
import time
from collections import Counter
from pathlib import Path

from tests.drills.house import SECONDS, asked, house
from tests.drills.outcome import Outcome

ENOUGH = 3600
"""Seconds after which the batch should long be printed."""


def batches(folder: Path, count: int, kills: int, seed: int) -> Outcome:
    """Print `count` diplomas and kill the service with its workers, or a worker, so often while they are printed."""
    dice = random.Random(seed)
    with house(folder, apart=False) as town:
        students = town.settle(count, 10 * count)
        with town.caller() as city:
            body = {**asked(""), "students": students}
            del body["student"]
            link = city.post("/v1/batches", json=body).raise_for_status().json()["links"]["self"]
            killed, wait, end = 0, [], time.monotonic() + ENOUGH
            while True:
                told = city.get(link).raise_for_status().json()
                if told["state"] == "done" or time.monotonic() > end:
                    break
                if killed < kills and told["done"] * (kills + 1) >= killed * count:
                    time.sleep(dice.uniform(0.0, 1.0))
                    if killed % 2 or not town.kill_worker():
                        town.kill()
                        town.start()
                        wait.append(town.until_ready())
                    killed += 1
                time.sleep(0.1)
        papers = _papers(town)
        faults = town.faults()
    numbers = Counter(number for _student, number in papers)
    issued = Counter(student for student, _number in papers)
    return Outcome(
        {"papers": len(papers), "kills": killed},
        {
            "not issued": len(set(students) - issued.keys()),
            "issued twice": sum(number - 1 for number in issued.values()),
            "numbers doubled": sum(number - 1 for number in numbers.values()),
            "said to have failed": told["failed"],
            "faults": len(faults),
        },
        {"longest until ready (s)": round(max(wait, default=0.0), 1), "waited at most": SECONDS},
    )


def _papers(town: object) -> list[tuple[str, str]]:
    with town.archive() as archive, archive.read() as reading:
        return [(paper.student_no, paper.number) for paper in reading.documents()]
