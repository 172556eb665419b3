"""Receive: upload → make safe → find the QR → register → read → compare → file, and what is left for a person."""

from service.receive.arrival import accept, original, result, scans
from service.receive.copies import make, searchable, thumbnail
from service.receive.deciding import decide
from service.receive.national import upload_profile
from service.receive.pictures import crop, record_crop, side
from service.receive.reading import fail, process
from service.receive.reviews import review, waiting
from service.receive.ticks import tick_mark

__all__ = [
    "accept",
    "crop",
    "decide",
    "fail",
    "make",
    "original",
    "process",
    "record_crop",
    "result",
    "review",
    "scans",
    "searchable",
    "side",
    "thumbnail",
    "tick_mark",
    "upload_profile",
    "waiting",
]
