"""Everything that can go wrong when keeping: each error has a code, a Chinese sentence, and no personal data."""

from collections.abc import Sequence


class StorageError(Exception):
    """Base of all errors of this package; `code` is for machines, `message_zh` for people."""

    code = "storage_error"

    def __init__(self, message_zh: str) -> None:
        super().__init__(message_zh)
        self.message_zh = message_zh


KINDS = {
    "access": "查阅登记",
    "answer": "请求回执",
    "arrival": "到来的档案包",
    "archive number": "档号",
    "batch": "批次",
    "blank": "空白证书",
    "block": "号段",
    "closure": "合并撤销登记",
    "copy": "扫描件副本",
    "decision": "人工答复",
    "document": "文书",
    "entry": "档案件",
    "imprint": "印迹",
    "job": "任务",
    "key": "签名密钥",
    "leaf": "日志记录",
    "location": "纸质位置",
    "number": "证书编号",
    "object": "存档文件",
    "organization": "机构",
    "override": "例外批准",
    "package": "档案包",
    "partner": "其他系统的公钥",
    "photo": "照片",
    "reference": "所引用的记录",
    "review": "待核事项",
    "row": "记录",
    "scan": "扫描件",
    "student": "学生",
    "template": "模板版本",
    "token": "访问令牌",
    "transfer": "档案移交",
    "volume": "卷号",
}


class NotFound(StorageError):
    """Nothing is kept under that key; `kind` says what was looked for, the key itself is not repeated (学籍号 holds 身份证号)."""

    code = "not_found"

    def __init__(self, kind: str) -> None:
        super().__init__(f"查无此{KINDS[kind]}：档案库中没有对应记录。请核对后重试。")
        self.kind = kind


class AlreadyThere(StorageError):
    """The key is taken, and what is kept under it may not be replaced."""

    code = "already_there"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{KINDS[kind]}已存在：同一编号不能登记两次。请先查询已有记录。")
        self.kind = kind


class Frozen(StorageError):
    """Somebody tried to change or delete what is kept for ever, or to move a status backwards."""

    code = "frozen"

    def __init__(self) -> None:
        super().__init__(
            "存档内容不可更改：已签发的文书、档案件、日志和查阅登记只增不改。请另行出具新的文书。"
        )


class BadRow(StorageError):
    """A value cannot be kept: a word the schema does not know, a text that is no Unicode, a number beyond 64 bits."""

    code = "bad_row"

    def __init__(self) -> None:
        super().__init__("内容不合规：含有档案库不能保存的值，没有保存任何内容。请检查所填内容后重试。")


class OutOfScope(StorageError):
    """The row is there, but not within the scope of whoever asks (art. 44); told only where the database keeps scopes itself."""

    code = "out_of_scope"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"不在管辖范围：该{KINDS[kind]}不属于本单位及下属单位。范围以外请由有管辖权的单位办理，查阅须先取得学籍主管部门的书面批准。"
        )
        self.kind = kind


class NotPrepared(StorageError):
    """The database is not as this release needs it; `why` says so in Chinese, without address or password."""

    code = "database_not_prepared"

    def __init__(self, why: str) -> None:
        super().__init__(f"数据库尚未就绪：{why}。请按 docs/database.md 准备后重试。")


class NoNumberLeft(StorageError):
    """No block of the form and year has a number left for the asking organization or those above it (art. 34)."""

    code = "no_number_left"

    def __init__(self, form: str, org: str) -> None:
        super().__init__(
            "证书编号已用完或尚未下达号段：没有可用编号，不能出具证书。请向教育行政部门申请号段。"
        )
        self.form = form
        self.org = org


class ObjectDamaged(StorageError):
    """An object that a row names is missing or its bytes no longer have its sha256."""

    code = "object_damaged"

    def __init__(self, sha256: str, *, missing: bool = False) -> None:
        what = "缺失" if missing else "与登记的校验值不符"
        super().__init__(
            f"存档文件{what}（{sha256[:12]}…）：本件暂不能提供。请立即联系系统管理员，从备份恢复。"
        )
        self.sha256 = sha256
        self.missing = missing


class StoreFull(StorageError):
    """The disk (or its quota) has no room; nothing of the attempt was kept."""

    code = "store_full"

    def __init__(self) -> None:
        super().__init__("存储空间已满：本次操作没有保存任何内容。请联系系统管理员扩充磁盘后重试。")


class StoreAway(StorageError):
    """Database or objects folder do not answer; `cause` names the engine's or the system's error, never its data."""

    code = "store_away"

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"档案库暂时无法访问（{cause}）：本次操作没有完成。请稍后重试，持续出现时联系系统管理员。"
        )
        self.cause = cause


class LockNotHeld(StorageError):
    """A store did not keep a lock it said it would keep; `broken` names the promises, and nothing was kept there."""

    code = "lock_not_held"

    def __init__(self, store: str, sentences: Sequence[str], broken: Sequence[str]) -> None:
        super().__init__(
            f"对象存储 {store} 守不住锁定：{'；'.join(sentences)}。没有存入任何档案文件。"
            "请系统管理员改正存储的配置，或换用真正支持对象锁定（Object Lock）的存储。"
        )
        self.broken = tuple(broken)


class KeyReused(StorageError):
    """An idempotency key came back with another request than the one it was first used for."""

    code = "key_reused"

    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key 已用于另一个请求：同一个键只能重复同一请求。请为新的请求换一个新键。"
        )


class StillRunning(StorageError):
    """The first request with this idempotency key is still being worked on."""

    code = "still_running"

    def __init__(self) -> None:
        super().__init__("相同请求正在处理中：尚未得出结果。请稍候几秒，用同一个 Idempotency-Key 重试。")


class BadPattern(StorageError):
    """A block's pattern has not exactly one `{:0Nd}` slot, or its range does not fit it."""

    code = "bad_pattern"

    def __init__(self) -> None:
        super().__init__(
            "编号样式不合规：须恰有一个形如 {:04d} 的序号位，且起止序号为不超过该位数的正整数。请更正后重试。"
        )


class BackupUnusable(StorageError):
    """A backup cannot be taken to that place, or cannot be restored: `why` says what is wrong with it."""

    code = "backup_unusable"

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}：没有改动任何内容。请按 docs/operations.md 核对备份位置，或换一个备份。")
