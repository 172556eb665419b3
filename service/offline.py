"""Verify without server, network or data folder: a code, the key file, a status list, a checkpoint, perhaps a proof.

Only what was signed is believed. `genuine` needs a paper that stands among the effective ones, in the long list or by
a proof out of the log; `cannot_check` says what is missing or too old. What ended stays ended, however old the list.
"""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from service.signing import SLIP, BadCode, BadNote, PublicKeys, Token
from service.signing.published import Checkpoint, StatusList, read_checkpoint
from storage.log import leaf_hash, verify_inclusion

MAX_AGE = timedelta(days=31)
"""A list or checkpoint of last month's end still serves: whoever needs it fresher asks for less, or asks online."""
AHEAD = timedelta(days=1)
"""A signed time may lie so far in the future: clocks differ, and more than that means that one of them is wrong."""


@dataclass(frozen=True, slots=True)
class Offline:
    """What an offline verifier has at hand; `proof` is the JSON of GET /v1/log/proof/{serial}, taken from the log before."""

    keys: PublicKeys
    listed: StatusList | None = None
    checkpoint: Checkpoint | None = None
    proof: dict[str, Any] | None = None
    max_age: timedelta = MAX_AGE


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict of design.md §4.3 with its reasons, what the signed code says, and as of when (None without a list)."""

    verdict: str
    reasons: tuple[str, ...]
    token: Token | None
    as_of: datetime | None = None


def verify(have: Offline, text: str, now: datetime) -> Answer:
    """Verify the text of a QR code by what is at hand."""
    try:
        token = have.keys.check(text)
    except BadCode as bad:
        return Answer("cannot_check" if bad.reason == "unknown_key" else "unknown", (bad.reason,), None)
    if token.kind == SLIP:
        return Answer("unknown", ("cover_sheet",), token)
    if have.listed is None:
        return Answer("cannot_check", ("no_status_list",), token)
    answer = _answered(have, have.listed, token, now)
    return replace(answer, as_of=datetime.fromtimestamp(have.listed.time, UTC))


def _answered(have: Offline, listed: StatusList, token: Token, now: datetime) -> Answer:
    for ended in ("revoked", "superseded"):
        if token.serial in listed.sets[ended]:
            return Answer(ended, (), token)
    reason = _too_old(have, listed, now) or _split(listed, have.checkpoint)
    if reason is not None:
        return Answer("cannot_check", (reason,), token)
    effective = listed.sets.get("effective")
    if effective is not None and token.serial in effective:
        return Answer("genuine", (), token)
    if have.proof is not None:
        good = _proved(have.keys, have.proof, token)
        return Answer("genuine", (), token) if good else Answer("cannot_check", ("bad_proof",), token)
    return Answer("cannot_check", ("not_listed" if effective is not None else "short_list",), token)


def _too_old(have: Offline, listed: StatusList, now: datetime) -> str | None:
    """What of the list and the checkpoint is missing or too old, or signed in a future that is not near."""
    if have.checkpoint is None:
        return "no_checkpoint"
    if have.checkpoint.time is None:
        return "checkpoint_too_old"
    for what, seconds in (("list", listed.time), ("checkpoint", have.checkpoint.time)):
        age = now - datetime.fromtimestamp(seconds, UTC)
        if age > have.max_age:
            return f"{what}_too_old"
        if age < -AHEAD:
            return "clock_wrong"
    return None


def _split(listed: StatusList, checkpoint: Checkpoint | None) -> str | None:
    """Whether list and checkpoint cannot be of one log: that would prove that somebody is shown another one."""
    if checkpoint is not None and checkpoint.size == listed.size and checkpoint.root != listed.root:
        return "log_split"
    return None


def _proved(keys: PublicKeys, proof: dict[str, Any], token: Token) -> bool:
    """Tell whether a proof out of the log shows that this very paper became effective; its checkpoint is signed too."""
    try:
        head = read_checkpoint(keys, proof["checkpoint"])
        leaf = next(one for one in proof["status"] if one["kind"] == "effective")
        said = json.loads(leaf["payload"])
        path = [base64.b64decode(node, validate=True) for node in leaf["path"]]
        about = (said["kind"], said["serial"]) == (
            "effective",
            sha256(token.serial.encode("ascii")).hexdigest(),
        )
        found = leaf_hash(leaf["payload"].encode("utf-8"))
        return about and verify_inclusion(found, int(leaf["index"]), head.size, path, head.root)
    except (BadNote, StopIteration, ValueError, KeyError, TypeError, AttributeError):
        return False
