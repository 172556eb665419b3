"""What the printer knows about a finished paper: where each value, mark, code and corner stands.

All boxes are millimetres from the page's top-left corner: (left, top, right, bottom).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

Box = tuple[float, float, float, float]

_DECIMALS = 2  # a hundredth of a millimetre: finer than any scanner, short enough to archive


def _box(raw: Any) -> Box:
    left, top, right, bottom = (float(edge) for edge in raw)
    return (left, top, right, bottom)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line of a value."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Value:
    """One occurrence of a field's value on a page; a field printed twice has two of them."""

    name: str
    text: str
    lines: tuple[Line, ...]
    font: str
    size_pt: float
    key: bool


@dataclass(frozen=True, slots=True)
class MarkPlace:
    """The area in which one block's signature or seal is expected."""

    block: str
    label: str
    kind: Literal["signature", "seal"]
    unit: str | None
    role: str | None
    box: Box
    required: bool
    machine: bool
    shape: Literal["round", "square", "half"]


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A QR symbol: `box` without its quiet zone, `keep_out` with it and what must stay unstamped."""

    box: Box
    keep_out: Box


@dataclass(frozen=True, slots=True)
class Fiducial:
    """An ArUco mark (DICT_4X4_50): id 0 stands top-left, 1 top-right, 2 bottom-right, 3 bottom-left."""

    id: int
    box: Box


@dataclass(frozen=True, slots=True)
class PhotoPlace:
    """A person's photo: the field it belongs to and where it is printed."""

    name: str
    box: Box


@dataclass(frozen=True, slots=True)
class RoomPlace:
    """The gap that a pre-printed blank leaves for a field's value: what stands outside is not ours."""

    name: str
    box: Box


@dataclass(frozen=True, slots=True)
class PageLayout:
    """One page, `width` × `height` millimetres; `rooms` on pre-printed blanks only."""

    width: float
    height: float
    values: tuple[Value, ...]
    marks: tuple[MarkPlace, ...]
    codes: tuple[CodePlace, ...]
    fiducials: tuple[Fiducial, ...]
    photos: tuple[PhotoPlace, ...] = ()
    rooms: tuple[RoomPlace, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole paper's places, archived as JSON beside its PDF and handed to the reader of a scan."""

    form: str
    pages: tuple[PageLayout, ...]
    version: int = 1

    def to_json(self) -> dict[str, Any]:
        """Give the layout as plain JSON values, lengths rounded to 0.01 mm."""
        return {
            "version": self.version,
            "form": self.form,
            "pages": [_plain(page) for page in self.pages],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Build the layout back from `to_json`; raises KeyError or ValueError on anything else."""
        if raw["version"] != 1:
            raise ValueError("only layout version 1 is known")
        return cls(form=raw["form"], pages=tuple(_page(page) for page in raw["pages"]))


def _page(raw: Mapping[str, Any]) -> PageLayout:
    return PageLayout(
        width=float(raw["width"]),
        height=float(raw["height"]),
        values=tuple(_value(value) for value in raw["values"]),
        marks=tuple(MarkPlace(**{**mark, "box": _box(mark["box"])}) for mark in raw["marks"]),
        codes=tuple(CodePlace(_box(code["box"]), _box(code["keep_out"])) for code in raw["codes"]),
        fiducials=tuple(Fiducial(int(mark["id"]), _box(mark["box"])) for mark in raw["fiducials"]),
        photos=tuple(PhotoPlace(photo["name"], _box(photo["box"])) for photo in raw.get("photos", ())),
        rooms=tuple(RoomPlace(room["name"], _box(room["box"])) for room in raw.get("rooms", ())),
    )


def _value(raw: Mapping[str, Any]) -> Value:
    lines = tuple(Line(line["text"], _box(line["box"])) for line in raw["lines"])
    return Value(raw["name"], raw["text"], lines, raw["font"], float(raw["size_pt"]), bool(raw["key"]))
