"""Whose signatures are believed: this installation's own keys, and those of others that an authority has made known."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.access import Action, Who, may
from service.errors import Objection, refused
from service.office import Office
from service.office.lookups import reach
from service.regulation.handover import CLOCK
from service.regulation.identity import DIVISION_PATTERN, SCHOOL_PATTERN
from service.settings import HOST_PATTERN
from service.signing import BadNote, PublicKeys
from service.signing.note import Note
from storage.archive import Reading
from storage.records import Partner

MOST_KEYS = 64 << 10
"""Characters of a key file: 255 keys, which is all there can be, are 40 KB."""
MOST_UNITS = 3000
"""A city has some 1,500 schools; whoever has more registers its counties and names those."""


@dataclass(frozen=True, slots=True)
class Known:
    """The keys of one installation, by the name (host, in small letters) it signs under, and for which units they speak."""

    name: str
    keys: PublicKeys
    units: frozenset[str] = frozenset()


def known_keys(office: Office, reading: Reading, org: str) -> list[Known]:
    """Whose keys a unit believes, ourselves first; of each other the newest that one of its own authorities made known.

    What the authority of other units tells is theirs: it neither adds to what this one believes nor takes its place.
    We speak for whoever is registered here, another installation for the units an authority named and those below them.
    """
    above = set(reach(reading, org))
    newest = {partner.name: partner for partner in reading.partners() if partner.org in above}
    own = office.settings.host.lower()
    newest.pop(own, None)
    units = reading.partner_units([one.id for one in newest.values()])
    parents = {unit.code: unit.parent for unit in reading.organizations()}
    told = [
        Known(name, PublicKeys.from_json(_text(one.keys)), _spoken_for(units.get(one.id, ()), parents))
        for name, one in newest.items()
    ]
    return [Known(own, office.keys.public, frozenset(parents)), *told]


def _spoken_for(units: Sequence[str], parents: Mapping[str, str | None]) -> frozenset[str]:
    """These units, and whoever is registered below one of them."""
    found = set(units)
    more = True
    while more:
        under = {code for code, parent in parents.items() if parent in found} - found
        found |= under
        more = bool(under)
    return frozenset(found)


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


def know(
    office: Office, who: Who | None, name: str, keys: dict[str, Any], units: Sequence[str]
) -> dict[str, Any]:
    """Make the keys of another installation known, and for which units (codes) they speak.

    An authority has both from somewhere else than the package: whoever signs for another unit is not believed.
    What was known before stays on file, the newest counts, for the units of this authority. Raises Problem 401, 403, 422.
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
    if not 0 < len(units) <= MOST_UNITS or not all(is_unit(unit) for unit in units):
        message = (
            f"请写明对方的公钥代表哪些单位（units）：1至{MOST_UNITS}个，市、县6位区划代码或学校10位标识码"
        )
        raise refused([Objection("units", "bad_units", message, CLOCK)])
    with office.archive.begin() as transaction:
        row = Partner(0, host, keys, allowed.token_digest, allowed.role, allowed.org, office.now())
        kept = transaction.add_partner(row, units)
    return _told(kept, sorted(set(units)))


def is_unit(code: str) -> bool:
    """Tell whether a text can be the code of a division or a school."""
    return bool(DIVISION_PATTERN.fullmatch(code) or SCHOOL_PATTERN.fullmatch(code))


def known(
    office: Office, who: Who | None, *, after: str | None = None, limit: int | None = None
) -> dict[str, Any]:
    """Whose keys were made known, by whom, for which units, the newest last; behind `after`. Raises Problem 401."""
    may(who, Action.READ)
    with office.archive.read() as reading:
        found = reading.partners(after=after, limit=None if limit is None else limit + 1)
        units = reading.partner_units([one.id for one in found])
    told = [_told(one, units.get(one.id, [])) for one in found[:limit]]
    more = limit is not None and len(found) > limit
    return {"partners": told, "next": told[-1]["id"] if more else None}


def _told(one: Partner, units: Sequence[str]) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "keys": one.keys,
        "units": list(units),
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
