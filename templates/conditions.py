"""Evaluates the small conditions of form.toml, such as `stage=S and exam_taken=1`."""

import re
from collections.abc import Mapping

_JOIN = " and "
_CODES = re.compile(r"\w+(\|\w+)*")


def holds(condition: str | None, facts: Mapping[str, str]) -> bool:
    """Tell whether every `name=value`, `name!=value` or `name in a|b` part of a condition is true.

    No condition is always true; a name without a fact counts as empty. Raises ValueError on a part
    written otherwise.
    """
    return condition is None or all(_part(part, facts) for part in condition.split(_JOIN))


def names(condition: str) -> tuple[str, ...]:
    """Give the fact names a condition asks for; raises ValueError when it is written wrongly."""
    return tuple(_split(part)[0] for part in condition.split(_JOIN))


def _split(part: str) -> tuple[str, str, str]:
    for sign in ("!=", "=", " in "):
        name, found, wanted = part.partition(sign)
        if found and name.strip().isidentifier() and _CODES.fullmatch(wanted.strip()):
            return name.strip(), sign.strip(), wanted.strip()
    raise ValueError(f"not a condition: {part!r}")


def _part(part: str, facts: Mapping[str, str]) -> bool:
    name, sign, wanted = _split(part)
    fact = facts.get(name, "")
    if sign == "in":
        return fact in wanted.split("|")
    return (fact == wanted) is (sign == "=")
