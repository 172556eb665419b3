"""Verification: against the archive, or offline with the published keys alone."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from service.commands.speaking import DONE, FAILED, say_json
from service.errors import Objection, Problem, refused
from service.offline import Answer, Offline
from service.offline import verify as verify_offline
from service.settings import Settings
from service.signing import SLIP, BadNote, PublicKeys, Token
from service.signing.published import read_checkpoint, read_list

SLIP_TITLE = "材料封面页"
T = TypeVar("T")
LONGEST_CODE = 2048
"""Characters of a QR text: the largest symbol holds 4,296, ours 179; a longer argument is a path."""


def verify(options: Namespace) -> int:
    """Verify a code or an image: against the archive, or offline with the published keys alone."""
    text, data = _paper(options.paper)
    if options.keys:
        return _verify_offline(options, text, data)
    if options.status_list or options.checkpoint or options.proof:
        message = "--status-list、--checkpoint、--proof 要与 --keys 一起用；请加上 --keys"
        raise refused([Objection(None, "keys_needed", message)])
    from service.app import opened
    from service.verify import by_code, by_image

    with opened(Settings.from_env(options.data), printing=False) as office:
        verdict = by_image(office, data) if data is not None else by_code(office, text)
    say_json(verdict.to_json())
    return DONE if verdict.verdict == "genuine" else FAILED


def _paper(given: str | None) -> tuple[str, bytes | None]:
    """The text of a code, or the bytes of a file: an argument that names a file is one."""
    if given is None:
        return sys.stdin.read(LONGEST_CODE).strip(), None
    if len(given) < LONGEST_CODE and Path(given).is_file():
        return "", Path(given).read_bytes()
    return given.strip(), None


def _verify_offline(options: Namespace, text: str, data: bytes | None) -> int:
    """Prove a paper by published files alone: no server, no network, no data folder.

    With the keys alone only the signature is asked for, and a good one is 0; with a list only `genuine` is.
    """
    have = _at_hand(options)
    texts = [text] if data is None else _codes(data)
    answers = [verify_offline(have, code, datetime.now(UTC)) for code in texts]
    best = next((one for one in answers if one.token is not None), answers[0] if answers else None)
    if best is None:
        best = Answer("cannot_check", ("no_code",), None)
    say_json(_told(best))
    if have.listed is None:
        return DONE if best.reasons == ("no_status_list",) else FAILED
    return DONE if best.verdict == "genuine" else FAILED


def _at_hand(options: Namespace) -> Offline:
    """The files that were given. Raises Problem for one that is not what it should be."""
    keys = PublicKeys.from_json(options.keys.read_bytes())
    return Offline(
        keys,
        _read(options.status_list, lambda text: read_list(keys, text), "状态清单", "/v1/status-list"),
        _read(options.checkpoint, lambda text: read_checkpoint(keys, text), "检查点", "/v1/log/checkpoint"),
        _read(options.proof, json.loads, "日志证明", "/v1/log/proof/编号"),
        timedelta(days=options.max_age),
    )


def _read(path: Path | None, read: Callable[[str], T], name: str, where: str) -> T | None:
    if path is None:
        return None
    try:
        return read(path.read_bytes().decode("utf-8"))
    except (BadNote, ValueError) as error:
        reason = f"（{error.reason}）" if isinstance(error, BadNote) else ""
        message = f"{name}格式不对或签名不成立{reason}；请重新下载 {where}。"
        raise Problem("bad_published_file", 422, f"{name}有误", message) from None


def _codes(data: bytes) -> list[str]:
    from intake.codes import find
    from intake.uploads import inspect, pages

    upload = inspect(data)
    return [code.text for page in pages(data, upload.kind) for code in find(page)]


def _told(answer: Answer) -> dict[str, Any]:
    """An answer as it is said; a code that is not ours says nothing more."""
    said: dict[str, Any] = {"verdict": answer.verdict, "reasons": list(answer.reasons)}
    said["as_of"] = None if answer.as_of is None else answer.as_of.isoformat()
    return said if answer.token is None else {**said, "signature": "good", **_of_token(answer.token)}


def _of_token(token: Token) -> dict[str, Any]:
    if token.kind == SLIP:  # signed by us, and no paper anybody could be shown
        return {"form": SLIP_TITLE, "serial": token.serial}
    from templates.catalogue import Catalogue

    titles = {form.code: form.title for form in Catalogue.load().forms.values()}
    return {
        "serial": token.serial,
        "form": titles.get(token.kind),
        "page": token.page,
        "pages": token.pages,
        "school": token.school,
        "issued_on": token.issued_on.isoformat(),
        "digest": token.digest.hex(),
        "key": token.key,
    }
