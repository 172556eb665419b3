"""`python -m templates.draft [FORM …]`: writes template.docx of these forms, or of all drafted forms, anew."""

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from templates.catalogue import FORMS, SHEETS
from templates.draft import (
    academic_record,
    applications,
    diploma,
    leaving,
    notice,
    registers,
    reports,
    rosters,
    school,
    slip,
    student_info,
    transfer,
)
from templates.draft.paper import save
from templates.form import TEMPLATE

DRAFTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "diploma_primary": diploma.draft_primary,
        "diploma_junior": diploma.draft_junior,
        "diploma_senior": diploma.draft_senior,
        "completion_certificate": leaving.draft_completion,
        "incomplete_certificate": leaving.draft_incomplete,
        "academic_record_certificate": academic_record.draft,
        "transfer_application": transfer.draft,
        "student_info": student_info.draft,
        "decision_notice": notice.draft,
        slip.FORM: slip.draft,
        **applications.DRAFTS,
        **reports.DRAFTS,
        **school.DRAFTS,
        **rosters.DRAFTS,
        **registers.DRAFTS,
    }
)


def main(forms: list[str]) -> int:
    """Draft these forms (all when none is named); gives 0, or 2 when a name is unknown."""
    if unknown := [name for name in forms if name not in DRAFTS]:
        print(f"没有这些表样的起草程序：{'、'.join(unknown)}。可用：{'、'.join(DRAFTS)}")
        return 2
    for name in forms or DRAFTS:
        file = (SHEETS if (SHEETS / name).is_dir() else FORMS) / name / TEMPLATE
        save(DRAFTS[name](), file)
        print(f"已写出 {name}/{file.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
