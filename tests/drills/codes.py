"""Drill: QR codes altered in every way somebody thinks of; not one is accepted as another than it was."""

import random
from base64 import b32decode, b32encode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.signing import BadCode, KeyRing, Token, address, read_address
from service.signing.serial import serial_text
from service.signing.token import HEAD_BYTES, TOKEN_BYTES
from tests.drills.kept import now
from tests.drills.outcome import Outcome

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
GENUINE = 50
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of Ed25519's group: a signature's second half plus this verifies wherever nobody looks that it is small."""
STRANGER = Ed25519PrivateKey.generate()
LOOKALIKES = str.maketrans({"S": "ſ", "K": "K", "A": "Ａ", "I": "1", "O": "0", "Q": "９"})
Alter = Callable[[random.Random, bytes, bytes], bytes | str]
"""Makes of a token's bytes, with another genuine token's at hand, bytes or a text that is another."""


def bits(dice: random.Random, token: bytes, _other: bytes) -> bytes:
    """One to eight bits turned."""
    changed = bytearray(token)
    for place in dice.sample(range(len(token) * 8), dice.randrange(1, 9)):
        changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def letters_swapped(dice: random.Random, token: bytes, _other: bytes) -> str:
    """Two letters in each other's place."""
    text = list(b32encode(token).decode())
    one, two = dice.sample(range(len(text)), 2)
    text[one], text[two] = text[two], text[one]
    return "".join(text)


def letter_replaced(dice: random.Random, token: bytes, _other: bytes) -> str:
    """A letter read wrong, by one of ours or by none."""
    text = b32encode(token).decode()
    place = dice.randrange(len(text))
    return text[:place] + dice.choice(LETTERS + "0189%= -é") + text[place + 1 :]


def cut_or_longer(dice: random.Random, token: bytes, other: bytes) -> bytes | str:
    """Cut short, with something behind it, twice, or in a longer token."""
    place = dice.randrange(TOKEN_BYTES)
    text = b32encode(token).decode()
    return dice.choice([token[:place], token + other[:place], text[: place + 8], text + text[:5], f"{text}="])


def spliced(dice: random.Random, token: bytes, other: bytes) -> bytes:
    """What one says under what another was signed with, or one up to somewhere and the other from there."""
    place = dice.choice([HEAD_BYTES, HEAD_BYTES + 32, dice.randrange(1, TOKEN_BYTES)])
    return token[:place] + other[place:]


def _said_otherwise(dice: random.Random, token: bytes) -> bytes:
    """Another paper, page, school, day, kind or fact."""
    said = Token.from_head(token[:HEAD_BYTES])
    return dice.choice(
        [
            replace(said, serial=serial_text(dice.randrange(2**60))),
            replace(said, school=f"{dice.randrange(10**9, 10**10)}"),
            replace(said, issued_on=said.issued_on + timedelta(days=dice.randrange(1, 400))),
            replace(said, digest=dice.randbytes(12)),
            replace(said, kind=said.kind ^ dice.randrange(1, 256)),
            replace(said, pages=said.pages % 15 + 1, page=1),
        ]
    ).head()


def said_otherwise(dice: random.Random, token: bytes, _other: bytes) -> bytes:
    """Another content under the old signature."""
    return _said_otherwise(dice, token) + token[HEAD_BYTES:]


def signed_by_another(dice: random.Random, token: bytes, _other: bytes) -> bytes:
    """The same or another content signed well, by a key that is not ours, under our key's id or another."""
    head = bytearray(dice.choice([token[:HEAD_BYTES], _said_otherwise(dice, token)]))
    head[1] = dice.choice([head[1], dice.randrange(256)])
    return bytes(head) + STRANGER.sign(bytes(head))


def other_version(dice: random.Random, token: bytes, _other: bytes) -> bytes:
    """A version there is not, or the other one of ours."""
    return bytes([dice.choice([version for version in range(256) if version != token[0]])]) + token[1:]


def signature_bent(dice: random.Random, token: bytes, _other: bytes) -> bytes:
    """The second form of the same signature, and those that hold for everything where small points are let through."""
    first, second = token[HEAD_BYTES : HEAD_BYTES + 32], token[HEAD_BYTES + 32 :]
    bent = (int.from_bytes(second, "little") + ORDER * dice.randrange(1, 8)).to_bytes(32, "little")
    point = dice.choice([bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"])
    head = token[:HEAD_BYTES]
    return head + dice.choice([first + bent, point + bytes(32), first + bytes(32), bytes(32) + second])


def looks_alike(_dice: random.Random, token: bytes, _other: bytes) -> str:
    """Letters of other alphabets that look the same or fold to the same."""
    return b32encode(token).decode().translate(LOOKALIKES)


ALTERED: tuple[Alter, ...] = (
    bits,
    letters_swapped,
    letter_replaced,
    cut_or_longer,
    spliced,
    said_otherwise,
    signed_by_another,
    other_version,
    signature_bent,
    looks_alike,
)


def codes(folder: Path, count: int, seed: int) -> Outcome:
    """Alter genuine codes so often; what is spelled otherwise (case, host) and says the same is no alteration."""
    dice = random.Random(seed)
    keys = KeyRing.open(folder / "keys", now)
    genuine = [_genuine(keys, dice) for _ in range(GENUINE)]
    refused_genuine = sum(not _accepted(keys, text) for text in genuine)
    known = {read_address(text) for text in genuine}
    tokens = sorted(map(b32decode, known))
    done: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    while done.total() < count:
        token, other = dice.sample(tokens, 2)
        alter = dice.choice(ALTERED)
        made = alter(dice, token, other)
        text = made if isinstance(made, str) else b32encode(made).decode()
        if text in known:
            continue  # two equal letters swapped, two beginnings alike exchanged
        done[alter.__name__] += 1
        accepted[alter.__name__] += _accepted(keys, _spelled(dice, text))
    return Outcome(
        {"altered codes": done.total(), "kinds": len(done)},
        {"accepted": accepted.total(), "genuine ones refused": refused_genuine},
        {name: number for name, number in accepted.items() if number},
    )


def _genuine(keys: KeyRing, dice: random.Random) -> str:
    said = Token(
        keys.kid,
        dice.randrange(1, 40),
        1,
        dice.randrange(1, 5),
        serial_text(dice.randrange(2**60)),
        "3114000123",
        date(2026, 7, 1),
        dice.randbytes(12),
    )
    return address("YINZHENG.EXAMPLE", keys.sign(said))


def _spelled(dice: random.Random, text: str) -> str:
    """A token alone, in an address, in lower case, at another host."""
    return dice.choice([text, f"HTTPS://YINZHENG.EXAMPLE/V/{text}", text.lower(), f"https://h/V/{text}/"])


def _accepted(keys: KeyRing, text: str) -> bool:
    try:
        keys.public.check(text)
    except BadCode:
        return False
    return True
