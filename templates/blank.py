"""An authority's pre-printed blank as data: where on it each value, the code, the photo and the marks belong.

All places are millimetres from the paper's top-left corner. A value stands on its base line: `y` is the line
that pre-printed words beside it stand on too, so it can be measured with a ruler. `shift_mm` moves all that is
printed, for a printer that feeds the paper off its place.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from templates.code import MAX_VERSION, picture_mm
from templates.form import Form
from templates.layout import Box
from templates.order import Room
from templates.pieces import PIECES, whole

BLANKS = Path(__file__).parent / "blanks"
PHOTO_MM = (26.0, 32.0)
CODE_MM = picture_mm(17 + 4 * MAX_VERSION)  # the largest symbol with its quiet zone
SERIAL_PT = 8.0
SERIAL_MM = 34.0
_SIDE_MM = (90.0, 450.0)
_SHIFT_MM = 15.0
_POINTS = (7.0, 48.0)
_LINES = 4
_MADE = 1  # raise it when templates.overprint places things otherwise: documents keep the hash they were made with
MM_PER_PT = 25.4 / 72
LEADING = 1.3  # of the size: from one line of a value to the next
ABOVE = 0.8  # part of a line of exact height that LibreOffice puts above the base line
_ALIGNS = ("left", "center", "right")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one value stands: left end and base line of its first line, width in mm, size in points.

    A value that is too long for its `lines` is set smaller; when that is not enough, it is refused.
    """

    x: float
    y: float
    width: float
    size_pt: float = 14.0
    align: Literal["left", "center", "right"] = "left"
    lines: int = 1

    def box(self) -> Box:
        """The frame its lines take."""
        step = self.size_pt * LEADING * MM_PER_PT
        top = self.y - ABOVE * step
        return (self.x, top, self.x + self.width, top + step * self.lines)


@dataclass(frozen=True)
class Blank:
    """One kind of pre-printed paper: for which form, its size, and where everything belongs.

    `marks` says for each block of the form where its seal or signature is expected: left, top, right, bottom.
    """

    form: str
    size_mm: tuple[float, float]
    fields: Mapping[str, Spot]
    code: tuple[float, float]
    marks: Mapping[str, Box]
    shift_mm: tuple[float, float] = (0.0, 0.0)
    photo: tuple[float, float] | None = None
    serial: tuple[float, float] | None = None
    note: str = ""

    def __hash__(self) -> int:
        return hash(self.hash)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what decides where things are printed."""
        told = json.dumps([_MADE, asdict(self)], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def serial_place(self) -> tuple[float, float]:
        """Left end and base line of the serial: below the code unless the blank says otherwise."""
        return self.serial or (self.code[0] + (CODE_MM - SERIAL_MM) / 2, self.code[1] + CODE_MM + 2.5)

    @property
    def code_box(self) -> Box:
        """What the code takes at most, quiet zone included."""
        return (*self.code, self.code[0] + CODE_MM, self.code[1] + CODE_MM)

    @property
    def photo_box(self) -> Box | None:
        """Where the photo stands, if it is printed on this blank."""
        return self.photo and (*self.photo, self.photo[0] + PHOTO_MM[0], self.photo[1] + PHOTO_MM[1])

    def mark_places(self) -> dict[str, Box]:
        """The marks' places in the coordinates of the print: moved by the same shift."""
        dx, dy = self.shift_mm
        return {
            block: (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy) for block, box in self.marks.items()
        }

    def rooms(self) -> dict[str, Room]:
        """The gaps for its values, in the coordinates of the print."""
        dx, dy = self.shift_mm
        boxes = {name: spot.box() for name, spot in self.fields.items()}
        return {
            name: Room((box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy), self.fields[name].lines)
            for name, box in boxes.items()
        }

    def form_on(self, form: Form) -> Form:
        """The form as this blank carries it: its paper size; fields it has no place for are only recorded."""
        held = {whole(name) for name in self.fields}
        fields = tuple(
            item
            if item.name in held or (item.type == "photo" and self.photo)
            else replace(item, printed=False)
            for item in form.fields
        )
        return replace(form, size_mm=self.size_mm, fields=fields, pages=1, template_hash=self.hash)


def default(form: str) -> Blank | None:
    """The blank shipped for a form; None when there is none."""
    file = BLANKS / f"{form}.toml"
    return parse(tomllib.loads(file.read_text("utf-8"))) if file.is_file() else None


def defaults() -> Iterator[tuple[str, Blank]]:
    """Every shipped blank with its name."""
    for file in sorted(BLANKS.glob("*.toml")):
        yield file.stem, parse(tomllib.loads(file.read_text("utf-8")))


def parse(raw: Mapping[str, Any]) -> Blank:
    """Build a blank from plain values; raises KeyError, TypeError or ValueError when something is missing or odd."""
    pair = _pair(raw.get("shift_mm", (0, 0)))
    photo, serial = raw.get("photo"), raw.get("serial")
    return Blank(
        form=str(raw["form"]),
        size_mm=_pair(raw["size_mm"]),
        fields={name: _spot(item) for name, item in raw["fields"].items()},
        code=_point(raw["code"]),
        marks={name: _box(item) for name, item in raw["marks"].items()},
        shift_mm=pair,
        photo=None if photo is None else _point(photo),
        serial=None if serial is None else _point(serial),
        note=str(raw.get("note", "")),
    )


