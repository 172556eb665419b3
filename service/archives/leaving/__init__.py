"""A permanent file on its way out: packed with everything that is needed to read and to prove it without this software."""

from service.archives.leaving.packing import FORMATS, Format, Ordered, gathered, package, written

__all__ = ["FORMATS", "Format", "Ordered", "gathered", "package", "written"]
