"""Drafts what ends a roster: totals, places to sign and seal, notes, together on one page."""

from collections.abc import Mapping, Sequence
from typing import Any

from templates.draft.flow import LABEL_PT, RULE, mixed
from templates.draft.grid import Row, Slot, build
from templates.draft.heads import foot
from templates.draft.paper import CENTRE, LEFT, RIGHT, SONG, shape, write
from templates.draft.spec import Place, PlaceRow

_DATE = "年　　月　　日"
_TOTALS, _HEADING = 7.4, 6.4  # heights in mm
_SEAL, _SIGN, _SIGN_ONLY = 44.0, 36.0, 80.0  # widths in mm: for a seal, a signature beside one, one alone
_BESIDE = 60.0  # room that must be left of a signature for it to stand beside the text, not below it
_LOW = 34.0  # a place lower than this has its signature right below what is confirmed
_USUAL = 45.0  # the height for which the spaces below are made
_NONE = "0 auto"  # no rule
_PAD = (1.5, 1.5)
_PT = 72 / 25.4


def close(
    document: Any, width: float, rows: Sequence[PlaceRow], blocks: Mapping[str, Any], totals: str
) -> None:
    """Add all of it inside one row that cannot split; `blocks` are the raw blocks of form.toml by id.

    Headings stand above their places: LibreOffice now and then loses upright text in a table in a table.
    """
    outer = build(document, (Row(20, (Slot(width, "close", middle=False, pad=(0.0, 0.0)),)),))["close"]
    made = [Row(_TOTALS, (Slot(width, "totals", pad=(1.5, 0.6)),))] if totals else []
    made += [part for row in rows for part in _rows(row, width, blocks)]
    if made:
        shape(outer.paragraphs[0], line=1, exact=True)
        cells = build(outer, made, rule=RULE)
        if totals:
            mixed(shape(cells["totals"].paragraphs[0], LEFT, line=13), totals)
        for row in rows:
            for place in row.places:
                _fill(cells, place, row.height, blocks[place.block])
        shape(outer.paragraphs[-1], line=3, exact=True)
    foot(outer)


def _rows(row: PlaceRow, width: float, blocks: Mapping[str, Any]) -> tuple[Row, Row]:
    """Share a row evenly among its places: a row of headings, a row to write, sign and seal in."""
    each = round(width / len(row.places), 2)
    heads = tuple(Slot(each, f"{place.block} heading") for place in row.places)
    slots: list[Slot] = []
    for place in row.places:
        name = place.block
        sealed = bool(blocks[name].get("seal"))
        text = round(each - (_SEAL if sealed else 0.0), 2)
        edges = f"right {_NONE}" if sealed else ""
        sign = _SIGN if sealed else _SIGN_ONLY
        if text - sign >= _BESIDE:
            wide = round(text - sign, 2)
            slots.append(Slot(wide, f"{name} text", f"right {_NONE}", middle=False, pad=_PAD))
            both = f"left {_NONE}" + (f", {edges}" if edges else "")
            slots.append(Slot(sign, f"{name} sign", both, middle=False, pad=_PAD))
        else:
            slots.append(Slot(text, f"{name} text", edges, middle=False, pad=_PAD))
        if sealed:
            slots.append(Slot(_SEAL, f"{name} seal", f"left {_NONE}", middle=False, pad=_PAD))
    return Row(_HEADING, heads), Row(row.height, tuple(slots))


def _fill(cells: Mapping[str, Any], place: Place, height: float, block: Mapping[str, Any]) -> None:
    name = place.block
    heading = shape(cells[f"{name} heading"].paragraphs[0], CENTRE, line=12)
    write(heading, place.heading or block["label"], SONG, LABEL_PT)
    text = cells[f"{name} text"]
    apart = cells.get(f"{name} sign")
    space = 10.0 if height < _LOW else 36 + (height - _USUAL) * _PT
    write(shape(text.paragraphs[0], LEFT, line=14, after=0 if apart else space), place.asked, SONG, 9)
    signed = apart or text
    if apart is not None:
        shape(apart.paragraphs[0], LEFT, line=14, after=space)
    if height >= _LOW:
        write(shape(signed.add_paragraph(), LEFT, line=13), place.signer, SONG, LABEL_PT)
    paragraph = shape(signed.add_paragraph(), LEFT, line=13)
    if height < _LOW:
        write(paragraph, place.signer, SONG, LABEL_PT)
    write(paragraph, f"{{{{ sign('{name}') }}}}", SONG, LABEL_PT)
    if not block.get("seal"):
        write(shape(signed.add_paragraph(), RIGHT, before=10, line=13), _DATE, SONG, LABEL_PT)
        return
    seal = cells[f"{name} seal"]
    spare = (height - _USUAL) * _PT / 2
    label = shape(seal.paragraphs[0], CENTRE, before=54 + spare, line=13, after=36 + spare)
    write(label, f"{{{{ seal('{name}') }}}}", SONG, LABEL_PT)
    write(shape(seal.add_paragraph(), RIGHT, line=13), _DATE, SONG, LABEL_PT)
