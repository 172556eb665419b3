"""真实性: a known installation signed it, and each entry and paper is the one that its log committed to."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.custody.checks.completeness import digest_of
from service.custody.checks.nouns import Bag, Difference, as_object, member
from service.custody.knowing import Known, opened
from service.signing import BadNote
from service.signing.published import Checkpoint, read_checkpoint
from storage.committed import row_digest
from storage.log import leaf_hash, verify_inclusion
from storage.packing.bag import MANIFEST, SIGNATURE

CHECKPOINT = "data/checkpoint.txt"


def authenticity(bag: Bag, known: Sequence[Known], org: str) -> Iterator[Difference]:
    """Every claim of the package that no known key or log bears out; `org` is who takes it over."""
    text = bag.text(SIGNATURE)
    if text is None:
        yield Difference("signature_missing", SIGNATURE)
        return
    try:
        signer, note = opened(known, text)
    except BadNote as bad:
        code = "unknown_key" if bad.reason == "unknown_key" else "bad_signature"
        yield Difference(code, SIGNATURE)
        return
    if note.lines[1:] != ["bagit", digest_of(bag, MANIFEST)]:
        yield Difference("signature_differs", SIGNATURE)
    if bag.transfer and member(bag.transfer, "receiver", "code") != org:
        yield Difference("not_for_us", "data/package.json")
    if bag.transfer and str(member(bag.transfer, "sender", "code")) not in signer.units:
        yield Difference("not_their_unit", "data/package.json")
    head = _head(bag, signer)
    if head is None:
        yield Difference("checkpoint_bad", CHECKPOINT)
        return
    for one in bag.folders:
        yield from _folder(bag, one["folder"], head)


def _head(bag: Bag, signer: Known) -> Checkpoint | None:
    try:
        head = read_checkpoint(signer.keys, bag.text(CHECKPOINT) or "")
    except BadNote:
        return None
    same = head.origin == member(bag.told, "log", "origin")
    return head if same and head.origin.partition("/")[0] == signer.name else None


def _folder(bag: Bag, folder: str, head: Checkpoint) -> Iterator[Difference]:
    owner = bag.json(f"data/{folder}/file.json").get("owner")
    serials = set()
    for one in bag.entries(folder):
        row, leaf = member(one, "entry"), member(one, "leaf")
        about = f"data/{folder}/{one.get('file', '')}"
        if member(one, "entry", "archive") != owner:
            yield Difference("other_file", about)
        if not _proved(row, leaf, member(one, "leaf", "salt"), head, "entry"):
            yield Difference("entry_not_proved", about)
        if member(one, "entry", "serial"):
            serials.add(str(member(one, "entry", "serial")))
    for serial in sorted(serials):
        if not _paper_proved(bag.json(f"data/{folder}/documents/{serial}.json"), serial, head):
            yield Difference("document_not_proved", serial)


def _paper_proved(paper: dict[str, Any], serial: str, head: Checkpoint) -> bool:
    """Tell whether a paper's values, and where it stands now, are those of its leaves."""
    salts = paper.get("salts")
    row = paper.get("document")
    if not isinstance(salts, dict) or member(paper, "document", "serial") != serial:
        return False
    issued = {name: paper.get(name) for name in ("index", "payload", "path")}
    if not _proved(row, issued, salts.get(str(issued["index"])), head, "issue"):
        return False
    told, status = paper.get("status"), paper.get("status_row")
    if not told:
        return status is None
    last = told[-1] if isinstance(told, list) and isinstance(told[-1], dict) else {}
    same = member(paper, "status_row", "serial") == serial
    return same and _proved(status, last, salts.get(str(last.get("index"))), head, str(last.get("kind")))


def _proved(row: Any, leaf: Any, salt: Any, head: Checkpoint, kind: str) -> bool:
    """Tell whether a leaf of this kind tells of a row and lies in the log of the signed head."""
    if not isinstance(row, Mapping) or not isinstance(leaf, Mapping):
        return False
    try:
        payload = str(leaf["payload"])
        path = [base64.b64decode(node, validate=True) for node in leaf["path"]]
        said = as_object(payload)
        digest = row_digest(row, base64.b64decode(salt, validate=True))
        index = int(leaf["index"])
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return False
    good = (said.get("row"), said.get("kind")) == (digest, kind)
    return good and verify_inclusion(leaf_hash(payload.encode()), index, head.size, path, head.root)
