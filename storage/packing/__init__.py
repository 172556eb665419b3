"""Packs permanent files for the road: as a BagIt bag or an OCFL storage root, both readable without this software."""

from storage.packing.bag import write_bag
from storage.packing.ocfl import write_ocfl
from storage.packing.parts import BAG, Folder, Kept, Made, Package, Version
from storage.packing.spool import Spool

__all__ = ["BAG", "Folder", "Kept", "Made", "Package", "Spool", "Version", "write_bag", "write_ocfl"]
