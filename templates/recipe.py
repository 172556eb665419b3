"""Writes down what a paper was printed from besides its data, so that the same paper can be made again years later."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from templates.form import Form
from templates.layout import Box
from templates.order import MarkAt, Order, Room, TemplateSource


def told(order: Order) -> dict[str, Any]:
    """Give an order as plain JSON values, without data, code and pictures: these are kept by themselves."""
    form = order.form
    return {
        "furniture": dict(order.furniture),
        "texts": dict(order.texts),
        "footnotes": None if order.footnotes is None else list(order.footnotes),
        "size_mm": list(form.size_mm),
        "printed": [field.name for field in form.fields if field.printed],
        "places": None
        if order.mark_places is None
        else [[at.block, at.kind, list(at.box), at.page] for at in order.mark_places],
        "rooms": {name: [list(room.box), room.lines] for name, room in order.rooms.items()},
    }


def again(
    recipe: Mapping[str, Any],
    form: Form,
    template: TemplateSource,
    *,
    data: Mapping[str, str],
    serial: str,
    code: str,
    photos: Mapping[str, bytes],
) -> Order:
    """Build the order of a paper of one page back from what was `told`; KeyError or ValueError for anything else.

    `form` as the catalogue has it, `code` the text of its QR code, `photos` the JPEG of each photo field.
    """
    printed = set(recipe["printed"])
    fields = tuple(replace(field, printed=field.name in printed) for field in form.fields)
    width, height = recipe["size_mm"]
    places = recipe["places"]
    return Order(
        form=replace(form, fields=fields, size_mm=(width, height), pages=1, template_hash=template.hash),
        data=data,
        serial=serial,
        codes=lambda pages: [code] * pages,
        furniture=recipe["furniture"],
        texts=recipe["texts"],
        footnotes=recipe["footnotes"],
        photos=photos,
        template=template,
        mark_places=None if places is None else [MarkAt(at[0], at[1], _box(at[2]), at[3]) for at in places],
        rooms={name: Room(_box(box), lines) for name, (box, lines) in recipe["rooms"].items()},
    )


def _box(raw: Any) -> Box:
    left, top, right, bottom = raw
    return (left, top, right, bottom)
