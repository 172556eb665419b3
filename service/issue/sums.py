"""The sums a register prints: filled in when the request leaves them out, objected to when they are wrong."""

from collections.abc import Callable, Iterator, Mapping

from service.errors import Objection
from service.issue.compiling import COMPLETED, GRADUATED, INCOMPLETE, span
from templates.form import Form

Values = Mapping[str, str]
INCOMING = ("admitted", "moved_in", "resumed", "other_in")
OUTGOING = ("graduated", "moved_out", "suspended", "withdrawn", "dropped", "other_out")
"""Columns of the term report's matrix that add to, and take from, the opening number (art. 7)."""


def summed(form: Form, values: Values) -> tuple[dict[str, str], list[Objection]]:
    """The values with every sum that follows from the rows, and each given sum that contradicts them.

    What cannot be summed (a count that is no number) is left out here: its own objection says so.
    """
    expected = {} if form.name not in SUMS else dict(SUMS[form.name](form, values))
    found = [
        Objection(
            name,
            "sum_differs",
            f"{form.label(name)}（{name}）与所列各行不符；请改正，或删去由系统计算",
            form.articles[0],
        )
        for name, text in expected.items()
        if values.get(name, text) != text and not _covers(form, name, values[name], text)
    ]
    return {**expected, **values}, found


def _covers(form: Form, name: str, given: str, text: str) -> bool:
    """Tell whether a range of numbers is told in other words: it must name the first and the last."""
    if form.field(name).type != "string":
        return False
    first, _, last = text.partition("（")[0].partition("—")
    return first in given and last in given


def _class_roster(form: Form, values: Values) -> Iterator[tuple[str, str]]:
    """Art. 13: the size of a class is what its roster lists."""
    if rows := form.rows(values, "rows"):
        yield "head_count", str(rows)


def _graduate_roster(form: Form, values: Values) -> Iterator[tuple[str, str]]:
    """Arts. 34 and 36: by conclusion, who has not got a paper, and the numbers given out."""
    rows = range(1, form.rows(values, "rows") + 1)
    if not rows:
        return
    kinds = [values.get(f"rows.{row}.conclusion") for row in rows]
    counts = {"graduated": GRADUATED, "completed": COMPLETED, "incomplete": INCOMPLETE}
    for name, code in counts.items():
        yield f"totals.1.{name}", str(kinds.count(code))
    left = sum(kinds.count(code) for code in counts.values())
    due = _number(values.get("totals.1.due", str(len(kinds))))
    if due is not None and due >= left:
        yield "totals.1.due", str(due)
        yield "totals.1.unissued", str(due - left)
    numbers = [
        values[name]
        for row, kind in zip(rows, kinds, strict=True)
        if kind == GRADUATED and (name := f"rows.{row}.certificate_no") in values
    ]
    if numbers:
        yield "no_range", span(numbers)


def _enrolment_change_register(form: Form, values: Values) -> Iterator[tuple[str, str]]:
    """Arts. 6 and 7: opening plus increase less decrease."""
    opening = _number(values.get("opening", ""))
    plus, minus = _column(form, values, "plus", "count"), _column(form, values, "minus", "count")
    if opening is not None and plus is not None and minus is not None and opening + plus >= minus:
        yield "closing", str(opening + plus - minus)


def _term_change_report(form: Form, values: Values) -> Iterator[tuple[str, str]]:
    """Art. 7: the same for each school of the report."""
    for row in range(1, form.rows(values, "matrix") + 1):
        start = f"matrix.{row}."
        opening = _number(values.get(start + "opening", ""))
        came, went = (
            [_number(values.get(start + name, "0")) for name in names] for names in (INCOMING, OUTGOING)
        )
        if opening is None or None in came or None in went:
            continue
        closing = opening + sum(map(int, filter(None, came))) - sum(map(int, filter(None, went)))
        if closing >= 0:
            yield start + "closing", str(closing)


def _archive_transfer_list(form: Form, values: Values) -> Iterator[tuple[str, str]]:
    """Art. 22: how many items and pages are handed over."""
    rows = form.rows(values, "rows")
    if not rows:
        return
    files = _column(form, values, "rows", "files")
    if files is not None:
        yield "totals.1.items", str(files or rows)
    pages = _column(form, values, "rows", "pages")
    if pages:
        yield "totals.1.pages", str(pages)


SUMS: Mapping[str, Callable[[Form, Values], Iterator[tuple[str, str]]]] = {
    "class_roster": _class_roster,
    "graduate_roster": _graduate_roster,
    "enrolment_change_register": _enrolment_change_register,
    "term_change_report": _term_change_report,
    "archive_transfer_list": _archive_transfer_list,
}


def _column(form: Form, values: Values, table: str, column: str) -> int | None:
    """The sum of a column, empty cells counting nothing; None when a cell is no number."""
    cells = [
        _number(values.get(f"{table}.{row}.{column}", "0")) for row in range(1, form.rows(values, table) + 1)
    ]
    return None if None in cells else sum(map(int, filter(None, cells)))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None
