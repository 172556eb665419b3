"""`python -m templates.draft [FORM …]`: writes template.docx of these forms, or of all drafted forms, anew."""

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from templates.catalogue import FORMS
from templates.draft import academic_record, diploma_junior, transfer
from templates.draft.paper import save

DRAFTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "diploma_junior": diploma_junior.draft,
        "academic_record_certificate": academic_record.draft,
        "transfer_application": transfer.draft,
    }
)


def main(forms: list[str]) -> int:
    """Draft these forms (all when none is named); gives 0, or 2 when a name is unknown."""
    if unknown := [name for name in forms if name not in DRAFTS]:
        print(f"没有这些表样的起草程序：{'、'.join(unknown)}。可用：{'、'.join(DRAFTS)}")
        return 2
    for name in forms or DRAFTS:
        file = FORMS / name / "template.docx"
        save(DRAFTS[name](), file)
        print(f"已写出 {name}/{file.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
