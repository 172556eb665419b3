"""How files of each media type end in a package, and which of them do not get smaller by packing."""

SUFFIXES = {
    "application/pdf": "pdf",
    "application/json": "json",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/heic": "heic",
}
DENSE = frozenset(SUFFIXES) - {"application/json", "image/tiff"}
