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

RECIPE = "order"
"""Member of an archived layout that says what else the paper was printed from (see `recipe.told`)."""


def order_of(office: Office, reading: Reading, document: Document) -> Order:
    """The order of a stamped document, as it was.

    Raises Problem `not_reprintable` (409) when the form is defined otherwise by now, or its template is not kept:
    the same data could come out as other words.
    """
    get = office.archive.objects.get
    docx = reading.source_template(document.template_hash)
    layout: dict[str, Any] = json.loads(get(document.layout))
    form = office.catalogue.forms.get(document.form)
    if docx is None or RECIPE not in layout or form is None:
        raise _gone()
    source = TemplateSource(get(docx), document.template_hash)
    photos = {field.name for field in form.fields if field.type == "photo"}
    order = recipe.again(
        layout[RECIPE],
        form,
        source,
        data=document.data,
        serial=document.serial,
        code=document.code_text,
        photos={name: get(document.data[name]) for name in photos if document.data.get(name)},
    )
    if order.mark_places is None and hash_of(form, source.docx) != source.hash:
        raise _gone()
    return order


def differing(office: Office) -> Iterator[tuple[str, str]]:
    """Stamp every stamped paper again and compare the bytes: (code, serial) of each that is not the same.

    `reprint_differs` is a fault; `not_reprinted` says that it could not be tried: the form, the fonts or LibreOffice
    are others by now, or an object is damaged, which is told by itself.
    """
    with office.archive.read() as reading:
        stamped = [document for document in reading.documents() if document.tier == 1]
        for document in stamped:
            try:
                pdf = office.printer.again(order_of(office, reading, document), document.stamp)
            except (Problem, StorageError, TemplatesError):
                pdf = None
            if pdf is None:
                yield "not_reprinted", document.serial
            elif sha256_hex(pdf) != document.pdf:
                yield "reprint_differs", document.serial


def _gone() -> Problem:
    return Problem(
        "not_reprintable",
        409,
        "不能重新排版",
        "表样的定义已经改变，Word 文件不能再按当时的样子生成；请使用存档的 PDF。",
    )
