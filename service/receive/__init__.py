"""Receive: upload → make safe → find the QR → register → read → compare → file."""

from service.receive.arrival import accept, original, result, scans
from service.receive.copies import make, searchable, thumbnail
from service.receive.national import upload_profile
from service.receive.reading import fail, process
from service.receive.ticks import tick_mark

__all__ = [
    "accept",
    "fail",
    "make",
    "original",
    "process",
    "result",
    "scans",
    "searchable",
    "thumbnail",
    "tick_mark",
    "upload_profile",
]
