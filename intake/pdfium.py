"""The few functions of pdfium that a decoder needs, called without the tenth of a second that its whole binding takes to load.

Imports nothing of ours, like the decoder that runs it. The library is the one installed with pypdfium2; names, argument
types and meanings are those of its public headers (fpdfview.h, fpdf_edit.h, fpdf_text.h).
"""

import ctypes
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

PASSWORD: Final = 4
"""FPDF_ERR_PASSWORD."""
_IMAGE, _FORM = 3, 5  # FPDF_PAGEOBJ_*
_BGR: Final = 2
_ANNOTATIONS: Final = 1
_PAPER: Final = 0xFFFFFFFF

_INT, _PTR, _FLOAT, _UINT = ctypes.c_int, ctypes.c_void_p, ctypes.c_float, ctypes.c_uint
_FLOATS, _UINTS, _DOUBLES = (ctypes.POINTER(kind) for kind in (_FLOAT, _UINT, ctypes.c_double))
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "FPDF_InitLibrary": (None, ()),
    "FPDF_LoadMemDocument64": (_PTR, (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p)),
    "FPDF_GetLastError": (ctypes.c_ulong, ()),
    "FPDF_GetSecurityHandlerRevision": (_INT, (_PTR,)),
    "FPDF_GetPageCount": (_INT, (_PTR,)),
    "FPDF_LoadPage": (_PTR, (_PTR, _INT)),
    "FPDF_ClosePage": (None, (_PTR,)),
    "FPDF_GetPageWidthF": (_FLOAT, (_PTR,)),
    "FPDF_GetPageHeightF": (_FLOAT, (_PTR,)),
    "FPDFBitmap_CreateEx": (_PTR, (_INT, _INT, _INT, _PTR, _INT)),
    "FPDFBitmap_FillRect": (_INT, (_PTR, _INT, _INT, _INT, _INT, ctypes.c_ulong)),
    "FPDFBitmap_Destroy": (None, (_PTR,)),
    "FPDF_RenderPageBitmap": (None, (_PTR, _PTR, _INT, _INT, _INT, _INT, _INT, _INT)),
    "FPDFPage_CountObjects": (_INT, (_PTR,)),
    "FPDFPage_GetObject": (_PTR, (_PTR, _INT)),
    "FPDFFormObj_CountObjects": (_INT, (_PTR,)),
    "FPDFFormObj_GetObject": (_PTR, (_PTR, ctypes.c_ulong)),
    "FPDFPageObj_GetType": (_INT, (_PTR,)),
    "FPDFPageObj_GetBounds": (_INT, (_PTR, _FLOATS, _FLOATS, _FLOATS, _FLOATS)),
    "FPDFImageObj_GetImageMetadata": (_INT, (_PTR, _PTR, _PTR)),
    "FPDFText_LoadPage": (_PTR, (_PTR,)),
    "FPDFText_CountChars": (_INT, (_PTR,)),
    "FPDFText_GetUnicode": (_UINT, (_PTR, _INT)),
    "FPDFText_GetCharBox": (_INT, (_PTR, _INT, _DOUBLES, _DOUBLES, _DOUBLES, _DOUBLES)),
}


class _Metadata(ctypes.Structure):
    """FPDF_IMAGEOBJ_METADATA."""

    _fields_ = (
        ("width", _UINT),
        ("height", _UINT),
        ("horizontal_dpi", _FLOAT),
        ("vertical_dpi", _FLOAT),
        ("bits_per_pixel", _UINT),
        ("colorspace", _INT),
        ("marked_content_id", _INT),
    )


class PdfiumError(Exception):
    """The library does not do what it was asked; `code` is its FPDF_ERR number, 0 where it gives none."""

    def __init__(self, what: str, code: int = 0) -> None:
        super().__init__(what)
        self.code = code


class Document:
    """A PDF in memory; raises PdfiumError when it cannot be opened."""

    def __init__(self, data: bytes) -> None:
        self._data = data  # the library reads from it as long as the document is open
        self._library = _library()
        self._handle = self._library.FPDF_LoadMemDocument64(data, len(data), None)
        if not self._handle or len(self) < 1:
            raise PdfiumError("not opened", int(self._library.FPDF_GetLastError()))

    def __len__(self) -> int:
        return int(self._library.FPDF_GetPageCount(self._handle))

    def __getitem__(self, number: int) -> "Page":
        return Page(self._library, self._handle, number)

    @property
    def is_encrypted(self) -> bool:
        """Tell whether a security handler guards it, though no password was asked for."""
        return int(self._library.FPDF_GetSecurityHandlerRevision(self._handle)) >= 0


