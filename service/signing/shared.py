"""Sees to it that all hosts of an installation sign with the same keys: the archive knows their public halves."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from service.errors import Problem
from service.signing.keys import KeyRing, has_keys
from storage.archive import Archive

Keys = Mapping[int, tuple[str, str]]


def ring(archive: Archive, folder: Path, now: Callable[[], datetime]) -> KeyRing:
    """Open the keys of a host, making the first one only where the archive knows none yet.

    A host with keys of its own would sign what the others call forged, and call forged what they signed. So Problem
    `keys_missing` when the archive knows keys and this folder has none, `keys_differ` when it has others.
    """
    with archive.read() as reading:
        known = reading.signing_keys()
    if known and not has_keys(folder):
        raise _refusal("keys_missing", "本机没有签名密钥，而档案库已有登记")
    opened = KeyRing.open(folder, now)
    ours = opened.known()
    if known != ours:
        with archive.begin() as transaction:  # one at a time: two hosts may start for the first time at once
            known = transaction.signing_keys()
            if not known.items() <= ours.items():
                raise _refusal("keys_differ", "本机的签名密钥与档案库登记的不一致")
            transaction.add_signing_keys({kid: key for kid, key in ours.items() if kid not in known})
    return opened


def _refusal(code: str, what: str) -> Problem:
    return Problem(
        code,
        500,
        "签名密钥不可用",
        f"{what}；请把已在运行的主机的 keys 文件夹原样复制到本机的数据文件夹，再启动（见 docs/operations.md）。",
    )
