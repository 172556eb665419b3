"""Custody passes: a file is handed over with its 移交清单, arrives, is checked four ways, and a signed receipt comes back."""

from service.custody.arriving import accept, accept_again, accept_here, again, begun, receive_here, take, work
from service.custody.desk import waiting
from service.custody.filing import Waits
from service.custody.following import bring_receipt, transfer, transfer_package, transfers
from service.custody.handing import Handover, open_transfer
from service.custody.knowing import know, known
from service.custody.receipts import read_receipt
from service.custody.telling import JOB, arrival, arrival_package, arrivals, set_aside

__all__ = [
    "JOB",
    "Handover",
    "Waits",
    "accept",
    "accept_again",
    "accept_here",
    "again",
    "arrival",
    "arrival_package",
    "arrivals",
    "begun",
    "bring_receipt",
    "know",
    "known",
    "open_transfer",
    "read_receipt",
    "receive_here",
    "set_aside",
    "take",
    "transfer",
    "transfer_package",
    "transfers",
    "waiting",
    "work",
]
