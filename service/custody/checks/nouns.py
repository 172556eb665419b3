"""What the checks look at and what they say: a package taken apart, as far as it can be believed, and one difference."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from intake.packages import Unpacked
from service.errors import article_name
from service.regulation.handover import TAKEN_UP

MOST_TEXT = 32 << 20
"""Bytes of a manifest: 200,000 lines of 120 bytes are 24 MB."""
MOST_LIST = 64 << 20
"""Bytes of the list of a file's entries, which is read line by line."""
MOST_JSON = 8 << 20
"""Bytes of one JSON value: it may take thirty times as many in memory. package.json of 5,000 students has 2 MB."""
MOST_LINE = 1 << 20
"""Bytes of what is told of one entry; ours are 3 KB."""
MOST_LINES = 250_000
"""Lines of one list: more than a package may have files."""
LONGEST = 300
"""Characters of one text that is kept of a package: our longest title is a fifth of it."""

MESSAGES = {
    "not_a_zip": "不是 zip 文件；请向移出单位索取原样的档案包",
    "damaged": "压缩包损坏或内外不一致；请重新传送",
    "decoder_limit": "拆开压缩包用去的时间或内存超出限度；请不要接收，与移出单位核对",
    "too_many_files": "文件过多；请分批移交",
    "too_large": "解开后过大；请分批移交",
    "bad_name": "文件名不合规（绝对路径、上级目录、非 ASCII 等）；请不要接收，与移出单位核对",
    "personal_name": "文件名里像有身份证号、学籍号或电话；请移出单位重新打包",
    "not_a_file": "不是普通文件（链接、文件夹等）；请不要接收，与移出单位核对",
    "encrypted": "加了密码；请移出单位不加密重新打包",
    "bad_compression": "压缩方法不是通行的；请移出单位重新打包",
    "bomb": "压缩比异常，像压缩炸弹；请不要接收，与移出单位核对",
    "overlap": "压缩包内的文件互相重叠；请不要接收，与移出单位核对",
    "duplicate_name": "同名文件不止一个（不分大小写）；请移出单位重新打包",
    "not_a_bag": "不是 BagIt 1.0 包（OCFL 包只供长期保存，移交用 BagIt）；请移出单位重新打包",
    "file_missing": "清单上有，包里没有；请移出单位重新传送",
    "file_extra": "包里有，清单上没有；请移出单位说明",
    "file_changed": "与清单的校验值不符；请移出单位重新传送",
    "bad_list": "清单或目录文件的格式不对；请移出单位重新打包",
    "oxum_differs": "文件个数或字节数与 bag-info.txt 所写不符；请移出单位重新传送",
    "counts_differ": "件数与 package.json 所写不符；请移出单位重新打包",
    "entry_changed": "这一件的字节与归档记录不符；请移出单位核对原件",
    "document_missing": "缺这份文书的栏目和证明；请移出单位重新打包",
    "paper_missing": "缺这份文书的正本 PDF；请移出单位补齐",
    "item_gap": "档号不连续，缺件；请移出单位补齐",
    "withheld": "有限制查阅的件没有列入，不是全部档案；请移出单位由校长或主管部门办理移交",
    "list_missing": "缺移交清单；请移出单位重新打包",
    "signature_missing": "没有移出单位系统的签名；请移出单位重新打包",
    "unknown_key": "签名的公钥不是本系统所知的；请主管部门向对方另行取得公钥并登记后，再检查一次",
    "bad_signature": "签名不成立，内容被改过；请不要接收，与移出单位核对",
    "signature_differs": "签名签的不是这份清单；请不要接收，与移出单位核对",
    "checkpoint_bad": "日志检查点的签名不成立或不是同一套系统的；请不要接收，与移出单位核对",
    "entry_not_proved": "这一件在对方的日志里没有证明；请与移出单位核对",
    "document_not_proved": "这份文书的栏目或状态在对方的日志里没有证明；请与移出单位核对",
    "not_their_unit": "签名的系统没有登记为代表所写的移出单位；请向移出单位核实，再请主管部门登记对方公钥时写明它代表的单位（units），然后再检查一次",
    "not_for_us": "移交给的不是本单位；请转交应接收的单位",
    "other_file": "这一件不是这份档案的；请与移出单位核对",
    "cannot_open": "打不开；请移出单位核对原件",
    "wrong_kind": "打开来不是所写的类型；请移出单位核对原件",
    "pages_differ": "页数与记录不符；请移出单位核对原件",
    "not_pdfa": "不是 PDF/A；请移出单位核对原件",
    "no_transfer": "没有写明是哪一次移交；请移出单位开出移交，取移交的档案包",
    "not_finished": "还在检查，或检查中断了；请稍后看结果，没有结果的再检查一次",
    "not_checked": "因前面的检查没有通过，这一项没有检查；请先解决前面的问题",
}

