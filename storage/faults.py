"""What a check can find: the differences by code, and what each means."""

from dataclasses import dataclass

from storage.ordered import MESSAGES as ORDER

MESSAGES = {
    "database_damaged": "数据库文件自检不通过",
    "guard_missing": "数据库的防改触发器被移除",
    "row_unreadable": "数据库的这一行有无法识别的内容；请先从备份恢复它，其余各项这次没有核对",
    "object_missing": "登记在册的存档文件缺失",
    "object_damaged": "存档文件内容与其校验值不符",
    "object_unreadable": "存档文件无法读取",
    "object_orphan": "存档文件没有任何记录引用（中断的签发会留下，无害）",
    "foreign_file": "存档目录中有不属于档案库的文件",
    "entry_size": "档案件登记的字节数与存档文件不符",
    "facts_digest": "文书的打印内容与登记的摘要不符",
    "template_lost": "快速套印的文书所用的 Word 模板没有登记，不能再生成它的 Word 文件",
    "document_not_filed": "文书没有归入任何档案",
    "effective_without_check": "文书登记为已生效，但没有核对为真实有效的扫描记录",
    "revocation_differs": "文书的作废、被替代状态与日志中的记录不一致",
    "number_missing": "号段中间缺号",
    "number_text": "编号与号段样式不符",
    "number_repeated": "同一证书编号出现在两个号段",
    "number_without_document": "编号已用但没有对应文书",
    "document_without_number": "文书所载编号不在号段台账中，或登记给了别的文书",
    "block_behind": "号段登记的下一个号落在已经用过的号里",
    "number_differs": "编号台账的表样、原因或时间与号段、文书、日志不一致",
    "number_held": "编号被占用而未签发（正在签发，或中断后将被收回，无害）",
    "batch_row_differs": "批次中的一行与文书登记不一致",
    "batch_number_lost": "批次中待打印的一行所占编号，在号段台账中已不归它",
    "record_differs": "文书登记的栏目内容或学籍号与归档时的摘要不符",
    "review_without_decision": "待核事项登记为已有结论，但没有人给过这个答复",
    "leaf_missing": "日志缺少记录",
    "leaf_hash": "日志记录与其哈希不符",
    "leaf_without_document": "日志记录没有对应文书",
    "leaf_without_row": "日志记录没有对应的档案件或编号",
    "leaf_differs": "日志记录与登记的文书、档案件或编号不一致",
    "document_without_leaf": "文书没有写入日志",
    "entry_without_leaf": "档案件没有写入日志",
    "number_without_leaf": "编号的作废没有写入日志",
    "row_without_leaf": "登记没有写入日志",
    "effective_without_leaf": "文书的生效没有写入日志，或写入后被改回",
    "log_size": "日志的记录数与其登记的总数不符",
    "node_differs": "日志的中间节点与其下的记录不符",
    "back_dated": "登记的时间早于写入日志的时间一天以上",
    "time_reversed": "日志记录的时间早于前面的记录（时钟曾被拨动时会出现）",
    "log_shorter": "日志比检查点短：末尾的记录被删除",
    "checkpoint_differs": "日志与检查点不符：在所示的记录范围内有记录被改、被删或被插入",
    "arrival_left_half": "到来的档案包只归了一部分，后来写明理由不再处理：这一件留着，谁也看不到（无害）",
    **ORDER,
}
HARMLESS = frozenset({"object_orphan", "number_held", "time_reversed", "arrival_left_half"})
"""What an interrupted or running issue, a clock that was set, or an authority that gave an arrival up explains."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One difference: `about` is a serial, number, entry or review id, batch/row, sha256, guard or place in the log, never a person."""

    code: str
    about: str

    @property
    def message_zh(self) -> str:
        """What the code means, in Chinese."""
        return MESSAGES[self.code]

    @property
    def harmless(self) -> bool:
        """Tell whether an interrupted or running issue explains it."""
        return self.code in HARMLESS
