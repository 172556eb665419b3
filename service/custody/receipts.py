"""The receipt: a signed note in which the receiver says what it got and what the four checks found; proved offline."""

from dataclasses import dataclass

from service.errors import Problem, article_name
from service.office import Office
from service.office.proofs import seconds
from service.regulation.handover import article_of
from service.signing import BadNote
from service.signing.note import Note
from storage.records import TransferAnswer

KIND = "yinzheng-receipt/1"
VERDICTS: tuple[TransferAnswer, TransferAnswer] = ("received", "refused")
WORDS = ("transfer", "package", "size", "receiver", "verdict", "checks", "filed", "at")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says: of which transfer and package, who (code and name), `received` or `refused`, and by which checks."""

    transfer: str
    package: str
    size: int
    receiver: str
    verdict: TransferAnswer
    checks: str
    filed: int
    at: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class Got:
    """What is answered to: the transfer's id, the package's sha256 and bytes, the receiver (code and name)."""

    transfer: str
    package: str
    size: int
    receiver: str


def receipt_note(office: Office, got: Got, checks: dict[str, int], filed: int) -> str:
    """Sign a receipt; `checks` counts the differences each check found: it is a refusal when there is any."""
    name = f"{office.settings.host.lower()}/receipt"
    verdict = VERDICTS[any(checks.values())]
    found = ",".join(f"{check}={count}" for check, count in checks.items())
    at = office.now().isoformat(timespec="seconds")
    values = (got.transfer, got.package, got.size, got.receiver, verdict, found, filed, at)
    lines = [name, KIND, *(f"{word} {value}" for word, value in zip(WORDS, values, strict=True))]
    return office.keys.note(name, "".join(f"{line}\n" for line in lines), seconds(office))


def read_receipt(note: Note) -> Receipt:
    """What a note whose signature is good says. Raises BadNote for one that is no receipt."""
    name, kind, *rest = note.lines if len(note.lines) == len(WORDS) + 2 else ("", "")
    words = dict(line.partition(" ")[::2] for line in rest)
    if name != note.name or kind != KIND or tuple(words) != WORDS or words["verdict"] not in VERDICTS:
        raise BadNote("bad_note")
    try:
        return Receipt(
            words["transfer"],
            words["package"],
            int(words["size"]),
            words["receiver"],
            VERDICTS[words["verdict"] == "refused"],
            words["checks"],
            int(words["filed"]),
            words["at"],
            name.partition("/")[0],
        )
    except ValueError:
        raise BadNote("bad_note") from None


def bad_receipt(reason: str) -> Problem:
    """The 422 for a receipt that proves nothing."""
    why = {
        "unknown_key": "签名的公钥不是本系统所知的；请主管部门先登记对方系统的公钥，再上传",
        "bad_signature": "签名不成立，回执被改过；请向接收单位重新索取",
        "other_transfer": "回执说的不是这次移交的档案包；请核对是哪一次移交",
    }.get(reason, "这不是移交回执；请上传接收单位的系统给出的回执文件")
    return Problem("bad_receipt", 422, "回执不能采用", f"{why}。", extra={"reason": reason})


def not_theirs(cause: str) -> Problem:
    """The 422 for a receipt whose signer does not speak for the receiver: anybody's key would do otherwise."""
    return Problem(
        "not_their_unit",
        422,
        "签名的系统不代表接收单位",
        "回执的签名成立，但签名的系统没有登记为代表这个接收单位，不能采用；请向接收单位核实，再请主管部门登记对方公钥时写明它代表的单位（units）。",
        article=article_name(article_of(cause)),
    )
