"""Knows the kinds of evidence that are filed with a form: their Chinese names, and who may see them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind of evidence; `min_level` is the least level of the unit that writes it ('' for any)."""

    name: str
    label: str
    sensitive: bool = False
    restricted: bool = False
    min_level: str = ""
    note: str = ""


def _load(file: Path) -> Mapping[str, Evidence]:
    raw = tomllib.loads(file.read_text("utf-8"))
    return MappingProxyType({name: Evidence(name, **item) for name, item in raw.items()})


EVIDENCE: Mapping[str, Evidence] = _load(Path(__file__).with_suffix(".toml"))


def evidence(name: str) -> tuple[Evidence, bool]:
    """Give a kind by its name in a form.toml, and whether it must be there: `recovery?` may be left out.

    Raises KeyError for a kind we do not have.
    """
    bare = name.removesuffix("?")
    return EVIDENCE[bare], bare == name
