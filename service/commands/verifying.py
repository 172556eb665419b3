"""Verification: against the archive, or offline with the published keys alone."""

import base64
import json
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from service.commands.speaking import DONE, FAILED, say_json
from service.errors import Objection, Problem, refused
from service.settings import Settings
from service.signing import SLIP, BadCode, PublicKeys, Token, sha256_hex

SLIP_TITLE = "材料封面页"
LONGEST_CODE = 2048
"""Characters of a QR text: the largest symbol holds 4,296, ours 179; a longer argument is a path."""


def verify(options: Namespace) -> int:
    """Verify a code or an image: against the archive, or offline with the published keys alone."""
    text, data = _paper(options.paper)
    if options.keys:
        return _verify_offline(options, text, data)
    if options.status_list:
        raise refused([Objection(None, "keys_needed", "--status-list 要与 --keys 一起用")])
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
    """Prove a signature by the key file: no server, no network, no data folder."""
    keys = PublicKeys.from_json(options.keys.read_bytes())
    texts = [text] if data is None else _codes(data)
    answers = [_offline_answer(keys, code) for code in texts] or [{"signature": "none", "reason": "no_code"}]
    best = next((answer for answer in answers if "reason" not in answer), answers[0])
    if "reason" in best:
        say_json(best)
        return FAILED
    best["status"] = _listed(options.status_list, keys, best["serial"])
    say_json(best)
    return DONE if best["status"] in {"not_checked", "not_listed"} else FAILED


def _codes(data: bytes) -> list[str]:
    from intake.codes import find
    from intake.uploads import inspect, pages

    upload = inspect(data)
    return [code.text for page in pages(data, upload.kind) for code in find(page)]


def _offline_answer(keys: PublicKeys, text: str) -> dict[str, Any]:
    try:
        token = keys.check(text)
    except BadCode as bad:
        return {"signature": "bad", "reason": bad.reason}
    if token.kind == SLIP:  # signed by us, and no paper anybody could be shown
        return {"signature": "good", "reason": "cover_sheet", "form": SLIP_TITLE, "serial": token.serial}
    return {"signature": "good", **_told(token)}


def _told(token: Token) -> dict[str, Any]:
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


def _listed(path: Path | None, keys: PublicKeys, serial: str) -> str:
    """What a signed status list says of a serial: revoked, superseded, not_listed; not_checked without one."""
    if path is None:
        return "not_checked"
    from service.office.lookups import canonical

    try:
        body = json.loads(path.read_bytes())
        signature = base64.b64decode(body.pop("signature"))
        keys.check_bytes(int(body["kid"]), signature, canonical(body))
        digest = sha256_hex(serial.encode("ascii"))
        return next((status for status in ("revoked", "superseded") if digest in body[status]), "not_listed")
    except (ValueError, KeyError, TypeError, AttributeError, BadCode):
        raise Problem(
            "bad_status_list",
            422,
            "状态清单有误",
            "状态清单格式不对或签名不成立；请重新下载 /v1/status-list。",
        ) from None
