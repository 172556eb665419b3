"""Drill: an archive altered in a thousand ways; `yinzheng check`, given checkpoints kept outside, names each of them."""

import contextlib
import io
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from service.__main__ import main
from storage.archive import DATABASE
from tests.drills.hands import Hands, hands_on
from tests.drills.kept import Kept
from tests.drills.outcome import Outcome
from tests.drills.tampers import ALONE, TOGETHER, paper_of

AT_ONCE = 20
"""Alterations of one archive, each of another paper."""
EVERYWHERE = frozenset(
    {"node_differs", "checkpoint_differs", "log_shorter", "log_size", "database_damaged"}
    | {"archive_number_gap", "volume_gap", "archive_number_differs", "location_without_item"}
)
"""What is said of the log, a table or a volume as a whole beside the names."""


@dataclass(frozen=True, slots=True)
class Done:
    """One alteration: its kind, the names that tell of it, its places in the log, and whether it was the only one."""

    kind: str
    what: str
    names: frozenset[str]
    leaves: tuple[int, ...]
    alone: bool


def tampering(kept: Kept, count: int, seed: int, copies: "Copies") -> Outcome:
    """Alter copies of an archive in all ways in turn, `count` times in all, and hold what the check names against it."""
    dice = random.Random(seed)
    alone = [(kind, one) for kind, ways in ALONE.items() for one in ways]
    together = [(kind, one) for kind, ways in TOGETHER.items() for one in ways]
    done: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    strays: Counter[str] = Counter()
    unsaid = 0
    left = count
    while left:
        # One archive in four bears a single alteration of the log as a whole.
        single = dice.random() < 0.7
        number = 1 if single else min(AT_ONCE, left)
        ways = [dice.choice(alone if single else together) for _ in range(number)]
        with copies.fresh() as (folder, database):
            with hands_on(folder, database) as hands:
                made = _altered(hands, dice, ways, alone=single)
            said, ended = checked(folder, database, kept)
            hands.undo()
        unsaid += ended != 1
        done.update(one.kind for one in made)
        missed.update(f"{one.kind}: {one.what}" for one in made if not _named(one, said))
        known = frozenset().union(*(one.names for one in made))
        strays.update(
            f"{code} {about}" for code, about in said if not (single or _expected(code, about, known))
        )
        left -= number
    bad = {
        "not named": missed.total(),
        "named that were not altered": strays.total(),
        "checks that found nothing": unsaid,
    }
    return Outcome(dict(done), bad, dict((missed + strays).most_common(9)))


class Copies:
    """One data folder that is whole again after each use; on a server each use has a copy of the database."""

    def __init__(self, kept: Kept, server: object = None) -> None:
        self._kept = kept
        self._server = server
        self._whole = b"" if server else (kept.folder / DATABASE).read_bytes()

    @contextlib.contextmanager
    def fresh(self) -> Iterator[tuple[Path, str]]:
        """The folder, and its database's URL ("" in the folder); what is done to files is undone by `Hands`."""
        folder, url = self._kept.folder, self._kept.database
        if self._server is None:
            for name in (f"{DATABASE}-wal", f"{DATABASE}-shm"):
                (folder / name).unlink(missing_ok=True)
            (folder / DATABASE).write_bytes(self._whole)
            yield folder, ""
            return
        base, _, name = url.rpartition("/")
        copy = self._server.create(name)
        try:
            yield folder, f"{base}/{copy}"
        finally:
            self._server.drop(copy)


def _altered(hands: Hands, dice: random.Random, ways: list, *, alone: bool) -> list[Done]:
    serials = [serial for (serial,) in hands.run("SELECT serial FROM documents ORDER BY id")]
    chosen = dice.sample(serials, 2 * len(ways))
    papers = [paper_of(hands, serial) for serial in chosen]
    made = []
    for place, (kind, way) in enumerate(ways):
        paper, other = papers[2 * place], papers[2 * place + 1]
        hands.last = way.__name__
        more = way(hands, dice, paper, other)
        made.append(Done(kind, hands.last, paper.names() | more, paper.leaves, alone))
    return made


def _named(one: Done, said: list[tuple[str, str]]) -> bool:
    """Tell whether the check named an alteration: by a name of it, or by the range of leaves in which the log differs."""
    if any(about in one.names for _code, about in said):
        return True
    ranges = [about.split("–") for code, about in said if code == "checkpoint_differs"]
    within = any(int(first) <= index < int(end) for first, end in ranges for index in one.leaves)
    return one.alone and (within or any(code == "log_shorter" for code, _about in said))


def _expected(code: str, about: str, known: frozenset[str]) -> bool:
    """Tell whether a fault is of what was altered; a leaf put in far behind the end leaves a stretch before it."""
    return code in EVERYWHERE or about in known or (code == "leaf_missing" and "–" in about)


def checked(folder: Path, database: str, kept: Kept) -> tuple[list[tuple[str, str]], int]:
    """What `yinzheng check` names as wrong, and how it ends."""
    told = io.StringIO()
    command = ["check", "--data", str(folder)]
    for checkpoint in kept.checkpoints:
        command += ["--checkpoint", str(checkpoint)]
    with _environment({"YINZHENG_DATABASE": database}), contextlib.redirect_stdout(told):
        ended = main(command)
    lines = (line.split("  ") for line in told.getvalue().splitlines())
    return [(words[1], words[2]) for words in lines if words[0] == "错误"], ended


def _environment(values: Mapping[str, str]) -> contextlib.AbstractContextManager[object]:
    return mock.patch.dict(os.environ, values)
