"""What an application form consists of, as data: bands of labelled values, tables of rows, places to sign.

Heights are least heights in mm: a row grows with its text. A paper that is not `full` is stretched to its page.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from templates.catalogue import FORMS
from templates.form import DEFINITION

BAND_MM = 10.0  # the upright heading at the left of a band or a place
INNER_MM = 170.0  # what a row of a band has for its cells
ROW_MM = 8.6  # two lines of a value fit into it
TEXT_MM = 18.0  # four lines of a value: 200 characters across the page
PLACE_MM = 45.0  # a seal of 44 mm fits into it


@dataclass(frozen=True, slots=True)
class Part:
    """One labelled value in a row: the widths of both cells in mm; `label` when not the form's own.

    A line break in the label is kept; else a label that is too wide is broken into lines of like length.
    """

    field: str
    label_mm: float
    value_mm: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a band, at least `height` mm high."""

    parts: tuple[Part, ...]
    height: float = ROW_MM


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table of rows: its width in mm and its label when not the form's own."""

    name: str
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of as many rows as the data has: a row of labels, then one row each, or `none` in one row."""

    table: str
    columns: tuple[Column, ...]
    height: float = 7.5
    none: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Rows that belong together, with an upright heading at their left."""

    heading: str
    lines: tuple[Line | Rows, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one block is signed and sealed: what is `asked` of the signer, who signs, the heading.

    `heading` and `signer` are the block's own label and the usual word for its role when empty.
    """

    block: str
    asked: str = "意见："
    heading: str = ""
    signer: str = ""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One or two places beside each other, at least `height` mm high."""

    places: tuple[Place, ...]
    height: float = PLACE_MM


@dataclass(frozen=True, slots=True)
class Paper:
    """An application form on one A4 page; `form` is its folder's name.

    `rows` is how many rows of its tables a page shall have room for when it is stretched.
    """

    form: str
    bands: tuple[Band, ...]
    places: tuple[PlaceRow, ...]
    full: bool = False
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Named:
    """What a form's definition says that its template repeats: title, number of notes, fields, blocks."""

    title: str
    notes: int
    fields: Mapping[str, Mapping[str, Any]]
    blocks: Mapping[str, Mapping[str, Any]]

    def label(self, name: str) -> str:
        """Give a field's or a column's label, `table.column` for a column."""
        table, _, column = name.partition(".")
        field = self.fields[table]
        if not column:
            return str(field["label"])
        return next(str(item["label"]) for item in field["column"] if item["name"] == column)


def named(form: str, folder: Path = FORMS) -> Named:
    """Read the wording of a form's definition; raises OSError and KeyError when it is not there."""
    raw = tomllib.loads((folder / form / DEFINITION).read_text("utf-8"))
    return Named(
        raw["title"],
        len(raw.get("footnotes", ())),
        {item["name"]: item for item in raw["field"]},
        {item["id"]: item for item in raw.get("block", ())},
    )
