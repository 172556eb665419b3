"""Whose signatures are believed: this installation's own keys, and those of others that an authority has made known."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.access import Action, Who, may
from service.errors import Objection, refused
from service.office import Office
from service.settings import HOST_PATTERN
from service.signing import BadNote, PublicKeys
from service.signing.note import Note
from storage.archive import Reading
from storage.records import Partner

MOST_KEYS = 64 << 10
"""Characters of a key file: 255 keys, which is all there can be, are 40 KB."""


@dataclass(frozen=True, slots=True)
class Known:
    """The keys of one installation, by the name (host, in small letters) it signs under."""

    name: str
    keys: PublicKeys


def known_keys(office: Office, reading: Reading) -> list[Known]:
    """Everybody whose keys are known, ourselves first; of each other the newest."""
    others = {partner.name: partner.keys for partner in reading.partners()}
    own = office.settings.host.lower()
    told = [Known(name, PublicKeys.from_json(_text(keys))) for name, keys in others.items() if name != own]
    return [Known(own, office.keys.public), *told]


def opened(known: Sequence[Known], text: str) -> tuple[Known, Note]:
    """A note whose signature is good, and whose it is. Raises BadNote: bad_signature before unknown_key."""
    reasons = []
    for one in known:
        try:
            note = one.keys.open_note(text)
        except BadNote as bad:
            reasons.append(bad.reason)
            continue
        if note.name.partition("/")[0] == one.name:
            return one, note
        reasons.append("unknown_key")
    raise BadNote(next((reason for reason in reasons if reason != "unknown_key"), "unknown_key"))


def know(office: Office, who: Who | None, name: str, keys: dict[str, Any]) -> dict[str, Any]:
    """Make the keys of another installation known; an authority has them from somewhere else than the package.

    What was known before stays on file, the newest counts. Raises Problem 401, 403, 422.
    """
    allowed = may(who, Action.WRITE_ORGANIZATION)
    host = name.strip().lower()
    if not host.isascii() or not HOST_PATTERN.fullmatch(host.upper()) or host == office.settings.host.lower():
        message = "名称（name）须是对方系统的主机名，与其二维码中的一致，且不是本系统；请改正"
        raise refused([Objection("name", "bad_partner", message)])
    if not _is_short(keys):
        message = f"公钥（keys）须是对方系统公布的公钥文件，不超过 {MOST_KEYS >> 10} KB；请重新下载后再登记"
        raise refused([Objection("keys", "bad_partner", message)])
    PublicKeys.from_json(_text(keys))
    with office.archive.begin() as transaction:
        kept = transaction.add_partner(
            Partner(0, host, keys, allowed.token_digest, allowed.role, allowed.org, office.now())
        )
    return _told(kept)


def known(office: Office, who: Who | None) -> dict[str, Any]:
    """Whose keys were made known, by whom, the newest last. Raises Problem 401."""
    may(who, Action.READ)
    with office.archive.read() as reading:
        return {"partners": [_told(one) for one in reading.partners()]}


def _told(one: Partner) -> dict[str, Any]:
    return {
        "name": one.name,
        "keys": one.keys,
        "role": one.role,
        "org": one.org,
        "at": one.at.isoformat(),
    }


def _is_short(keys: dict[str, Any]) -> bool:
    """Tell whether keys can be shown again as they are: JSON of a size, without the numbers that are none."""
    try:
        return len(json.dumps(keys, allow_nan=False)) <= MOST_KEYS
    except (ValueError, RecursionError):
        return False


def _text(keys: dict[str, Any]) -> str:
    return json.dumps(keys)
