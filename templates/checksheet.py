"""Draws the picture of a check: the scanned side with what differs boxed and named on it, and the list of all findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from templates.archival import Archival
from templates.fonts import Fonts
from templates.lettering import Lettering
from templates.sheetcopy import Corners, Sheet

Tone = Literal["wrong", "doubt", "good", "aside"]
Rectangle = tuple[float, float, float, float]

MM = 72 / 25.4
A4 = (210 * MM, 297 * MM)
MARGIN, HEAD, FOOT = 12 * MM, 16 * MM, 9 * MM
LABEL, SMALL, TEXT, TITLE = 7.0, 7.5, 9.0, 15.0
LEADING = 1.45
PAD = 2.0
GAP = 1.5
"""Points between a box and its label."""


@dataclass(frozen=True, slots=True)
class _Look:
    """How a tone is drawn: colour, width of the line, dashes, whether all sides are drawn, whether the label is filled."""

    colour: tuple[float, float, float]
    line: float
    dash: bytes
    whole: bool = True
    filled: bool = True


# Colour is never the only sign: lines differ too, and whatever is not as it should be has its words.
LOOKS: dict[Tone, _Look] = {
    "wrong": _Look((0.78, 0.05, 0.05), 1.5, b"[] 0 d"),
    "doubt": _Look((0.72, 0.40, 0.0), 1.3, b"[4 2] 0 d"),
    "good": _Look((0.05, 0.50, 0.20), 0.5, b"[] 0 d", whole=False, filled=False),
    "aside": _Look((0.35, 0.35, 0.40), 0.7, b"[1 2] 0 d", filled=False),
}
LEGEND: tuple[tuple[Tone, str], ...] = (
    ("wrong", "实线框：与存档不符、签章不对或未见"),
    ("doubt", "虚线框：看不清，须由人看"),
    ("good", "细线：与存档一致、签章在"),
    ("aside", "点线框：机器不判"),
)


@dataclass(frozen=True, slots=True)
class Boxed:
    """A place on a side: its corners in pixels of the picture, how it is drawn, and its label ('' for none)."""

    corners: Corners
    tone: Tone
    label: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """A side with its boxes and the line above it."""

    sheet: Sheet
    caption: str
    boxes: Sequence[Boxed]


@dataclass(frozen=True, slots=True)
class Table:
    """A list of findings: heading, names and shares of the columns, rows with the tone of their last cell."""

    heading: str
    columns: Sequence[tuple[str, float]]
    rows: Sequence[tuple[Tone, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Report:
    """What the last pages say: verdict, reasons, facts (label, text), tables; `title` names the file."""

    title: str
    verdict: str
    tone: Tone
    reasons: Sequence[str]
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]


def picture(fonts: Fonts, report: Report, sides: Sequence[Marked]) -> bytes:
    """Write the PDF/A-2b; the same findings give the same bytes."""
    file, letters = Archival(report.title), Lettering(fonts)
    reserved = letters.reserve(file)
    for side in sides:
        _side(file, letters, reserved, side)
    for content in _Listing(letters, report).pages():
        file.page(A4, content, letters.resources(reserved))
    letters.embedded(file, reserved)
    return file.finish()


def _side(file: Archival, letters: Lettering, reserved: int, side: Marked) -> None:
    """A page with the side as large as it fits, upright or across as the side itself is."""
    sheet = side.sheet
    size = A4 if sheet.height >= sheet.width else A4[::-1]
    room = (size[0] - 2 * MARGIN, size[1] - HEAD - FOOT - MARGIN)
    scale = min(room[0] / sheet.width, room[1] / sheet.height)
    wide, high = sheet.width * scale, sheet.height * scale
    left, bottom = (size[0] - wide) / 2, size[1] - HEAD - high
    number = file.jpeg(sheet.jpeg, (sheet.width, sheet.height), gray=sheet.gray)
    head = letters.wrapped(side.caption, TEXT, size[0] - 2 * MARGIN)[:2]
    parts = [b"0 g"]
    parts += [
        letters.shown(line, (MARGIN, size[1] - HEAD + 6 + TEXT * LEADING * (len(head) - at)), TEXT)
        for at, line in enumerate(head, 1)
    ]
    parts.append(b"q %.3f 0 0 %.3f %.3f %.3f cm /P Do Q" % (wide, high, left, bottom))
    frame = (left, bottom, left + wide, bottom + high)
    boxes = [(_around(box.corners, scale, left, bottom + high), box) for box in side.boxes]
    parts += [_outlined(place, box.tone) for place, box in boxes]
    parts += _labels(letters, boxes, frame)
    parts += _legend(letters, (MARGIN, FOOT))
    file.page(size, b"\n".join(parts), b"/XObject<</P %d 0 R>>%s" % (number, letters.resources(reserved)))


def _around(corners: Corners, scale: float, left: float, top: float) -> Rectangle:
    xs, ys = [x * scale + left for x, _ in corners], [top - y * scale for _, y in corners]
    return (min(xs) - PAD, min(ys) - PAD, max(xs) + PAD, max(ys) + PAD)


def _outlined(place: Rectangle, tone: Tone) -> bytes:
    look = LOOKS[tone]
    left, bottom, right, top = place
    drawn = (
        b"%.2f %.2f %.2f %.2f re S" % (left, bottom, right - left, top - bottom)
        if look.whole
        else b"%.2f %.2f m %.2f %.2f l S" % (left, bottom + PAD, right, bottom + PAD)
    )
    return b"q %.2f w %s %.2f %.2f %.2f RG %s Q" % (look.line, look.dash, *look.colour, drawn)


def _labels(letters: Lettering, boxes: Sequence[tuple[Rectangle, Boxed]], frame: Rectangle) -> list[bytes]:
    """Write each label beside its box where it hides the least: what is wrong chooses first."""
    order = list(LOOKS)
    taken, parts = [place for place, box in boxes if box.tone in {"wrong", "doubt"}], []
    for place, box in sorted(
        (one for one in boxes if one[1].label), key=lambda one: order.index(one[1].tone)
    ):
        wide, high = letters.width(box.label, LABEL) + 2 * PAD, LABEL + 2 * PAD
        spot = min(
            _spots(place, wide, high, frame), key=lambda one: sum(_shared(one, other) for other in taken)
        )
        taken.append(spot)
        parts.append(_label(letters, spot, box))
    return parts


def _spots(place: Rectangle, wide: float, high: float, frame: Rectangle) -> list[Rectangle]:
    """The places for a label: above and below the box from its left or right edge, beside it, inside the frame."""
    left, bottom, right, top = place
    starts = [
        (left, top + GAP),
        (left, bottom - GAP - high),
        (right - wide, top + GAP),
        (right - wide, bottom - GAP - high),
        (right + GAP, bottom),
        (left - GAP - wide, bottom),
        (left, top + GAP + high),
        (left, bottom - GAP - 2 * high),
    ]
    spots = []
    for x, y in starts:
        x = max(min(x, frame[2] - wide), frame[0])  # noqa: PLW2901 - the same corner, moved into the frame
        y = max(min(y, frame[3] - high), frame[1])  # noqa: PLW2901
        spots.append((x, y, x + wide, y + high))
    return spots


def _shared(one: Rectangle, two: Rectangle) -> float:
    across = min(one[2], two[2]) - max(one[0], two[0])
    down = min(one[3], two[3]) - max(one[1], two[1])
    return across * down if across > 0 and down > 0 else 0.0


def _label(letters: Lettering, spot: Rectangle, box: Boxed) -> bytes:
    look = LOOKS[box.tone]
    left, bottom, right, top = spot
    ground = look.colour if look.filled else (1.0, 1.0, 1.0)
    ink = (1.0, 1.0, 1.0) if look.filled else look.colour
    return b"q %.2f %.2f %.2f rg %.2f %.2f %.2f %.2f re f %.2f %.2f %.2f rg %s Q" % (
        *ground,
        left,
        bottom,
        right - left,
        top - bottom,
        *ink,
        letters.shown(box.label, (left + PAD, bottom + PAD + LABEL * 0.14), LABEL),
    )


def _legend(letters: Lettering, at: tuple[float, float]) -> list[bytes]:
    x, y = at
    parts = []
    for tone, words in LEGEND:
        parts.append(_outlined((x, y - PAD, x + 14, y + SMALL), tone))
        parts.append(b"0 g " + letters.shown(words, (x + 18, y), SMALL))
        x += 18 + letters.width(words, SMALL) + 12
    return parts


class _Listing:
    """Sets the report, page after page, from top to bottom."""

    def __init__(self, letters: Lettering, report: Report) -> None:
        self._letters = letters
        self._report = report
        self._done: list[list[bytes]] = [[]]
        self._y = A4[1] - MARGIN
        self._wide = A4[0] - 2 * MARGIN

    def pages(self) -> list[bytes]:
        """Give the content of each page."""
        report = self._report
        self._line(report.title, TITLE)
        self._line(report.verdict, TITLE * 0.85, LOOKS[report.tone].colour)
        for reason in report.reasons:
            self._line(f"· {reason}", TEXT)
        self._y -= TEXT / 2
        for name, text in report.facts:
            self._row([(name, 0.16), (text, 0.84)], "aside", plain=True)
        for table in report.tables:
            self._table(table)
        return [b"\n".join(page) for page in self._done]

    def _table(self, table: Table) -> None:
        self._room(TEXT * LEADING * 4)
        self._y -= TEXT
        self._line(table.heading, TEXT * 1.2)
        shares = [share for _, share in table.columns]
        self._row(list(table.columns), "aside", plain=True)
        for tone, cells in table.rows:
            self._row(list(zip(cells, shares, strict=True)), tone)

    def _line(self, text: str, size: float, colour: tuple[float, float, float] = (0, 0, 0)) -> None:
        for line in self._letters.wrapped(text, size, self._wide):
            self._room(size * LEADING)
            self._y -= size * LEADING
            shown = self._letters.shown(line, (MARGIN, self._y), size)
            self._done[-1].append(b"%.2f %.2f %.2f rg %s" % (*colour, shown))

    def _row(self, cells: Sequence[tuple[str, float]], tone: Tone, *, plain: bool = False) -> None:
        """Write one row, as high as its fullest cell, and a rule under it; the last cell is in the tone's colour."""
        lines = [self._letters.wrapped(text, TEXT, share * self._wide - 2 * PAD) for text, share in cells]
        high = max(map(len, lines)) * TEXT * LEADING
        self._room(high + 2 * PAD)
        x = MARGIN
        for number, (cell, (_, share)) in enumerate(zip(lines, cells, strict=True), 1):
            colour = LOOKS[tone].colour if number == len(cells) and not plain else (0.0, 0.0, 0.0)
            for at, line in enumerate(cell, 1):
                shown = self._letters.shown(line, (x + PAD, self._y - at * TEXT * LEADING + PAD), TEXT)
                self._done[-1].append(b"%.2f %.2f %.2f rg %s" % (*colour, shown))
            x += share * self._wide
        self._y -= high + PAD
        self._done[-1].append(
            b"q 0.3 w 0.7 G %.2f %.2f m %.2f %.2f l S Q" % (MARGIN, self._y, MARGIN + self._wide, self._y)
        )

    def _room(self, high: float) -> None:
        if self._y - high < MARGIN:
            self._done.append([])
            self._y = A4[1] - MARGIN
