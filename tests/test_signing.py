"""Serials, tokens and keys: what is signed stays signed, and nothing else passes."""

import json
import os
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import Problem
from service.signing import (
    BadCode,
    BadSerial,
    KeyRing,
    PublicKeys,
    Token,
    address,
    new_serial,
    parse_serial,
    read_address,
)
from service.signing.serial import ALPHABET, serial_text, serial_value
from service.signing.token import TOKEN_BYTES, split, token_text

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
SERIALS = st.integers(0, 2**60 - 1).map(serial_text)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return KeyRing.open(tmp_path_factory.mktemp("keys"), lambda: NOON)


def token(**changes):
    values = {
        "key": 1,
        "kind": 42,
        "page": 1,
        "pages": 1,
        "serial": serial_text(123456789),
        "school": "3114000123",
        "issued_on": date(2026, 7, 1),
        "digest": bytes(range(12)),
    }
    return Token(**{**values, **changes})


@given(
    st.builds(
        token,
        kind=st.integers(0, 255),
        page=st.integers(1, 15),
        pages=st.integers(1, 15),
        serial=SERIALS,
        school=st.integers(1_000_000_000, 9_999_999_999).map(str),
        issued_on=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
        digest=st.binary(min_size=12, max_size=12),
    )
)
def test_a_token_says_what_was_signed(keys, signed):
    """Every token comes back as it went in, at any host and in any case."""
    code = address("schule.example", keys.sign(signed))
    assert keys.public.check(code) == signed
    assert keys.public.check(code.lower()) == signed


@given(
    st.builds(
        token,
        page=st.integers(1, 255),
        pages=st.integers(16, 255),
        school=st.sampled_from(["140426", "999999", "1000000000", "3114000123"]),
        digest=st.binary(min_size=32, max_size=32),
    )
)
def test_a_long_roster_and_an_authority_fit_the_same_size(keys, signed):
    """More than 15 pages take a byte each and one from the digest; the symbol stays as large."""
    code = keys.sign(signed)
    assert len(code) == len(keys.sign(token()))
    read = keys.public.check(code)
    assert (read.page, read.pages, read.school) == (signed.page, signed.pages, signed.school)
    assert len(read.digest) == 11
    assert read.matches(signed.digest)
    assert not read.matches(bytes(32)) or signed.digest.startswith(bytes(11))


def test_more_pages_than_a_byte_counts_are_not_signed(keys):
    with pytest.raises(ValueError, match="range"):
        keys.sign(token(pages=256))


@settings(max_examples=400)
@given(place=st.integers(0, TOKEN_BYTES - 1), change=st.integers(1, 255))
def test_any_changed_byte_is_refused(keys, place, change):
    """Whichever byte of head or signature is changed, the code no longer passes."""
    head, signature = split(keys.sign(token()))
    forged = bytearray(head + signature)
    forged[place] ^= change
    with pytest.raises(BadCode) as caught:
        keys.public.check(token_text(bytes(forged), b""))
    assert caught.value.reason in {"foreign_code", "unknown_key", "bad_signature"}


@given(st.text(max_size=200))
def test_foreign_text_is_a_foreign_code(keys, text):
    """No text of anybody else's reaches the signature, and none raises anything but BadCode."""
    with pytest.raises(BadCode):
        keys.public.check(text)


def test_the_address_fits_version_8(keys):
    """With the default host the symbol needs at most the 221 characters of version 8-M, all alphanumeric."""
    code = address("YINZHENG.EXAMPLE", keys.sign(token()))
    assert len(code) == 179
    assert set(code) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_a_second_spelling_is_refused(keys):
    """Base32 of 95 bytes has no spare bits, so a token has one spelling only; padding is not one of them."""
    signed = keys.sign(token())
    with pytest.raises(BadCode):
        keys.public.check(signed + "=")
    assert read_address(f"https://x.example/V/{signed}/") == signed


def test_another_offices_key_is_not_ours(keys, tmp_path):
    """A token signed by another key of the same id is a bad signature, of another id an unknown key."""
    other = KeyRing.open(tmp_path, lambda: NOON)
    with pytest.raises(BadCode, match="bad_signature"):
        keys.public.check(other.sign(token()))
    with pytest.raises(BadCode, match="unknown_key"):
        keys.public.check(other.sign(token(key=9)))


def test_the_key_file_verifies_offline(keys):
    """The published JSON alone checks a code; it holds no private half."""
    published = json.loads(keys.published())
    assert published["keys"][0].keys() == {"kid", "algorithm", "public_key", "valid_from"}
    assert PublicKeys.from_json(keys.published()).check(keys.sign(token())) == token()


def test_keys_are_made_once_and_kept_private(tmp_path):
    """Opening the folder again gives the same key; its file is for the owner's eyes only."""
    first = KeyRing.open(tmp_path / "keys", lambda: NOON)
    again = KeyRing.open(tmp_path / "keys", lambda: NOON)
    assert first.published() == again.published()
    assert (tmp_path / "keys" / "1.pem").stat().st_mode & 0o777 == 0o600


def test_a_lost_private_key_is_said_so(tmp_path):
    """Without its private half a published key cannot sign, and a new one is not silently made."""
    KeyRing.open(tmp_path, lambda: NOON)
    (tmp_path / "1.pem").unlink()
    with pytest.raises(Problem) as caught:
        KeyRing.open(tmp_path, lambda: NOON)
    assert caught.value.code == "key_missing"


@pytest.mark.parametrize(
    "text", ["", "{}", '{"keys":[{"kid":1}]}', '{"keys":[{"kid":1,"algorithm":"Ed25519","public_key":"xx"}]}']
)
def test_a_broken_key_file_is_refused(text):
    """Whatever is not our JSON is refused as such."""
    with pytest.raises(Problem, match="bad_key_file"):
        PublicKeys.from_json(text)


@given(SERIALS)
def test_serials_read_back_in_any_spelling(serial):
    """Dashes, blanks, case and the letters that look like digits do not matter."""
    loose = serial.replace("-", "").lower().replace("1", "l").replace("0", "o")
    assert parse_serial(loose) == serial
    assert serial_text(serial_value(serial)) == serial


@given(SERIALS, st.integers(0, 12), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_caught(serial, place, character):
    """The check character finds every single wrong character."""
    plain = list(serial.replace("-", ""))
    if plain[place] != character:
        plain[place] = character
        with pytest.raises(BadSerial):
            parse_serial("".join(plain))


@given(SERIALS, st.integers(0, 12), st.integers(0, 12))
def test_two_swapped_characters_are_caught(serial, left, right):
    """The check character finds every swap, of neighbours or not."""
    plain = list(serial.replace("-", ""))
    if plain[left] != plain[right]:
        plain[left], plain[right] = plain[right], plain[left]
        with pytest.raises(BadSerial):
            parse_serial("".join(plain))


def test_new_serials_are_grouped_and_differ():
    """A new serial is 13 characters in groups of 4, 4 and 5."""
    made = {new_serial(os.urandom) for _ in range(200)}
    assert len(made) == 200
    assert all([len(part) for part in serial.split("-")] == [4, 4, 5] for serial in made)
