"""Withdraw a document for good; its number is never given again."""

from typing import Any

from service.access import Action, Role, Who, may
from service.errors import Objection, Problem, refused
from service.office import Office
from service.office.lookups import document_body, find_document, open_to, require

MAX_REASON = 500
"""Characters of a revocation's reason: a paragraph."""


def revoke(office: Office, who: Who | None, serial: str, reason: str) -> dict[str, Any]:
    """Withdraw a document for good: whoever issued it or stands above, with a reason that is kept.

    A registrar may withdraw only what is not yet effective. Raises Problem 401, 403, 404, 409, 422.
    """
    may(who, Action.REVOKE)
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise refused([Objection("reason", "missing_field", f"请写明作废理由（1至{MAX_REASON}字）")])
    with office.archive.begin() as transaction:
        document = find_document(transaction, serial)
        allowed = require(transaction, who, Action.REVOKE, document.school)
        open_to(office, allowed, document)
        if document.status not in {"pending", "effective"}:
            raise Problem("already_revoked", 409, "文书已失效", "该文书已作废或已被替代，不能再次作废。")
        if allowed.role is Role.REGISTRAR and document.status == "effective":
            raise Problem(
                "role_not_allowed", 403, "无权办理", "文书已生效，只能由校长或主管教育行政部门作废。"
            )
        transaction.set_status(document.serial, "revoked", reason=reason)
        return document_body(office, transaction.document(document.serial))
