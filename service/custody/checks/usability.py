"""可用性: each file opens as what it says it is, in a limited child process, and has as many pages as are told."""

import json
from collections.abc import Iterator
from typing import Any

from intake.errors import UploadRefused
from intake.inspecting import Inspector
from service.custody.checks.nouns import MOST_JSON, Bag, Difference, member
from service.office.uploads import MEDIA_TYPES

PDFA = b"pdfaid:part"
JSON = "application/json"
KINDS = {media_type: kind for kind, media_type in MEDIA_TYPES.items()}
MOST = 64 << 20


def usability(bag: Bag) -> Iterator[Difference]:
    """Every file of an entry that nobody could use."""
    seen = set()
    with Inspector() as inspector:
        for one in bag.folders:
            folder = f"data/{one['folder']}/"
            for told in bag.entries(one["folder"]):
                path = folder + str(told.get("file", ""))
                if path in bag.files.members and path not in seen:
                    seen.add(path)
                    code = _opened(bag, folder, (path, told), inspector)
                    if code is not None:
                        yield Difference(code, path)


def _opened(bag: Bag, folder: str, item: tuple[str, dict[str, Any]], inspector: Inspector) -> str | None:
    """What is wrong with one file, by code."""
    path, told = item
    data, media_type = bag.files.read(path), member(told, "entry", "media_type")
    if media_type == JSON:
        return None if _is_json(data) else "cannot_open"
    if str(media_type) not in KINDS:
        return None if data.startswith(b"PK\x03\x04") else "wrong_kind"
    try:
        found = inspector.inspect(data, MOST)
    except UploadRefused:
        return "cannot_open"
    if found.kind != KINDS[media_type]:
        return "wrong_kind"
    paper = member(bag.json(f"{folder}documents/{member(told, 'entry', 'serial')}.json"), "document")
    return _of_paper(bag, path, paper, found.pages) if member(told, "entry", "kind") == "document" else None


def _of_paper(bag: Bag, path: str, paper: Any, pages: int) -> str | None:
    """What is wrong with the PDF of a paper of the sender's own."""
    if not isinstance(paper, dict) or paper.get("pdf") != bag.files.members[path].sha256:
        return None
    if pages != paper.get("pages"):
        return "pages_differ"
    return None if PDFA in bag.files.read(path) else "not_pdfa"


def _is_json(data: bytes) -> bool:
    if len(data) > MOST_JSON:
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
