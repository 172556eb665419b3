"""The keys that sign QR codes and checkpoints: kept in a folder, published as JSON, checked offline."""

import base64
import binascii
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from service.errors import Problem
from service.signing.note import (
    COSIGNED,
    ED25519,
    SIGNATURE_BYTES,
    TIME_BYTES,
    BadNote,
    Line,
    Note,
    cosigned,
    key_id,
    taken_apart,
    written,
)
from service.signing.token import BadCode, Token, read_address, split, token_text

ALGORITHM = "Ed25519"
PUBLIC_FILE = "keys.json"
LAST_KEY = 255
"""A key's id is one byte of the token."""


def sha256_hex(data: bytes) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


class PublicKeys:
    """The published keys: all that a verifier without server, network or data folder needs."""

    def __init__(self, keys: Mapping[int, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def from_json(cls, text: str | bytes) -> "PublicKeys":
        """Read `{"keys":[{"kid":1,"algorithm":"Ed25519","public_key":"<base64>",…}]}`.

        Raises Problem `bad_key_file`. Keys of an algorithm unknown here are passed over: their codes are
        then answered with `unknown_key`.
        """
        try:
            rows = [row for row in json.loads(text)["keys"] if row["algorithm"] == ALGORITHM]
            keys = {int(row["kid"]): _public(row["public_key"]) for row in rows}
        except (ValueError, KeyError, TypeError, OverflowError, binascii.Error):
            raise Problem(
                "bad_key_file",
                422,
                "公钥文件有误",
                "公钥文件不是本系统公布的格式；请重新下载 /.well-known/yinzheng-keys.json。",
            ) from None
        return cls(keys)

    def check(self, text: str) -> Token:
        """The token in a scanned address whose signature is good. Raises BadCode with its reason."""
        head, signature = split(read_address(text))
        self.check_bytes(head[1], signature, head)
        return Token.from_head(head)

    def check_bytes(self, kid: int, signature: bytes, message: bytes) -> None:
        """Check any signature of a published key. Raises BadCode unknown_key or bad_signature."""
        key = self._keys.get(kid)
        if key is None:
            raise BadCode("unknown_key")
        if not _good(key, signature, message):
            raise BadCode("bad_signature")

    def open_note(self, text: str) -> Note:
        """A signed note with at least one good signature of a published key, and none that is bad. Raises BadNote.

        Lines of other keys, such as those of witnesses, are passed over.
        """
        body, lines = taken_apart(text)
        names, time = [], None
        for line in lines:
            for key in self._keys.values():
                public = _raw(key)
                if line.key_id == key_id(line.name, ED25519, public):
                    if not _good(key, line.signature, body.encode("utf-8")):
                        raise BadNote("bad_signature")
                    names.append(line.name)
                elif line.key_id == key_id(line.name, COSIGNED, public):
                    stamp, signature = line.signature[:TIME_BYTES], line.signature[TIME_BYTES:]
                    if not _good(key, signature, cosigned(int.from_bytes(stamp), body)):
                        raise BadNote("bad_signature")
                    time = int.from_bytes(stamp)
        if not names:
            raise BadNote("unknown_key")
        return Note(body, names[0], time)


def has_keys(folder: Path) -> bool:
    """Tell whether a folder has keys already."""
    return bool(_published_rows(folder))


class KeyRing:
    """The folder of signing keys: the newest signs, every published one still verifies."""

    def __init__(self, rows: list[dict[str, object]], kid: int, private: Ed25519PrivateKey) -> None:
        self._rows = rows
        self._private = private
        self.kid = kid
        self.public = PublicKeys.from_json(self.published())

    @classmethod
    def open(cls, folder: Path, now: Callable[[], datetime]) -> "KeyRing":
        """Open the folder, making it and its first key when there is none.

        Safe for several processes at once; a folder that has keys is only read. Raises Problem `key_missing` when a published key's private half
        is gone.
        """
        rows = _published_rows(folder)
        if not rows:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _locked(folder):
                rows = _published_rows(folder)
                if not rows:
                    rows = [_make_key(folder, 1, now())]
                    _write(folder / PUBLIC_FILE, _public_text(rows), 0o644)
        kid = max(int(str(row["kid"])) for row in rows)
        return cls(rows, kid, _private(folder / f"{kid}.pem"))

    def known(self) -> dict[int, tuple[str, str]]:
        """Algorithm and public key of each published key, by id."""
        return {int(str(row["kid"])): (str(row["algorithm"]), str(row["public_key"])) for row in self._rows}

    def published(self) -> str:
        """The JSON text served as /.well-known/yinzheng-keys.json."""
        return _public_text(self._rows)

    def sign(self, token: Token) -> str:
        """The signed text of a token (its `key` must be this ring's `kid`)."""
        head = token.head()
        return token_text(head, self._private.sign(head))

    def note(self, name: str, text: str, time: int | None) -> str:
        """A signed note of a text that ends with a newline, by the newest key under this name; `time` in seconds is signed too."""
        public = _raw(self._private.public_key())
        lines = [Line(name, key_id(name, ED25519, public), self._private.sign(text.encode("utf-8")))]
        if time is not None:
            signature = time.to_bytes(TIME_BYTES) + self._private.sign(cosigned(time, text))
            lines.append(Line(name, key_id(name, COSIGNED, public), signature))
        return written(text, lines)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _published_rows(folder: Path) -> list[dict[str, object]]:
    try:
        text = (folder / PUBLIC_FILE).read_text("utf-8")
    except FileNotFoundError:
        return []
    PublicKeys.from_json(text)
    rows: list[dict[str, object]] = json.loads(text)["keys"]
    return rows


def _make_key(folder: Path, kid: int, now: datetime) -> dict[str, object]:
    """Write a new private key first and describe it: a key that was never published never signed."""
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(folder / f"{kid}.pem", pem.decode("ascii"), 0o600)
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {
        "kid": kid,
        "algorithm": ALGORITHM,
        "public_key": base64.b64encode(raw).decode("ascii"),
        "valid_from": now.isoformat(),
    }


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Problem(
            "key_missing",
            500,
            "签名密钥不可用",
            "密钥文件夹里找不到可用的签名私钥；请从备份恢复 keys 文件夹。",
        )
    return key


def _good(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    if len(signature) != SIGNATURE_BYTES:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _public(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def _public_text(rows: list[dict[str, object]]) -> str:
    return json.dumps({"keys": rows}, ensure_ascii=False, indent=1)


def _write(path: Path, text: str, mode: int) -> None:
    """Write a small file so that it is whole or absent after a power cut."""
    draft = path.with_suffix(".tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(handle, text.encode("utf-8"))
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
