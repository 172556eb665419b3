"""Puts together the names a template may print: values, rows, wordings, pictures and marks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from templates import pieces
from templates.form import NUMBERED, Field
from templates.order import Order
from templates.pictures import ROW_MM, SIZE_MM, Photo, photo
from templates.sandbox import MarkFunction, Names, Shown, Wording
from templates.wording import copies_note

_SERIAL_GROUPS = (4, 8)


def context(
    order: Order, facts: Mapping[str, str], furniture: Mapping[str, str], pictures: Sequence[Photo] = ()
) -> dict[str, Any]:
    """Give what a template may name; `facts` are the printed texts, `furniture` see `furnished`."""
    form = order.form
    photos = {picture.name: picture for picture in pictures}
    raw, plain = asides(order, facts).values()
    beside = {
        "raw": Names(raw),
        "plain": Names({name: Shown(text, "plain", name) for name, text in plain.items()}),
    }
    values: dict[str, Any] = {}
    for field in form.fields:
        if field.type == "table":
            values[field.name] = _rows(order, field, facts, photos)
        elif field.type == "photo":
            values[field.name] = photos.get(field.name, "")
        elif field.name in facts:
            values[field.name] = Shown(facts[field.name], "value", field.name)
    notes = form.footnotes if order.footnotes is None else order.footnotes
    return {
        **beside,
        "text": Names({name: Wording(text) for name, text in {**form.texts, **order.texts}.items()}),
        "total": Names({table.name: _sums(order, table) for table in form.tables}),
        "footnotes": tuple(Wording(note) for note in notes),
        "piece": Names(
            {
                room: Shown(text, "value", pieces.whole(room))
                for room, text in pieces.pieces(facts, order.rooms).items()
            }
        ),
        **{name: Shown(text, "furniture", name) for name, text in furniture.items()},
        **values,
        "seal": MarkFunction(
            "seal", {block.id: block.seal_label for block in form.blocks if block.seal_label}
        ),
        "sign": MarkFunction(
            "sign", {block.id: block.sign_label for block in form.blocks if block.sign_label}
        ),
    }


def furnished(order: Order) -> dict[str, str]:
    """Give the texts that are no values: serial, title, attachment, authority, school, copies_note."""
    own = {"title": order.form.title, "attachment": "", "authority": "", "school": ""}
    return {**own, **order.furniture, "copies_note": copies_note(order.form), "serial": grouped(order.serial)}


def asides(order: Order, facts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Give what a template may use besides the marked values: `raw` for conditions, `plain` for repeats.

    `{% if raw.stage == 'S' %}` asks for a code, `{% if raw.rows %}` whether a table has rows;
    `{{ plain.paper_no }}` prints a value once more where it is not to be compared on the scan, such as
    under the seal over the cut line.
    """
    form, data = order.form, order.data
    raw = {field.name: data.get(field.name, "") for field in form.fields}
    counts = {table.name: str(form.rows(data, table.name) or "") for table in form.tables}
    plain = {name: text for name, text in facts.items() if "." not in name}
    return {"raw": {**raw, **counts, "stage": form.facts(data)["stage"]}, "plain": plain}


def _sums(order: Order, table: Field) -> Names:
    return Names({name: Shown(text, "plain", name) for name, text in _totals(order, table).items()})


def _totals(order: Order, table: Field) -> dict[str, str]:
    """Give what a table adds up to: its rows as `length`, and the sum of each column of whole numbers."""
    rows = order.form.rows(order.data, table.name)
    found = {"length": str(rows)}
    for column in table.columns:
        if column.type == "int" and column.name != NUMBERED:
            cells = (order.data.get(f"{table.name}.{row}.{column.name}", "") for row in range(1, rows + 1))
            found[column.name] = str(sum(int(cell or 0) for cell in cells))
    return found


def photos(order: Order) -> Iterator[Photo]:
    """Give the picture of each photo field and cell that has one; raises ValueRefused (see `pictures.photo`)."""
    for field in order.form.fields:
        if field.type == "photo" and field.printed:
            names = [field.name]
        else:
            columns = [column.name for column in field.columns if column.type == "photo" and column.printed]
            rows = range(1, order.form.rows(order.data, field.name) + 1) if columns else ()
            names = [f"{field.name}.{row}.{column}" for row in rows for column in columns]
        for name in names:
            if raw := order.data.get(name, ""):
                yield photo(name, raw, order.photos.get(name), SIZE_MM if name == field.name else ROW_MM)


def grouped(serial: str) -> str:
    """Write a serial in groups as people read it: XXXX-XXXX-XXXXX."""
    bare = serial.replace("-", "")
    first, second = _SERIAL_GROUPS
    return "-".join(part for part in (bare[:first], bare[first:second], bare[second:]) if part)


def _rows(
    order: Order, table: Field, facts: Mapping[str, str], photos: Mapping[str, Photo]
) -> tuple[Names, ...]:
    """Give a table's rows, blank ones up to `min_rows`."""
    filled = order.form.rows(order.data, table.name)
    rows = []
    for number in range(1, max(filled, table.min_rows) + 1):
        cells: dict[str, Any] = {}
        raw: dict[str, str] = {}
        for column in table.columns:
            name = f"{table.name}.{number}.{column.name}"
            raw[column.name] = order.data.get(name, "")
            if column.type == "photo":
                cells[column.name] = photos.get(name, "")
            else:
                cells[column.name] = Shown(facts.get(name, ""), "value", name)
        rows.append(Names({**cells, "raw": Names(raw)}))
    return tuple(rows)
