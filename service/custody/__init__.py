"""Custody passes: a file is handed over with its 移交清单, arrives, is checked four ways, and a signed receipt comes back."""

from service.custody.arriving import again, receive_here, take
from service.custody.following import bring_receipt, transfer, transfer_package, transfers
from service.custody.handing import Handover, open_transfer
from service.custody.knowing import know, known
from service.custody.receipts import read_receipt
from service.custody.telling import arrival, arrival_package, arrivals

__all__ = [
    "Handover",
    "again",
    "arrival",
    "arrival_package",
    "arrivals",
    "bring_receipt",
    "know",
    "known",
    "open_transfer",
    "read_receipt",
    "receive_here",
    "take",
    "transfer",
    "transfer_package",
    "transfers",
]
