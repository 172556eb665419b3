"""Knows the kinds of evidence that are filed with a form: their Chinese names, and who may see them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from templates.conditions import holds
from templates.form import Form


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of evidence; `min_level` is the least level of the unit that writes it ('' for any).

    `code` (1 to 255) stands in the QR code of its cover sheet, and never changes.
    """

    name: str
    code: int
    label: str
    sensitive: bool = False
    restricted: bool = False
    min_level: str = ""
    note: str = ""


def _load(file: Path) -> Mapping[str, Evidence]:
    raw = tomllib.loads(file.read_text("utf-8"))
    return MappingProxyType({name: Evidence(name, **item) for name, item in raw.items()})


EVIDENCE: Mapping[str, Evidence] = _load(Path(__file__).with_suffix(".toml"))


BY_CODE: Mapping[int, Evidence] = MappingProxyType({kind.code: kind for kind in EVIDENCE.values()})


def wanted(form: Form, data: Mapping[str, str]) -> tuple[tuple[Evidence, bool], ...]:
    """Give the kinds a paper with these raw data asks for, each once, and whether it must be there."""
    facts = form.facts(data)
    names = [*form.evidence]
    for condition, more in form.evidence_if.items():
        names += more if holds(condition, facts) else ()
    found: dict[str, tuple[Evidence, bool]] = {}
    for name in names:
        kind, required = evidence(name)
        found[kind.name] = (kind, required or found.get(kind.name, (kind, False))[1])
    return tuple(found.values())


def evidence(name: str) -> tuple[Evidence, bool]:
    """Give a kind by its name in a form.toml, and whether it must be there: `recovery?` may be left out.

    Raises KeyError for a kind we do not have.
    """
    bare = name.removesuffix("?")
    return EVIDENCE[bare], bare == name
