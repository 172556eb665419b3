"""Renders the archived PDF of a document: the picture of what every value and line should look like."""

from functools import lru_cache

import cv2
import numpy as np

from intake.reading import MM_PER_INCH, STANDARD_DPI, Pixels
from intake.uploads import pages

KEPT = 8  # pages: a stack of scans often holds the pages of a few documents, 4 MB each


@lru_cache(maxsize=KEPT)
def rendered(pdf: bytes, page: int, width_mm: float, height_mm: float) -> Pixels:
    """Return page `page` (from 0) of our own archived PDF as gray pixels at STANDARD_DPI; read-only, shared.

    It is rendered in the decoder's child: pdfium must not run in two threads of one process. Raises
    UploadRefused when the archived bytes cannot be rendered, IndexError when there is no such page.
    """
    found = [picture.pixels for picture in pages(pdf, "pdf", only=page)]
    size = (round(width_mm * STANDARD_DPI / MM_PER_INCH), round(height_mm * STANDARD_DPI / MM_PER_INCH))
    gray = cv2.cvtColor(found[0], cv2.COLOR_BGR2GRAY)
    exact = cv2.resize(gray, size, interpolation=cv2.INTER_AREA) if gray.shape[::-1] != size else gray
    kept: Pixels = np.ascontiguousarray(exact, dtype=np.uint8)
    kept.flags.writeable = False
    return kept