class Page:
    """One page; sizes are in points."""

    def __init__(self, library: Any, document: Any, number: int) -> None:
        self._library = library
        self._handle = library.FPDF_LoadPage(document, number)
        if not self._handle:
            raise PdfiumError("no such page")

    @property
    def size(self) -> tuple[float, float]:
        """Return width and height."""
        return (
            self._library.FPDF_GetPageWidthF(self._handle),
            self._library.FPDF_GetPageHeightF(self._handle),
        )

    def close(self) -> None:
        """Give its memory back."""
        self._library.FPDF_ClosePage(self._handle)

    def draw(self, width: int, height: int) -> bytearray:
        """Draw it with its annotations on white, in so many pixels; gives BGR, three bytes a pixel, row after row."""
        pixels = bytearray(3 * width * height)
        memory = (ctypes.c_ubyte * len(pixels)).from_buffer(pixels)
        bitmap = self._library.FPDFBitmap_CreateEx(width, height, _BGR, memory, 3 * width)
        if not bitmap:
            raise PdfiumError("no bitmap")
        self._library.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _PAPER)
        self._library.FPDF_RenderPageBitmap(bitmap, self._handle, 0, 0, width, height, 0, _ANNOTATIONS)
        self._library.FPDFBitmap_Destroy(bitmap)
        return pixels

    def images(self, depth: int) -> Iterator[tuple[float, int, int, int]]:
        """Yield area (square points), width and height in pixels and bits a pixel of each image, in forms down to a depth too."""
        library = self._library
        yield from self._images(
            library.FPDFPage_CountObjects, library.FPDFPage_GetObject, self._handle, depth
        )

    def _images(self, count: Any, get: Any, parent: Any, depth: int) -> Iterator[tuple[float, int, int, int]]:
        library = self._library
        for k in range(count(parent)):
            item = get(parent, k)
            kind = library.FPDFPageObj_GetType(item) if item else 0
            if kind == _IMAGE:
                left, bottom, right, top = (_FLOAT() for _ in range(4))
                told = _Metadata()
                if not library.FPDFPageObj_GetBounds(item, left, bottom, right, top):
                    raise PdfiumError("an image without bounds")
                if not library.FPDFImageObj_GetImageMetadata(item, self._handle, ctypes.byref(told)):
                    raise PdfiumError("an image without size")
                area = (right.value - left.value) * (top.value - bottom.value)
                yield area, told.width, told.height, told.bits_per_pixel
            elif kind == _FORM and depth > 1:
                inner = library.FPDFFormObj_CountObjects, library.FPDFFormObj_GetObject
                yield from self._images(*inner, item, depth - 1)

    def letters(self, most: int) -> Iterator[tuple[int, tuple[float, float, float, float]]]:
        """Yield each character's code unit and its box: left, bottom, right, top in points from the bottom left."""
        library = self._library
        text = library.FPDFText_LoadPage(self._handle)
        if not text:
            raise PdfiumError("no text")
        edges = [ctypes.c_double() for _ in range(4)]
        for k in range(min(library.FPDFText_CountChars(text), most)):
            if not library.FPDFText_GetCharBox(text, k, *edges):
                raise PdfiumError("a letter without a box")
            left, right, bottom, top = (edge.value for edge in edges)
            yield int(library.FPDFText_GetUnicode(text, k)), (left, bottom, right, top)


def _library() -> Any:
    """Load the library; its one caller opens one document in a process's life."""
    found = importlib.util.find_spec("pypdfium2_raw")
    folders = list(found.submodule_search_locations or []) if found else []
    files = [file for folder in folders for file in sorted(Path(folder).glob("libpdfium.*"))]
    library = ctypes.CDLL(str(files[0]))
    for name, (gives, takes) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = gives, takes
    library.FPDF_InitLibrary()
    return library
