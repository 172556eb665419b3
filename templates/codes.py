"""Knows the code sets of records and forms: which codes exist and which words they print as."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# What a code of an open set must look like; its list here is not complete.
_OPEN = MappingProxyType({"division": re.compile("[0-9]{6}"), "country": re.compile(r"[A-Z]{3}")})


@dataclass(frozen=True, slots=True)
class CodeSet:
    """One code set: its words by code; an `open` set may meet further codes."""

    name: str
    standard: str
    open: bool
    words: Mapping[str, str]


def _load(file: Path) -> Mapping[str, CodeSet]:
    raw = tomllib.loads(file.read_text("utf-8"))
    return MappingProxyType(
        {
            name: CodeSet(
                name, item.get("standard", ""), item.get("open", False), MappingProxyType(item["words"])
            )
            for name, item in raw.items()
        }
    )


CODE_SETS: Mapping[str, CodeSet] = _load(Path(__file__).with_suffix(".toml"))


def is_code(code_set: str, code: str) -> bool:
    """Tell whether a code is legal in a code set; raises KeyError for a code set we do not have."""
    known = CODE_SETS[code_set]
    if code in known.words:
        return True
    return known.open and _OPEN[code_set].fullmatch(code) is not None


def label(code_set: str, code: str) -> str:
    """Give the words of a code, or the code itself when an open set has no words for it.

    Raises KeyError for a code set we do not have and for a code that is not legal in it.
    """
    known = CODE_SETS[code_set]
    if code not in known.words and not is_code(code_set, code):
        raise KeyError(code)
    return known.words.get(code, code)