def _spot(raw: Mapping[str, Any]) -> Spot:
    if raw.get("align", "left") not in _ALIGNS:
        raise ValueError("align")
    return Spot(
        float(raw["x"]),
        float(raw["y"]),
        float(raw["width"]),
        float(raw.get("size_pt", 14.0)),
        raw.get("align", "left"),
        int(raw.get("lines", 1)),
    )


def _pair(raw: Any) -> tuple[float, float]:
    first, second = raw
    return (float(first), float(second))


def _point(raw: Mapping[str, Any]) -> tuple[float, float]:
    return (float(raw["x"]), float(raw["y"]))


def _box(raw: Any) -> Box:
    left, top, right, bottom = (float(edge) for edge in raw)
    return (left, top, right, bottom)


def faults(blank: Blank, form: Form) -> list[tuple[str, str]]:
    """Say what is wrong with a blank for its form: (where, a Chinese sentence that says what to do)."""
    found = [*_sheet_faults(blank), *_field_faults(blank, form), *_mark_faults(blank, form)]
    page = (0.0, 0.0, *blank.size_mm)
    for where, box in _boxes(blank):
        if box[0] < 0 or box[1] < 0 or box[2] > page[2] or box[3] > page[3]:
            found.append((where, f"{where} 超出纸面；请改正坐标（毫米，从左上角量起）"))
    for where, box in (*_boxes(blank), *((f"marks.{name}", box) for name, box in blank.marks.items())):
        if where != "code" and _meet(box, blank.code_box):
            found.append((where, f"{where} 与二维码重叠；二维码及其四周留白上不得有文字、照片或印章"))
    return found


def _boxes(blank: Blank) -> Iterator[tuple[str, Box]]:
    for name, spot in blank.fields.items():
        yield f"fields.{name}", spot.box()
    yield "code", blank.code_box
    if blank.photo_box:
        yield "photo", blank.photo_box


def _sheet_faults(blank: Blank) -> Iterator[tuple[str, str]]:
    if not all(_SIDE_MM[0] <= side <= _SIDE_MM[1] for side in blank.size_mm):
        yield "size_mm", f"纸的宽、高须在 {_SIDE_MM[0]:g} 至 {_SIDE_MM[1]:g} 毫米之间；请改正"
    if not all(abs(off) <= _SHIFT_MM for off in blank.shift_mm):
        yield "shift_mm", f"偏移不能超过 {_SHIFT_MM:g} 毫米；偏得更多时请先调整打印机进纸"


def _field_faults(blank: Blank, form: Form) -> Iterator[tuple[str, str]]:
    known = {
        item.name: item for item in form.fields if item.printed and item.type not in {"photo", "table", "map"}
    }
    parts = {f"{name}.{piece}" for name, item in known.items() for piece in PIECES.get(item.type, ())}
    for name, spot in blank.fields.items():
        where = f"fields.{name}"
        if name not in known and name not in parts:
            yield where, f"{form.title}没有要印的栏目 {name}；请删去或改正名称"
        if (
            not _POINTS[0] <= spot.size_pt <= _POINTS[1]
            or not 1 <= spot.lines <= _LINES
            or spot.width < spot.size_pt * MM_PER_PT
        ):
            yield (
                where,
                f"{name} 的字号须在 {_POINTS[0]:g} 至 {_POINTS[1]:g} 磅、行数 1 至 {_LINES}、宽度至少一字；请改正",
            )
    for name, item in known.items():
        asked = {f"{name}.{piece}" for piece in PIECES.get(item.type, ())}
        given = asked & set(blank.fields)
        if given and (given != asked or name in blank.fields):
            yield f"fields.{name}", f"{name} 要么整个印一处，要么年、月、日分开都给出位置；请改正"
        if item.key and not given and name not in blank.fields:
            yield f"fields.{name}", f"缺少“{item.label}”（{name}）的位置；核对用的栏目都须印在证书上"


def _mark_faults(blank: Blank, form: Form) -> Iterator[tuple[str, str]]:
    known = {block.id: block for block in form.blocks}
    for name, box in blank.marks.items():
        if name not in known:
            yield f"marks.{name}", f"{form.title}没有签章栏 {name}；请删去或改正名称"
        if box[0] >= box[2] or box[1] >= box[3]:
            yield f"marks.{name}", f"{name} 的范围须是 左、上、右、下；请改正"
    for name, block in known.items():
        if name not in blank.marks:
            yield f"marks.{name}", f"缺少“{block.label}”（{name}）的位置；请补上 左、上、右、下"


def _meet(one: Box, two: Box) -> bool:
    return min(one[2], two[2]) > max(one[0], two[0]) and min(one[3], two[3]) > max(one[1], two[1])
