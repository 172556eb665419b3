"""A permanent file on its way out: packed with everything that is needed to read and to prove it without this software."""

from service.archives.leaving.packing import (
    CONTENT,
    FORMATS,
    Format,
    Ordered,
    ordered_students,
    package,
    written,
)

__all__ = ["CONTENT", "FORMATS", "Format", "Ordered", "ordered_students", "package", "written"]
