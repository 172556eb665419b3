"""A checked order on its way to the paper: its texts, its photos, its template, all that both ways of printing need."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from templates import naming
from templates.characters import cleaned
from templates.errors import CodeUnreadable, GlyphMissing
from templates.fonts import Fonts
from templates.form import Form
from templates.naming import context, furnished
from templates.order import Order, TemplateSource
from templates.pictures import Photo
from templates.wording import printed

_TEMPLATES_KEPT = 64  # of at most 8 MB, usually 60 KB


@dataclass(frozen=True, slots=True)
class Job:
    """An order with what follows from it.

    `facts` are the printed texts by flat name, `furniture` the texts that are no values, `context` the names a
    template may print, `special` the characters that need a font of their own, with that font.
    """

    order: Order
    facts: Mapping[str, str]
    furniture: Mapping[str, str]
    photos: tuple[Photo, ...]
    special: Mapping[str, str]
    source: TemplateSource
    context: Mapping[str, Any]

    @classmethod
    def of(cls, order: Order, fonts: Fonts) -> "Job":
        """Check an order. Raises ValueRefused, GlyphMissing."""
        form = order.form
        facts = cleaned(form, printed(form, order.data))
        furniture = furnished(order)
        _prove_glyphs(order, fonts, facts, furniture)
        photos = tuple(naming.photos(order))
        special = fonts.special("".join((*facts.values(), *furniture.values())))
        source = order.template or own_template(order)
        return cls(order, facts, furniture, photos, special, source, context(order, facts, furniture, photos))

    def codes(self, pages: int) -> tuple[str, ...]:
        """Ask for the QR text of each page; raises CodeUnreadable when there are too few or too many."""
        texts = tuple(self.order.codes(pages))
        if len(texts) != pages:
            raise CodeUnreadable(f"{pages} 页纸要 {pages} 个二维码，给了 {len(texts)} 个")
        return texts


def own_template(order: Order) -> TemplateSource:
    """The template of the form's own folder."""
    return TemplateSource(_bytes(order.form.template, order.form.template_hash), order.form.template_hash)


@lru_cache(_TEMPLATES_KEPT)
def _bytes(path: Path, _template_hash: str) -> bytes:
    return path.read_bytes()


def legible(form: Form, data: Mapping[str, str], fonts: Fonts) -> None:
    """Look whether a paper's values can be printed at all, its number aside; raises ValueRefused, GlyphMissing."""
    number = {} if form.number_field is None else {form.number_field: data.get(form.number_field) or "0"}
    facts = cleaned(form, printed(form, {**data, **number}))
    if fonts.missing("".join(facts.values())):
        for name, text in facts.items():
            if missing := fonts.missing(text):
                raise GlyphMissing(name, missing)


def _prove_glyphs(order: Order, fonts: Fonts, facts: Mapping[str, str], furniture: Mapping[str, str]) -> None:
    """Refuse what the pinned fonts cannot show before LibreOffice could replace it silently."""
    notes = order.form.footnotes if order.footnotes is None else order.footnotes
    wordings = {**order.form.texts, **order.texts, "footnotes": "".join(notes)}
    if not fonts.missing("".join((*facts.values(), *furniture.values(), *wordings.values()))):
        return
    for name, text in (*facts.items(), *furniture.items(), *wordings.items()):
        if missing := fonts.missing(text):
            raise GlyphMissing(name, missing)
