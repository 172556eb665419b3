"""Prints a template to see: its example, every field at its longest, and what stands in the way of seals and code."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from templates.errors import CodeUnreadable, ConverterBusy, ConverterFailed, DoesNotFit, TemplatesError
from templates.form import NUMBERED, Form
from templates.lint.finding import Finding, found
from templates.lint.room import crowded
from templates.longest import Case, groups
from templates.order import Order, Printed, TemplateSource
from templates.pictures import SIZE_MM
from templates.render import Printer, rehearse

CODE_TEXT = "HTTPS://YINZHENG.EXAMPLE/V/" + "A2B3C4D5" * 19
"""A QR text as long as ours: 179 characters give a symbol of version 8."""
MANY = 40
"""Rows of the second trial of a paper of any number of pages."""
SERIAL = "7K2M9QX4TB5DR"
_UNSURE = (ConverterBusy, ConverterFailed)  # says nothing about the template


def example(form: Form) -> Iterator[Finding]:
    """Judge example.json: it is there, it is JSON, and it fills every printed field."""
    if not form.example.is_file():
        yield found("example_missing", "example.json")
        return
    try:
        data = form.example_data()
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        yield found("example_wrong", "example.json", f"不是有效的 JSON（{type(problem).__name__}）")
        return
    for field in form.fields:
        if field.printed and field.type not in {"table", "photo", "map"} and field.name not in data:
            yield found("not_shown", "example.json", f"{field.name}（{field.label}）")
        if field.type == "table" and not form.rows(data, field.name):
            yield found("not_shown", "example.json", f"{field.name}（{field.label}）")


def rehearsed(form: Form, docx: bytes) -> Iterator[Finding]:
    """Fill the template with its example, all but LibreOffice."""
    try:
        filled = rehearse(form, CODE_TEXT, TemplateSource(docx, ""))
    except TemplatesError as problem:
        yield found("example_wrong", "example.json", problem.message_zh)
        return
    there = {(mark.kind, mark.name) for mark in filled.marks}
    for block in form.blocks:
        wanted = (("sign", block.sign_label), ("seal", block.seal_label)) if not block.when else ()
        if any(label and (kind, block.id) not in there for kind, label in wanted):
            yield found("place_hidden", "试填", f"{block.id}（{block.label}）")


def order(form: Form, docx: bytes, values: Mapping[str, str] | None = None) -> Order:
    """Order a trial print of a template: its example, some values replaced, photos drawn."""
    parts: dict[str, Any] = json.loads(form.example.read_text("utf-8"))
    data = {**form.example_data(), **(values or {})}
    from hashlib import sha256

    picture = _portrait()
    names = [field.name for field in form.fields if field.type == "photo" and field.printed]
    names += [
        f"{table.name}.{row}.{column.name}"
        for table in form.tables
        for column in table.columns
        if column.type == "photo"
        for row in range(1, form.rows(data, table.name) + 1)
    ]
    data |= dict.fromkeys(names, sha256(picture).hexdigest())
    furniture = {
        "authority": str(parts.get("authority", "")),
        "school": str(parts.get("school", {}).get("name", "")),
        "attachment": "附件12",
    }
    return Order(
        form,
        data,
        SERIAL,
        lambda pages: [CODE_TEXT] * pages,
        furniture,
        photos=dict.fromkeys(names, picture),
        template=TemplateSource(docx, f"trial {sha256(docx).hexdigest()}"),
    )


def printed(form: Form, docx: bytes, printer: Printer) -> Iterator[Finding]:
    """Print the example, many rows, and every field at its longest; look what is in the way of seals and code."""
    asked = order(form, docx)
    told = list(_shown(asked, printer, "试印"))
    if form.pages == 0 and not told:
        told += _shown(many_rows(asked), printer, f"试印{MANY}行")
    yield from told
    if not any(finding.severity == "error" for finding in told):
        yield from _too_long(asked, printer)


def many_rows(asked: Order) -> Order:
    """Order the same paper with MANY rows in its longest table: those of the example again and again."""
    form, data = asked.form, asked.data
    table = max(form.tables, key=lambda item: item.max_rows)
    rows = form.rows(data, table.name)
    columns = [column.name for column in table.columns if column.name != NUMBERED]
    more = {
        f"{table.name}.{row}.{column}": data[f"{table.name}.{(row - 1) % rows + 1}.{column}"]
        for row in range(1, (min(MANY, table.max_rows) if rows else 0) + 1)
        for column in columns
        if f"{table.name}.{(row - 1) % rows + 1}.{column}" in data
    }
    photos = {name: next(iter(asked.photos.values())) for name in more if form.field(name).type == "photo"}
    return replace(asked, data={**data, **more}, photos={**asked.photos, **photos})


def _shown(asked: Order, printer: Printer, where: str) -> Iterator[Finding]:
    """Print one order and judge the paper."""
    form = asked.form
    try:
        paper = printer.print(asked)
    except _UNSURE:
        raise
    except DoesNotFit as problem:
        names = "、".join(_label(form, name) for name in problem.names)
        names = names if problem.wanted in {0, problem.pages} else ""
        pages = f"规定 {problem.wanted} 页，印出 {problem.pages} 页"
        yield found("does_not_fit", where, names) if names else found("pages", where, pages)
    except CodeUnreadable as problem:
        yield found("code_unreadable", where, problem.message_zh)
    except TemplatesError as problem:
        yield found("not_printed", where, problem.message_zh)
    else:
        yield from crowded(form, paper)


def _too_long(asked: Order, printer: Printer) -> Iterator[Finding]:
    """Find the fields that do not fit at their longest: a few together, and each alone when those do not fit."""
    form = asked.form
    alone = [
        case
        for group in groups(form)
        if not _fits(asked, group, printer)
        for case in group
        if not _fits(asked, [case], printer)
    ]
    for name, _ in alone:
        yield found("does_not_fit", "填到最长", f"{name}（{_label(form, name)}）")
    fitting = [case for group in groups(form) for case in group if case not in alone]
    if not _fits(asked, fitting, printer):
        yield found("long_together", "填到最长")


def _fits(asked: Order, group: Sequence[Case], printer: Printer) -> bool:
    values = {name: value for _, case in group for name, value in case.items()}
    try:
        printer.print(replace(asked, data={**asked.data, **values}))
    except _UNSURE:
        raise
    except TemplatesError:
        return False
    return True


def _label(form: Form, name: str) -> str:
    head, _, column = name.partition(".")
    if not column or any(part.isdigit() for part in column.split(".")):
        return form.label(name)
    return f"{form.field(head).label}的{form.field(head).column(column).label}"


def _portrait() -> bytes:
    """Draw a picture in the size of a photo: a light blue ground with a shape on it."""
    from io import BytesIO

    from PIL import Image, ImageDraw

    wide, high = (side * 12 for side in SIZE_MM)
    picture = Image.new("RGB", (wide, high), (188, 214, 240))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((wide * 0.28, high * 0.18, wide * 0.72, high * 0.68), fill=(226, 190, 164))
    pen.ellipse((wide * 0.1, high * 0.7, wide * 0.9, high * 1.3), fill=(60, 74, 96))
    file = BytesIO()
    picture.save(file, "JPEG", quality=85, dpi=(300, 300))
    return file.getvalue()


__all__ = ("CODE_TEXT", "SERIAL", "Printed", "example", "order", "printed", "rehearsed")