REFUSES = {"not_their_unit": TAKEN_UP}
"""The article by which something is refused that is whole and signed: the file goes on from whoever had it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be: its code, and which file, paper or 档号 it is about."""

    code: str
    about: str = ""

    def told(self) -> dict[str, str]:
        """As it is shown to people."""
        told = {"code": self.code, "about": self.about, "message": MESSAGES[self.code]}
        return told | ({"article": article_name(REFUSES[self.code])} if self.code in REFUSES else {})


class Bag:
    """A package taken apart: what it says of itself is read with care, and is nothing where it cannot be read."""

    def __init__(self, files: Unpacked, beat: Callable[[], None] = lambda: None) -> None:
        self.files = files
        self.beat = beat

    def text(self, path: str) -> str | None:
        """A file as text; None when there is none, or it is none."""
        member = self.files.members.get(path)
        if member is None or member.size > MOST_TEXT:
            return None
        try:
            return self.files.read(path).decode("utf-8")
        except UnicodeDecodeError:
            return None

    def lines(self, path: str) -> list[str]:
        """The lines of a list; what is no text in one of them costs the others nothing."""
        member = self.files.members.get(path)
        if member is None or member.size > MOST_TEXT:
            return []
        return self.files.read(path).decode("utf-8", "replace").removesuffix("\n").split("\n", MOST_LINES)

    def json(self, path: str) -> dict[str, Any]:
        """A JSON object; empty when there is none."""
        member = self.files.members.get(path)
        return {} if member is None or member.size > MOST_JSON else as_object(self.text(path) or "")

    @cached_property
    def told(self) -> dict[str, Any]:
        """What package.json says."""
        return self.json("data/package.json")

    @cached_property
    def folders(self) -> list[dict[str, Any]]:
        """What package.json says of each file, of each of them once."""
        found = self.told.get("files")
        plain = found if isinstance(found, list) else []
        told = [one for one in plain if isinstance(one, dict) and isinstance(one.get("folder"), str)]
        return list({one["folder"]: one for one in told}.values())

    @property
    def transfer(self) -> dict[str, Any]:
        """What package.json says of the transfer."""
        found = self.told.get("transfer")
        return found if isinstance(found, dict) else {}

    def entries(self, folder: str) -> Iterator[dict[str, Any]]:
        """The entries of a file as they are listed, one a line; a line that is none of ours comes as an empty object.

        Every check goes through them, so this is where whoever checks for minutes says that it is still at work.
        """
        path = f"data/{folder}/entries.json"
        if path not in self.files.members or self.files.members[path].size > MOST_LIST:
            return
        for line in islice(io.BytesIO(self.files.read(path)), 1, MOST_LINES):
            self.beat()
            plain = line.strip().removesuffix(b",")
            if plain and plain != b"]":
                yield as_object(plain.decode("utf-8", "replace")) if len(plain) <= MOST_LINE else {}


def as_object(text: str) -> dict[str, Any]:
    """The JSON object of a text; an empty one for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def is_plain(value: object) -> bool:
    """Tell whether a value is a text that can be kept and shown: not long, no half characters, nothing that controls."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return False
    return not any(char < " " or "\ud800" <= char <= "\udfff" for char in value)


def member(value: dict[str, Any], *names: str) -> Any:
    """A member of members; None where one is missing or no object."""
    found: Any = value
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found
