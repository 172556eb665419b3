"""What a QR code says and who said it: serials, signed tokens, signed notes, and the keys they are checked with."""

from service.signing.keys import KeyRing, PublicKeys, sha256_hex
from service.signing.note import BadNote
from service.signing.serial import BadSerial, new_serial, parse_serial
from service.signing.token import LONG_PAGES, SLIP, BadCode, Token, address, read_address, slip_token

__all__ = [
    "LONG_PAGES",
    "SLIP",
    "BadCode",
    "BadNote",
    "BadSerial",
    "KeyRing",
    "PublicKeys",
    "Token",
    "address",
    "new_serial",
    "parse_serial",
    "read_address",
    "sha256_hex",
    "slip_token",
]
