"""Archives: the files of schools and students in order — classes, 档号, what is missing, where the paper lies, who holds them."""

from service.archives.closing import Ending, close_school, closing_state
from service.archives.filing import NewItem, file_item
from service.archives.index import index
from service.archives.leaving import FORMATS, Format, package
from service.archives.places import PARTS, Place, put_location, show_locations

__all__ = [
    "FORMATS",
    "PARTS",
    "Ending",
    "Format",
    "NewItem",
    "Place",
    "close_school",
    "closing_state",
    "file_item",
    "index",
    "package",
    "put_location",
    "show_locations",
]
