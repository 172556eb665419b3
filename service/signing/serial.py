"""The serial on every paper: 60 random bits that people can read aloud, with a check character."""

from collections.abc import Callable

from service.errors import Problem

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that no two characters look alike in print."""
LENGTH = 12
SAME = str.maketrans({"I": "1", "L": "1", "O": "0", "-": "", " ": ""})


class BadSerial(Problem):
    """The text is no serial: wrong length, a character outside the alphabet, or the check fails."""

    def __init__(self) -> None:
        super().__init__(
            "bad_serial",
            404,
            "编号有误",
            "编号应为13位字母数字（如 XXXX-XXXX-XXXXX），校验不符；请对照纸面重新输入。",
        )


def _powers() -> tuple[int, ...]:
    """Multipliers 1, a, a², … of GF(32) for the 13 places.

    They all differ and none is zero, so that every wrong character and every swap changes the sum.
    """
    values = [1]
    while len(values) <= LENGTH:
        doubled = values[-1] << 1
        values.append(doubled ^ 0b100101 if doubled & 0b100000 else doubled)
    return tuple(values)


def _multiply(left: int, right: int) -> int:
    """Multiply in GF(32), modulo x⁵ + x² + 1."""
    product = 0
    for bit in range(5):
        if right >> bit & 1:
            product ^= left << bit
    for bit in range(8, 4, -1):
        if product >> bit & 1:
            product ^= 0b100101 << (bit - 5)
    return product


PRODUCTS = tuple(tuple(_multiply(power, value) for value in range(32)) for power in _powers())
CHECK_OF = {PRODUCTS[LENGTH][value]: value for value in range(32)}


def new_serial(randbytes: Callable[[int], bytes]) -> str:
    """A fresh serial, grouped XXXX-XXXX-XXXXX; randbytes(n) must be a source nobody can guess."""
    return serial_text(int.from_bytes(randbytes(8)) >> 4)


def serial_text(value: int) -> str:
    """The grouped text of a 60-bit number."""
    places = [value >> (5 * (LENGTH - 1 - index)) & 31 for index in range(LENGTH)]
    check = 0
    for index, place in enumerate(places):
        check ^= PRODUCTS[index][place]
    text = "".join(ALPHABET[place] for place in [*places, CHECK_OF[check]])
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def serial_value(text: str) -> int:
    """The 60-bit number of a serial, written with or without dashes, in any case. Raises BadSerial."""
    plain = text.upper().translate(SAME)
    places = [ALPHABET.find(character) for character in plain]
    if len(places) != LENGTH + 1 or min(places) < 0:
        raise BadSerial
    check = value = 0
    for index, place in enumerate(places):
        check ^= PRODUCTS[index][place]
        value = value << 5 | place
    if check:
        raise BadSerial
    return value >> 5


def parse_serial(text: str) -> str:
    """The serial in its one stored form. Raises BadSerial (a 404: such a serial was never given out)."""
    return serial_text(serial_value(text))
