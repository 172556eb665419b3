"""Which unit's seal belongs into which block of a paper, as the edition assigns it (arts. 3, 18, 26, 34, 36, 38)."""

from collections.abc import Callable, Mapping, Sequence

from service.regulation.edition import Edition
from storage.records import Organization
from templates.form import Block, Form

SCHOOLS = frozenset({"school", "cross", "other_school"})
OTHER_UNITS = frozenset({"other_school", "other_county", "township"})
"""Units that need not be registered here: another county's school or bureau, a township (art. 28)."""
AUTHORITY = "authority"
"""Id of the block of the 学籍主管部门, whichever authority that is; a block `county` or `city` is that level's own."""
OTHER_CODE = "in_school_code"
OTHER_NAMES = ("in_school", "home_school", "to_unit")
"""Values that name the other unit of a paper: arts. 18 and 19, 26, 8 and 22; its code is the surer name."""
GUEST = "guest_school"
UPWARD = frozenset({"registrar_filing", "term_change_report"})
"""Papers that an authority of its own hands to the one above it (arts. 3, 7 and 42)."""

Find = Callable[[str], Sequence[Organization]]
"""Code or full name of a unit → that unit and those above it, nearest first; empty when it is not registered."""


def approver(chain: Sequence[Organization], stage: str | None, edition: Edition) -> Organization | None:
    """Art. 3: the 学籍主管部门, by stage or else by kind of school; None when none is registered.

    `chain` is the school and those above it; by this regulation the city for senior schools and schools
    directly under it, the county for all others.
    """
    school_kind = chain[0].code[:2] if chain and chain[0].kind == "school" else ""
    return _first(chain, edition.approvers(stage, school_kind))


def _first(chain: Sequence[Organization], kinds: Sequence[str]) -> Organization | None:
    return next((unit for kind in kinds for unit in chain if unit.kind == kind), None)


def expected_units(
    form: Form,
    values: Mapping[str, str],
    chain: Sequence[Organization],
    *,
    stage: str | None,
    edition: Edition,
    find: Find,
) -> dict[str, str]:
    """Block → name of the unit whose seal it needs, for the blocks where the records tell.

    `chain` is the issuing organization and those above it, `stage` the one the paper is about. Another unit that is
    not registered is known by the name in the values alone, its authority not at all. Where the city has a block
    of its own (art. 18), the county's block is the county's for senior schools too.
    """
    other = find(values.get(OTHER_CODE, "")) or find(_named(values, OTHER_NAMES))
    own = _approving(form, values, chain, find)
    beside_city = any(block.seal == "city" and block.id != AUTHORITY for block in form.blocks)

    def authority(units: Sequence[Organization]) -> Organization | None:
        return _first(units, edition.approvers(None)) if beside_city else approver(units, stage, edition)

    units = {
        "county": authority(own),
        AUTHORITY: authority(own),
        "city": _first(own, ("city",)),
        "validation": approver(chain, stage, edition),
        "other_county": authority(other),
    }
    found = {}
    for block in form.blocks:
        unit = units.get(_seal(block))
        found[block.id] = (
            _school(block, chain, values) if block.seal in SCHOOLS else unit.name if unit else ""
        )
    return {block: name for block, name in found.items() if name}


def _approving(
    form: Form, values: Mapping[str, str], chain: Sequence[Organization], find: Find
) -> Sequence[Organization]:
    """The units among which the approving authority is: art. 26 asks the guest school's, whichever school prints."""
    guest = values.get(GUEST, "")
    if guest and (not chain or chain[0].name != guest):
        return find(guest)
    return chain[1:] if form.name in UPWARD and chain and chain[0].kind != "school" else chain


def _seal(block: Block) -> str:
    return AUTHORITY if block.id == AUTHORITY and block.seal in {"county", "city"} else block.seal or ""


def _school(block: Block, chain: Sequence[Organization], values: Mapping[str, str]) -> str:
    """The unit that the field of a block names (`in_school`, `guest_school`, `to_unit`), else the issuing one."""
    own = chain[0].name if chain and block.seal != "other_school" else ""
    return _named(values, (block.id, f"{block.id}_school", f"{block.id}_unit")) or own


def _named(values: Mapping[str, str], names: Sequence[str]) -> str:
    return next((values[name] for name in names if values.get(name)), "")


def foreign_blocks(form: Form, expected: Mapping[str, str]) -> list[str]:
    """Blocks of another unit that the records do not name: any seal will do but one of the other blocks'.

    The authority of a guest school that is not registered is such a unit too (art. 26).
    """
    guest = any(field.name == GUEST for field in form.fields)
    foreign = OTHER_UNITS | ({"county"} if guest else set())
    return [block.id for block in form.blocks if block.seal in foreign and block.id not in expected]
