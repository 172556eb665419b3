"""Drafts the frame of a certificate's photo: 26 × 32 mm, the picture when there is one, else where to glue it."""

from typing import Any

from templates.draft.grid import Row, Slot, build
from templates.draft.paper import CENTRE, SONG, shape, write

SIZE_MM = (26.0, 32.0)
_LINE = "0.5 808080"
_HINT_COLOUR = "606060"


def frame(cell: Any, *, left: float = 0.0) -> None:
    """Add the frame to a cell, `left` mm from its edge; the cell's last paragraph then stands below it."""
    edges = ", ".join(f"{edge} {_LINE}" for edge in ("top", "left", "bottom", "right"))
    slot = Slot(SIZE_MM[0], "photo", edges=edges, pad=(0.0, 0.0))
    box = build(cell, (Row(SIZE_MM[1], (slot,)),), left=left)["photo"]
    shape(box.paragraphs[0], CENTRE).add_run("{%p if raw.photo %}")
    write(shape(box.add_paragraph(), CENTRE), "{{ photo }}", SONG, 1)  # small: no room below the picture
    box.add_paragraph().add_run("{%p else %}")
    write(shape(box.add_paragraph(), CENTRE), "贴照片处", SONG, 9, colour=_HINT_COLOUR, gap=1)
    box.add_paragraph().add_run("{%p endif %}")
