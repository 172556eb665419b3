"""Reads every object again in the course of a month, beside its second copy, and repairs the one from the other."""

import fcntl
import heapq
import json
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from storage.duty import Duty
from storage.errors import ObjectDamaged, StorageError, StoreAway
from storage.objects.folder import NAME, system_errors
from storage.objects.store import Store

ROUND: Final = timedelta(days=25)
"""Every object is read once in this time; thirty days are promised, the rest is for a machine that is off or behind."""
PROMISED: Final = timedelta(days=30)
FILLED_EVERY: Final = timedelta(hours=1)
"""The second copy is never further behind, as long as both stores are there."""
LEAST_PAUSE, MOST_PAUSE = 0.05, 60.0
"""Seconds between two objects: never more than twenty a second, so that nobody who works notices; and a small store
is not put off for an hour."""
MOST_FINDINGS: Final = 10_000
"""Kept by name; a store that is broken through and through needs no longer list."""
STATE: Final = "scrub.json"
LOCK: Final = "scrub.lock"

MESSAGES: Final = {
    "missing": "登记在册的存档文件缺失",
    "damaged": "存档文件内容与其校验值不符",
    "unreadable": "存档文件无法读取",
    "covered": "存档文件被删除标记或别的内容遮住（锁定的版本仍在）",
    "foreign": "存储中有不属于档案库的文件",
    "copy_damaged": "第二份拷贝中的文件损坏或无法读取",
}
HARMLESS: Final = frozenset({"foreign"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one object: its name, a key of MESSAGES, when that was seen first, and when it was put right."""

    name: str
    kind: str
    at: str
    repaired: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the present round is: when it began, after which name it goes on, how many objects of how many.

    `last_began`, `last_ended` and `last_seen` are of the round before; `copied` counts what the second copy lacked.
    """

    began: str
    after: str = ""
    seen: int = 0
    total: int = 0
    copied: int = 0
    last_began: str | None = None
    last_ended: str | None = None
    last_seen: int = 0
    findings: list[Finding] = field(default_factory=list)


class Scrub:
    """The scrub of one installation. `named` gives the names that rows hold; one process at a time works.

    On one data folder a lock sees to that, on a bucket that hosts share their `duty` as well.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        copy: Store | None,
        named: Callable[[], Collection[str]],
        now: Callable[[], datetime],
    ) -> None:
        self.duty: Duty | None = None
        self._folder = folder
        self._store = store
        self._copy = copy
        self._named = named
        self._now = now
        self._walk: Iterator[str] | None = None

    def progress(self) -> Progress:
        """How far it is, whoever works, on whichever host; a round that has not begun has seen nothing."""
        if self.duty is not None and not self.duty.held:
            with suppress(StorageError, ValueError, TypeError, KeyError):
                return _progress(self.duty.told())
        return self._mine()

    def _mine(self) -> Progress:
        """How far this data folder knows it to be."""
        with system_errors():
            try:
                return _progress(json.loads((self._folder / STATE).read_text("utf-8")))
            except (FileNotFoundError, ValueError, TypeError, KeyError):
                return Progress(began=self._stamp())

    def step(self, most: int = 20) -> bool:
        """Examine so many objects and keep the progress; tells whether the round has ended with them.

        StoreAway or StoreFull when a store is not there; what was examined until then counts.
        """
        progress = self._mine()
        if self._walk is None:
            progress = self._begin(progress)
        assert self._walk is not None
        try:
            for _ in range(most):
                name = next(self._walk, None)
                if name is None:
                    self._walk, progress = None, _ended(progress, self._stamp())
                    return True
                progress = self._examined(progress, name)
        except StorageError:
            self._walk = None  # it begins again after the last name that was examined
            raise
        finally:
            self._keep(progress)
        return False

    def whole(self, *, anew: bool = False) -> Progress:
        """Bring the present round to its end at full speed, or a new one, and give the state after it."""
        if anew:
            self._walk = None
            self._keep(replace(self._mine(), after="", copied=0))
        while not self.step(100):
            pass
        return self._mine()

    def run(self, stop: threading.Event, *, pause: Callable[[Progress], float] | None = None) -> None:
        """Work until told to stop, one process at a time; a store that is away is waited for."""
        waits = self.pause if pause is None else pause
        filled: datetime | None = None
        with (self._folder / LOCK).open("wb") as lock:
            while not stop.is_set():
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if not self._on_duty():
                        stop.wait(MOST_PAUSE)
                        continue
                    if filled is None or self._now() - filled >= FILLED_EVERY:
                        self.fill()
                        filled = self._now()
                    ended = self.step(1)
                    if self.duty is not None:
                        self.duty.note(self._told, now=ended)
                except (StorageError, BlockingIOError):
                    stop.wait(MOST_PAUSE)
                else:
                    stop.wait(waits(self._mine()))
            if self.duty is not None:
                self.duty.give(self._told)

    def _on_duty(self) -> bool:
        """Tell whether this host is to work; when its turn comes, it goes on from where another one was."""
        if self.duty is None or (self.duty.held and self.duty.take()):
            return True
        self._walk = None
        if not self.duty.take():
            return False
        try:
            told = self.duty.told()
        except StorageError:  # or it would go on from its own old place
            self.duty.drop()
            raise
        with suppress(ValueError, TypeError, KeyError):
            self._keep(_progress(told))
        return True

    def _told(self) -> dict[str, Any]:
        return asdict(self._mine())

    def pause(self, progress: Progress) -> float:
        """Seconds until the next object, so that the round ends in time."""
        left = (datetime.fromisoformat(progress.began) + ROUND - self._now()).total_seconds()
        return min(max(left / max(progress.total - progress.seen, 1), LEAST_PAUSE), MOST_PAUSE)

    def late(self, progress: Progress) -> bool:
        """Tell whether an object may have gone unread for longer than is promised."""
        since = datetime.fromisoformat(progress.last_began or progress.began)
        return self._now() - since > 2 * PROMISED

    def fill(self) -> int:
        """Put what the second copy lacks there, by its names alone; gives how many. StoreAway or StoreFull."""
        if self._copy is None:
            return 0
        copied = 0
        for name in lacking(self._store, self._copy):
            with suppress(ObjectDamaged):  # the round names it
                self._copy.put(self._store.get(name))
                copied += 1
        return copied

    def _begin(self, progress: Progress) -> Progress:
        named = sorted(self._named())
        walk = heapq.merge(
            (name for name in named if name > progress.after), self._store.names(progress.after)
        )
        self._walk = _once(walk)
        if progress.after:
            return replace(progress, total=len(named))
        return replace(progress, began=self._stamp(), seen=0, total=len(named), copied=0)

    def _examined(self, progress: Progress, name: str) -> Progress:
        kinds = list(self._kinds(name))
        known = {(one.name, one.kind): one for one in progress.findings if one.name == name}
        others = [one for one in progress.findings if one.name != name]
        found = [self._finding(name, kind, repaired, known) for kind, repaired in kinds if kind != "copied"]
        return replace(
            progress,
            after=name,
            seen=progress.seen + 1,
            copied=progress.copied + sum(kind == "copied" for kind, _ in kinds),
            findings=[*others, *found][:MOST_FINDINGS],
        )

    def _finding(
        self, name: str, kind: str, repaired: bool, known: dict[tuple[str, str], Finding]
    ) -> Finding:
        earlier = known.get((name, kind))
        at = self._stamp() if earlier is None or earlier.repaired else earlier.at
        return Finding(name, kind, at, self._stamp() if repaired else None)

    def _kinds(self, name: str) -> Iterator[tuple[str, bool]]:
        """What is wrong with an object in either store, and whether it is right now."""
        if not NAME.fullmatch(name):
            yield "foreign", False
            return
        data, kind = _read(self._store, name)
        theirs, their_kind = (None, None) if self._copy is None else _read(self._copy, name)
        right = kind is None
        if kind is not None:
            right = theirs is not None and self._restored(self._store, name, theirs)
            yield kind, right
        elif data is not None and self._store.covered(name):
            yield "covered", self._restored(self._store, name, data)
        whole = theirs if data is None else data
        if self._copy is not None and their_kind is not None:
            restored = whole is not None and self._restored(self._copy, name, whole)
            if their_kind == "missing":
                yield from [("copied", True)] * restored
            else:
                yield "copy_damaged", restored
        if right:
            self._store.renew(name)

    @staticmethod
    def _restored(store: Store, name: str, data: bytes) -> bool:
        store.restore(name, data)
        return _read(store, name) == (data, None) and not store.covered(name)

    def _stamp(self) -> str:
        return self._now().isoformat(timespec="seconds")

    def _keep(self, progress: Progress) -> None:
        with system_errors():
            draft = self._folder / f"{STATE}.tmp"
            draft.write_text(json.dumps(asdict(progress), ensure_ascii=False), "utf-8")
            draft.rename(self._folder / STATE)


def lacking(store: Store, copy: Store) -> Iterator[str]:
    """The objects of a store that a copy has not, by walking both lists of names once."""
    theirs = iter(copy.names())
    current = next(theirs, None)
    for name in store.names():
        while current is not None and current < name:
            current = next(theirs, None)
        if current != name and NAME.fullmatch(name):
            yield name


def _progress(told: dict[str, Any]) -> Progress:
    return Progress(**{**told, "findings": [Finding(**one) for one in told["findings"]]})


def _once(names: Iterator[str]) -> Iterator[str]:
    last = None
    for name in names:
        if name != last:
            last = name
            yield name


def _read(store: Store, name: str) -> tuple[bytes | None, str | None]:
    """The bytes of an object, or what is wrong with it. StoreAway when the whole store is away."""
    try:
        return store.get(name), None
    except ObjectDamaged as error:
        return None, "missing" if error.missing else "damaged"
    except StoreAway:
        store.probe()  # the store is there, so that it is this object: a bad place on a disk
        return None, "unreadable"


def _ended(progress: Progress, now: str) -> Progress:
    """The state between two rounds: what was put right in the one before is told until here."""
    return Progress(
        began=now,
        copied=progress.copied,
        last_began=progress.began,
        last_ended=now,
        last_seen=progress.seen,
        findings=progress.findings,
    )
