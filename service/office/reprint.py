"""Puts together what a stamped paper was printed from, out of the archive alone."""

import json
from collections.abc import Iterator
from typing import Any

from service.errors import Problem
from service.office.desk import Office
from service.signing import sha256_hex
from storage.archive import Reading
from storage.errors import StorageError
from storage.records import Document
from templates import recipe
from templates.catalogue import hash_of
from templates.errors import TemplatesError
from templates.order import Order, TemplateSource

AT_ONCE = 200
"""Papers compared between two looks at the database: what is written meanwhile waits for the end of a look."""
RECIPE = "order"
"""Member of an archived layout that says what else the paper was printed from (see `recipe.told`)."""


def order_of(office: Office, reading: Reading, document: Document) -> Order:
    """The order of a stamped document, as it was.

    Raises Problem `not_reprintable` (409) when the form is defined otherwise by now, or its template is not kept:
    the same data could come out as other words.
    """
    get = office.archive.objects.get
    docx = reading.source_template(document.template_hash)
    form = office.catalogue.forms.get(document.form)
    if docx is None or form is None:
        raise _gone()
    source = TemplateSource(get(docx), document.template_hash)
    photos = {field.name for field in form.fields if field.type == "photo"}
    pictures = {name: get(document.data[name]) for name in photos if document.data.get(name)}
    try:
        layout: dict[str, Any] = json.loads(get(document.layout))
        order = recipe.again(
            layout[RECIPE],
            form,
            source,
            data=document.data,
            serial=document.serial,
            code=document.code_text,
            photos=pictures,
        )
    except (LookupError, AttributeError, TypeError, ValueError):  # another version of this program wrote it
        raise _gone() from None
    if order.mark_places is None and hash_of(form, source.docx) != source.hash:
        raise _gone()
    return order


def differing(office: Office) -> Iterator[tuple[str, str]]:
    """Stamp every stamped paper again and compare the bytes: (code, serial) of each that is not the same.

    `reprint_differs` is a fault; `not_reprinted` says that it could not be tried: the form, the fonts or LibreOffice
    are others by now, or an object is damaged, which is told by itself.
    """
    with office.archive.read() as reading:
        stamped = reading.stamped()
    for start in range(0, len(stamped), AT_ONCE):
        some = stamped[start : start + AT_ONCE]
        with office.archive.read() as reading:
            orders = [(reading.document(serial), _order_or_none(office, reading, serial)) for serial in some]
        for document, order in orders:
            pdf = None if order is None else _again(office, document, order)
            if pdf is None:
                yield "not_reprinted", document.serial
            elif sha256_hex(pdf) != document.pdf:
                yield "reprint_differs", document.serial


def _order_or_none(office: Office, reading: Reading, serial: str) -> Order | None:
    try:
        return order_of(office, reading, reading.document(serial))
    except (Problem, StorageError):
        return None


def _again(office: Office, document: Document, order: Order) -> bytes | None:
    """The same paper once more, None when what it was stamped from is not there any more."""
    try:
        return office.printer.again(order, document.stamp)
    except TemplatesError:
        return None


def _gone() -> Problem:
    return Problem(
        "not_reprintable",
        409,
        "不能重新排版",
        "表样的定义已经改变，Word 文件不能再按当时的样子生成；请使用存档的 PDF。",
    )
