"""Stretches the rows of a form so that it fills its page, and leaves room for values of several lines."""

from dataclasses import replace

from templates.draft.spec import ROW_MM, Band, Line, Paper, Rows

ROOM_MM = 223.0  # what an A4 page has between the head and the notes, less the spare room for long values
NOTE_MM = 3.9
HEADS_MM = 7.0  # the row of a table's labels
_SEALED_MM = 44.0  # lower places have no seal; they stay as they are
_LINE_MM, _PLACE_MM, _TEXT_TIMES = 13.0, 66.0, 1.6  # the most a row, a place, a long text's row shall get


def stretched(paper: Paper, notes: int) -> Paper:
    """Give the paper with higher rows: first its lines, then its places, then its long texts."""
    spare = ROOM_MM - NOTE_MM * (notes + 1) - height(paper)
    lines = [line for band in paper.bands for line in band.lines if _is_line(line)]
    texts = [line for band in paper.bands for line in band.lines if _is_text(line)]
    places = [row for row in paper.places if row.height >= _SEALED_MM]
    line, spare = _share(spare, [(line.height, _LINE_MM) for line in lines])
    place, spare = _share(spare, [(row.height, _PLACE_MM) for row in places])
    text, spare = _share(spare, [(line.height, _TEXT_TIMES * line.height) for line in texts])
    bands = tuple(
        Band(band.heading, tuple(_grown(item, line, text) for item in band.lines)) for band in paper.bands
    )
    grown = tuple(replace(row, height=row.height + place) if row in places else row for row in paper.places)
    return replace(paper, bands=bands, places=grown)


def height(paper: Paper) -> float:
    """Give the least height of all rows in mm, each table with the paper's `rows`."""
    lines = [line for band in paper.bands for line in band.lines]
    tables = sum(HEADS_MM + line.height * (paper.rows - 1) for line in lines if isinstance(line, Rows))
    return sum(line.height for line in lines) + tables + sum(row.height for row in paper.places)


def _is_line(line: Line | Rows) -> bool:
    return isinstance(line, Line) and line.height <= ROW_MM


def _is_text(line: Line | Rows) -> bool:
    return isinstance(line, Line) and line.height > ROW_MM


def _share(spare: float, rows: list[tuple[float, float]]) -> tuple[float, float]:
    """Share what is left among rows of (height, highest): gives each row's part and what then is left."""
    if spare <= 0 or not rows:
        return 0.0, max(0.0, spare)
    part = min(spare / len(rows), max(highest - now for now, highest in rows))
    return round(part, 1), spare - part * len(rows)


def _grown(line: Line | Rows, by: float, text: float) -> Line | Rows:
    if isinstance(line, Rows):
        return line
    return replace(line, height=line.height + (text if _is_text(line) else by))
