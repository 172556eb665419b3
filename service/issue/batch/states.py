"""The states of a batch's rows that are looked for, each by what it means to the flow."""

from storage.records import BatchState, RowState

WAITING: tuple[RowState, ...] = ("waiting",)
"""Not judged yet."""
READY: tuple[RowState, ...] = ("ready",)
"""Passed every rule, and has no number yet."""
NUMBERED: tuple[RowState, ...] = ("numbered",)
"""Holds its serial and number, and is to be printed."""
PRINTED: tuple[RowState, ...] = ("printed",)
"""A document."""
WITH_PAPER: tuple[RowState, ...] = (*NUMBERED, *PRINTED)
"""A paper came or comes of it; what its errors say are warnings."""
WITHOUT_PAPER: tuple[RowState, ...] = ("refused", "failed")
"""No paper came of it: a rule refused it, or the printer did."""
ENDED: frozenset[BatchState] = frozenset({"done", "cancelled"})
"""The states of a batch in which nothing is to be done any more."""
OPEN: tuple[RowState, ...] = (*WAITING, *READY, *NUMBERED)
"""Something is still to be done."""
