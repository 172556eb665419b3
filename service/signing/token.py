"""The token in the QR code: 95 bytes, signed, naming a paper and no person."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import date, timedelta

from service.signing.serial import serial_text, serial_value

SHORT, LONG = 1, 2
"""Versions: up to 15 pages, page and pages share a byte; up to 255, each has one, and the digest gives one up."""
SHORT_PAGES, LONG_PAGES = 15, 255
SLIP = 0
"""The kind of an evidence slip: forms have codes from 1 on. It names the paper its evidence belongs to, and the evidence
by its code in place of the page; it is no paper itself."""
SLIP_PAGES = 255
EPOCH = date(2000, 1, 1)
DIGEST_BYTES = {SHORT: 12, LONG: 11}
"""96 or 88 bits of the digest: whoever wants other facts under one signature must find a second preimage."""
HEAD_BYTES = 4 + 8 + 5 + 2 + DIGEST_BYTES[SHORT]
AUTHORITY_DIGITS, SCHOOL_DIGITS = 6, 10
"""A county's or city's division code, and a school's, which never begins with four zeros."""
SIGNATURE_BYTES = 64
TOKEN_BYTES = HEAD_BYTES + SIGNATURE_BYTES
ADDRESS = re.compile(r"(?:https?://[a-z0-9.:\-]{1,64})?(?:/V/)?([A-Z2-7]{152})/?", re.IGNORECASE | re.ASCII)
"""The printed address, or the token alone; the host is not looked at. ASCII: Unicode's ſ would pass for an S."""


class BadCode(Exception):
    """The text is not a good code of ours; `reason` is foreign_code, unknown_key or bad_signature."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Token:
    """What a QR code says.

    `key` is the key's id, `kind` the form's code (0 to 255), `page` of `pages` run from 1 to 255, `school` is
    the code of the organization that issued it (10 digits, or 6 of an authority), `digest` the first 12 bytes of
    the digest of the printed facts, 11 when there are more than 15 pages.
    """

    key: int
    kind: int
    page: int
    pages: int
    serial: str
    school: str
    issued_on: date
    digest: bytes

    def head(self) -> bytes:
        """The 31 bytes that are signed. ValueError for more than 255 pages."""
        version = SHORT if self.pages <= SHORT_PAGES else LONG
        numbering = [self.page << 4 | self.pages] if version == SHORT else [self.page, self.pages]
        return (
            bytes([version, self.key, self.kind, *numbering])
            + serial_value(self.serial).to_bytes(8)
            + int(self.school).to_bytes(5)
            + (self.issued_on - EPOCH).days.to_bytes(2)
            + self.digest[: DIGEST_BYTES[version]]
        )

    def matches(self, digest: bytes) -> bool:
        """Tell whether a whole digest (32 bytes) of printed facts is the one that was signed."""
        return digest[: len(self.digest)] == self.digest

    @classmethod
    def from_head(cls, head: bytes) -> "Token":
        """The token of 31 bytes whose signature was found good."""
        short = head[0] == SHORT
        page, pages = (head[3] >> 4, head[3] & 15) if short else (head[3], head[4])
        rest = head[4:] if short else head[5:]
        return cls(
            key=head[1],
            kind=head[2],
            page=page,
            pages=pages,
            serial=serial_text(int.from_bytes(rest[:8])),
            school=_code(int.from_bytes(rest[8:13])),
            issued_on=EPOCH + timedelta(days=int.from_bytes(rest[13:15])),
            digest=rest[15:],
        )


def slip_token(*, key: int, evidence: int, serial: str, school: str, issued_on: date) -> Token:
    """The token of an evidence slip: `evidence` is the code of the kind (1 to 255), all else is the paper's own."""
    return Token(key, SLIP, evidence, SLIP_PAGES, serial, school, issued_on, bytes(DIGEST_BYTES[LONG]))


def _code(value: int) -> str:
    """An organization's code from its number: six digits when it has no more."""
    return f"{value:0{AUTHORITY_DIGITS if value < 10**AUTHORITY_DIGITS else SCHOOL_DIGITS}d}"


def token_text(head: bytes, signature: bytes) -> str:
    """The 152 characters of base32 that stand in the address."""
    return base64.b32encode(head + signature).decode("ascii")


def address(host: str, token: str) -> str:
    """The text of the QR symbol, upper case so that it stays in alphanumeric mode."""
    return f"HTTPS://{host.upper()}/V/{token}"


def read_address(text: str) -> str:
    """The token in a scanned address (any host, any case) or given alone. Raises BadCode foreign_code."""
    match = ADDRESS.fullmatch(text.strip())
    if match is None:
        raise BadCode("foreign_code")
    return match.group(1).upper()


def split(token: str) -> tuple[bytes, bytes]:
    """Signed head and signature of a token's text.

    Raises BadCode foreign_code for all but versions 1 and 2 of ours, and for a second spelling of the same bytes.
    """
    try:
        data = base64.b32decode(token)
    except (binascii.Error, ValueError):
        raise BadCode("foreign_code") from None
    if len(data) != TOKEN_BYTES or data[0] not in DIGEST_BYTES or token_text(data, b"") != token:
        raise BadCode("foreign_code")
    return data[:HEAD_BYTES], data[HEAD_BYTES:]
