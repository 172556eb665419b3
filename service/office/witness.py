"""What a paper says of the log: a roster that is sealed and kept elsewhere holds the log to what it was on that day."""

import base64

from service.office.desk import Office
from templates.form import Form

TOLD = "印制时日志检查点：{size} {root}（第几条、根；可用 yinzheng check --checkpoint 证明此前的记录此后未被改动）。"


def notes(office: Office, form: Form, footnotes: tuple[str, ...]) -> tuple[str, ...]:
    """The footnotes of a paper; one that bears the checkpoint has it as its last."""
    if not form.checkpoint:
        return footnotes
    with office.archive.read() as reading:
        tree = reading.log_tree()
        root = base64.b64encode(tree.root()).decode("ascii")
    return (*footnotes, TOLD.format(size=tree.size, root=root))
