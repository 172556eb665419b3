"""All rules of the regulation that are asked when a paper is issued, in the order they are told."""

from service.regulation import (
    certificates,
    entry,
    graduation,
    guest,
    issuing,
    offices,
    roll,
    rosters,
    sanctions,
    suspension,
    transfer,
    withdrawal,
)
from service.regulation.case import Rule, override_objections

RULES: tuple[Rule, ...] = (
    override_objections,
    *issuing.RULES,
    *certificates.RULES,
    *roll.RULES,
    *graduation.RULES,
    *transfer.RULES,
    *suspension.RULES,
    *guest.RULES,
    *withdrawal.RULES,
    *entry.RULES,
    *sanctions.RULES,
    *rosters.RULES,
    *offices.RULES,
)
"""What refuses (422)."""
ONCE: tuple[Rule, ...] = certificates.ONCE
"""What an earlier paper stands in the way of (409); asked again when the paper is kept."""
WARNINGS: tuple[Rule, ...] = (*rosters.WARNINGS, *withdrawal.WARNINGS, *offices.WARNINGS)
"""What is only told: the paper is issued, its answer carries them."""
