"""Batches: a list → rows judged → numbers in order → papers, in chunks that any worker takes; followed and handed over."""

from service.issue.batch.asking import MAX_ROWS, BatchRequest, Line, line_from
from service.issue.batch.flow import Accepted, accept, cancel
from service.issue.batch.handing import Format, Order, content
from service.issue.batch.proving import counts as proof_counts
from service.issue.batch.steps import KIND, work
from service.issue.batch.table import lines_of
from service.issue.batch.telling import batches, counted, errors, errors_table, progress

__all__ = [
    "KIND",
    "MAX_ROWS",
    "Accepted",
    "BatchRequest",
    "Format",
    "Line",
    "Order",
    "accept",
    "batches",
    "cancel",
    "content",
    "counted",
    "errors",
    "errors_table",
    "line_from",
    "lines_of",
    "progress",
    "proof_counts",
    "work",
]
