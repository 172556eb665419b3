"""What a drill tells: what was done how often, what must never happen, what else was counted; and how long it takes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """`done` counts what was done, `bad` what must be 0, `told` anything else worth a line."""

    done: Mapping[str, int]
    bad: Mapping[str, int]
    told: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Tell whether nothing happened that must not, and something was done at all."""
        return not any(self.bad.values()) and all(self.done.values())

    def line(self) -> str:
        """Say it in one line."""
        return "; ".join(
            ", ".join(told)
            for told in (
                [f"{count:,} {name}" for name, count in (*self.done.items(), *self.bad.items())],
                [f"{name}: {value}" for name, value in self.told.items()],
            )
            if told
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """How often each accident is tried."""

    tampers: int
    tampers_on_server: int
    codes: int
    numbers: int
    writers_killed: int
    kills: int
    batch: int
    batch_kills: int
    cuts: int
    away_seconds: int


SHORT = Scale(
    tampers=80,
    tampers_on_server=25,
    codes=20_000,
    numbers=20_000,
    writers_killed=4,
    kills=4,
    batch=300,
    batch_kills=4,
    cuts=4,
    away_seconds=3,
)
"""In `make test`: the same code in seconds."""
FULL = Scale(
    tampers=1_000,
    tampers_on_server=200,
    codes=1_000_000,
    numbers=1_000_000,
    writers_killed=40,
    kills=100,
    batch=10_000,
    batch_kills=20,
    cuts=100,
    away_seconds=60,
)
"""What the drills promise."""


def scale() -> Scale:
    """The scale that DRILL names: `full`, or else the short one."""
    return FULL if os.environ.get("DRILL") == "full" else SHORT
