"""Chooses the sheet on which several papers of one size are printed at 100 % and where each of them stands.

Lengths are PDF points; places count from the top left as one reads, given by their lower left corner.
"""

from collections.abc import Iterator
from dataclasses import dataclass

Spot = tuple[float, float]
Size = tuple[float, float]

PER_SHEET = (1, 2, 4)
_MM = 72 / 25.4
_SHEETS = (
    (210 * _MM, 297 * _MM),
    (297 * _MM, 420 * _MM),
)  # ISO 216 A4, A3: what a school's or printer's machine takes
SLACK = 1.0
"""Point by which sizes count as equal: Word writes twentieths of a point, so two A4 are a hair wider than one A3."""
_MARK, _GAP = (
    12.0,
    4.0,
)  # a cut mark's length, and its distance from the paper: it is never on the paper itself
_THIN = 0.25


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with a grid of places of one size in its middle; `spots` are those of its front."""

    size: Size
    place: Size
    spots: tuple[Spot, ...]

    @property
    def turned(self) -> bool:
        """Tell whether a back stands upside down on the back of the sheet.

        The sheet is turned over its long edge, and a paper cut from it must be as if it had been printed alone and
        turned over its own long edge: where these edges lie across, the back is set the other way up.
        """
        return _upright(self.size) is not _upright(self.place)

    def behind(self, spot: Spot) -> Spot:
        """Give the place on the sheet's back that lies behind a place on its front."""
        (x, y), (width, height) = spot, self.place
        return (self.size[0] - x - width, y) if _upright(self.size) else (x, self.size[1] - y - height)

    def marks(self) -> bytes:
        """Draw short lines in the margins where the knife goes, as far as there is room; a content stream."""
        lines = b"".join(self._lines())
        return b"q %.2f w 0 G\n%bS Q\n" % (_THIN, lines) if lines else b""

    def _lines(self) -> Iterator[bytes]:
        (width, height), (wide, high) = self.size, self.place
        left, right = min(x for x, _ in self.spots), max(x for x, _ in self.spots) + wide
        bottom, top = min(y for _, y in self.spots), max(y for _, y in self.spots) + high
        if bottom > _GAP + _MARK:
            for x in sorted({x for x, _ in self.spots} | {right}):
                yield _line(x, bottom - _GAP, x, bottom - _GAP - _MARK)
                yield _line(x, top + _GAP, x, min(top + _GAP + _MARK, height))
        if left > _GAP + _MARK:
            for y in sorted({y for _, y in self.spots} | {top}):
                yield _line(left - _GAP, y, left - _GAP - _MARK, y)
                yield _line(right + _GAP, y, min(right + _GAP + _MARK, width), y)


def sheet_for(place: Size, per_sheet: int) -> Sheet:
    """Choose the sheet for `per_sheet` (1, 2, 4) papers of one size, edge to edge and never scaled.

    The first that holds them of A4 and A3, either way up, the grid as square as it can be; when neither does, a
    sheet of exactly their size.
    """
    grids = sorted(
        ((columns, per_sheet // columns) for columns in range(1, per_sheet + 1) if per_sheet % columns == 0),
        key=lambda grid: (abs(grid[0] - grid[1]), -grid[0]),
    )
    blocks = [(columns * place[0], rows * place[1]) for columns, rows in grids]
    for short, long in _SHEETS:
        for size in ((short, long), (long, short)):
            for grid, block in zip(grids, blocks, strict=True):
                if block[0] <= size[0] + SLACK and block[1] <= size[1] + SLACK:
                    return _laid(size, place, grid, block)
    squarest = min(range(len(blocks)), key=lambda at: max(blocks[at]))
    return _laid(blocks[squarest], place, grids[squarest], blocks[squarest])


def _laid(size: Size, place: Size, grid: tuple[int, int], block: Size) -> Sheet:
    left, top = (size[0] - block[0]) / 2, (size[1] + block[1]) / 2
    columns, rows = grid
    spots = (
        (left + column * place[0], top - (row + 1) * place[1])
        for row in range(rows)
        for column in range(columns)
    )
    return Sheet(size, place, tuple(spots))


def _upright(size: Size) -> bool:
    return size[0] <= size[1]


def _line(x: float, y: float, to_x: float, to_y: float) -> bytes:
    return b"%.3f %.3f m %.3f %.3f l\n" % (x, y, to_x, to_y)
