"""Handing files over and taking them in, without HTTP."""

import json
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from service.commands.speaking import DONE, FAILED, say, say_json, who_of, whole_file
from service.errors import Objection, refused
from service.settings import Settings

if TYPE_CHECKING:  # every command imports this file, and only some need the heavy rooms
    from service.office import Office


@contextmanager
def _office(options: Namespace, *, printing: bool = False) -> Iterator["Office"]:
    from service.app import opened

    with opened(Settings.from_env(options.data), printing=printing, lazy=printing) as office:
        yield office


def open_one(options: Namespace) -> int:
    """Hand a file over."""
    from service import custody

    asked = custody.Handover(
        options.archive, options.to, options.to_name, options.cause, options.document, options.approved_on
    )
    who = who_of(options)
    with _office(options, printing=True) as office:
        told = custody.open_transfer(office, who, asked)
        if options.out:
            whole_file(options.out, custody.transfer_package(office, who, told["id"]).write)
    say_json(told)
    return DONE


def list_all(options: Namespace) -> int:
    """List the transfers; 1 when one is overdue."""
    from service import custody

    with _office(options) as office:
        told = _every(
            partial(custody.transfers, office, who_of(options), overdue=options.overdue), "transfers"
        )
    say_json({"transfers": told})
    return FAILED if any(one["overdue"] for one in told) else DONE


def fetch(options: Namespace) -> int:
    """Write the package of a transfer to a file."""
    from service import custody

    with _office(options) as office:
        whole_file(options.file, custody.transfer_package(office, who_of(options), options.transfer).write)
    say(str(options.file))
    return DONE


def bring(options: Namespace) -> int:
    """Take a receipt in."""
    from service import custody

    with _office(options) as office:
        say_json(custody.bring_receipt(office, who_of(options), options.transfer, _text(options.file)))
    return DONE


def prove(options: Namespace) -> int:
    """Prove a receipt with the receiver's key file alone: no server, no network, no data folder."""
    from service.custody.receipts import bad_receipt, read_receipt
    from service.signing import BadNote, PublicKeys

    keys = PublicKeys.from_json(options.keys.read_bytes())
    try:
        said = read_receipt(keys.open_note(_text(options.file)))
    except BadNote as bad:
        raise bad_receipt(bad.reason) from None
    say_json({name: getattr(said, name) for name in said.__slots__})
    return DONE if said.verdict == "received" else FAILED


def take(options: Namespace) -> int:
    """Take a package over; 1 when a person must look at it."""
    from service import custody

    with _office(options) as office, options.file.open("rb") as file:
        return _answered(options, custody.take(office, who_of(options), options.org, file))


def again(options: Namespace) -> int:
    """Check a kept package once more."""
    from service import custody

    with _office(options) as office:
        return _answered(options, custody.again(office, who_of(options), options.arrival))


def _answered(options: Namespace, told: dict[str, Any]) -> int:
    if options.receipt and told["receipt"] is not None:
        options.receipt.write_text(told["receipt"], "utf-8")
    say_json(told)
    return DONE if told["state"] == "filed" else FAILED


def list_arrivals(options: Namespace) -> int:
    """List what came."""
    from service import custody

    with _office(options) as office:
        say_json({"arrivals": _every(partial(custody.arrivals, office, who_of(options)), "arrivals")})
    return DONE


def _every(page: Callable[..., dict[str, Any]], name: str) -> list[Any]:
    """All pages of a list."""
    told = page()
    found = [*told[name]]
    while told["next"] is not None:
        told = page(after=told["next"])
        found += told[name]
    return found


def know(options: Namespace) -> int:
    """Make another installation's keys known."""
    from service import custody

    try:
        keys = json.loads(_text(options.keys))
    except ValueError:
        keys = None
    if not isinstance(keys, dict):
        raise refused([Objection("keys", "bad_key_file", "公钥文件不是 JSON；请重新取得对方公布的公钥文件")])
    with _office(options) as office:
        say_json(custody.know(office, who_of(options), options.name, keys, options.unit))
    return DONE


def _text(path: Any) -> str:
    return str(path.read_bytes().decode("utf-8", "replace"))
