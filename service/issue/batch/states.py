"""The states of a batch's rows that are looked for, each by what it means to the flow."""

from storage.records import RowState

WAITING: tuple[RowState, ...] = ("waiting",)
"""Not judged yet."""
READY: tuple[RowState, ...] = ("ready",)
"""Passed every rule, and has no number yet."""
NUMBERED: tuple[RowState, ...] = ("numbered",)
"""Holds its serial and number, and is to be printed."""
PRINTED: tuple[RowState, ...] = ("printed",)
"""A document."""
WITHOUT_PAPER: tuple[RowState, ...] = ("refused", "failed")
"""No paper came of it: a rule refused it, or the printer did."""
OPEN: tuple[RowState, ...] = (*WAITING, *READY, *NUMBERED)
"""Something is still to be done."""
