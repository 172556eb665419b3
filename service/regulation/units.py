"""Which unit's seal belongs into which block of a paper (arts. 3, 18, 34, 36 and 38)."""

from collections.abc import Mapping, Sequence

from storage.records import Organization
from templates.catalogue import Form

OWN_SCHOOL = frozenset({"school", "cross"})
OTHER_UNITS = frozenset({"other_school", "other_county"})


def approver(chain: Sequence[Organization], stage: str | None) -> Organization | None:
    """Art. 3: the city for senior schools and schools directly under it, the county for all others.

    `chain` is the school and those above it; None when no such authority is registered.
    """
    kinds = ("city",) if stage == "S" else ("county", "city")
    found = [unit for kind in kinds for unit in chain if unit.kind == kind]
    return found[0] if found else None


def expected_units(
    form: Form,
    stage: str | None,
    chain: Sequence[Organization],
    other_chain: Sequence[Organization],
    values: Mapping[str, str],
) -> dict[str, str]:
    """Block → name of the unit whose seal it needs, for the blocks where the records tell.

    `other_chain` is the receiving school of a transfer and those above it, empty when not registered: its
    school is then known by the name in the request, its authority not at all. Where the city has a block of
    its own (art. 18), the county's block is the county's for senior schools too.
    """
    level = None if any(block.seal == "city" for block in form.blocks) else stage
    own, other = approver(chain, level), approver(other_chain, level)
    validating, city = approver(chain, stage), approver(chain, "S")
    names = {
        **dict.fromkeys(OWN_SCHOOL, chain[0].name if chain else None),
        "county": own.name if own else None,
        "validation": validating.name if validating else None,
        "city": city.name if city else None,
        "other_school": values.get("in_school"),
        "other_county": other.name if other else None,
    }
    found = {block.id: names.get(block.seal or "") for block in form.blocks}
    return {block: name for block, name in found.items() if name}


def foreign_blocks(form: Form, expected: Mapping[str, str]) -> list[str]:
    """Blocks of another unit that the records do not name: any seal will do but one of the other blocks'."""
    return [block.id for block in form.blocks if block.seal in OTHER_UNITS and block.id not in expected]
