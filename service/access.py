"""Who may do what, and for whom: roles, the chain of organizations, and bearer tokens."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.errors import Problem, article_name

SECRECY_ARTICLE = 44
TOKEN_BYTES = 30
"""240 random bits, 48 characters of base32 without padding."""
TOKEN_PREFIX = "yz_"  # noqa: S105 - the visible beginning of every token, not a secret


class Role(StrEnum):
    """The roles of design.md §4.5."""

    CITY = "city"
    COUNTY = "county"
    REGISTRAR = "registrar"
    HEAD = "head"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What a flow is about to do."""

    WRITE_ORGANIZATION = "write_organization"
    WRITE_STUDENT = "write_student"
    WRITE_BLOCK = "write_block"
    WRITE_BLANK = "write_blank"
    WRITE_TEMPLATE = "write_template"
    ISSUE = "issue"
    REVOKE = "revoke"
    SCAN = "scan"
    TICK = "tick"
    REVIEW = "review"
    FILE = "file"
    CLOSE = "close"
    HAND_OVER = "hand_over"
    READ = "read"
    AUDIT = "audit"


ROLE_NAMES = {
    Role.CITY: "市教育局",
    Role.COUNTY: "县教育局",
    Role.REGISTRAR: "学校学籍管理员",
    Role.HEAD: "校长",
    Role.AUDITOR: "审计员",
}
ACTION_NAMES = {
    Action.WRITE_ORGANIZATION: "登记单位",
    Action.WRITE_STUDENT: "登记学生",
    Action.WRITE_BLOCK: "划拨证书号段",
    Action.WRITE_BLANK: "登记空白证书",
    Action.WRITE_TEMPLATE: "更换表样模板",
    Action.ISSUE: "出具文书",
    Action.REVOKE: "作废文书",
    Action.SCAN: "上传扫描件",
    Action.TICK: "确认签章",
    Action.REVIEW: "答复待核事项",
    Action.FILE: "归档和登记纸质位置",
    Action.CLOSE: "登记学校的合并、撤销",
    Action.HAND_OVER: "移交和接收档案",
    Action.READ: "查阅",
    Action.AUDIT: "查看巡检结果",
}
AUTHORITIES = frozenset({Role.CITY, Role.COUNTY})
STAFF = AUTHORITIES | {Role.REGISTRAR, Role.HEAD}
ALLOWED = {
    Action.WRITE_ORGANIZATION: AUTHORITIES,
    Action.WRITE_STUDENT: AUTHORITIES | {Role.REGISTRAR},
    Action.WRITE_BLOCK: AUTHORITIES,
    Action.WRITE_BLANK: AUTHORITIES,
    Action.WRITE_TEMPLATE: frozenset({Role.CITY}),
    Action.ISSUE: STAFF,
    Action.REVOKE: STAFF,
    Action.SCAN: STAFF,
    Action.TICK: STAFF,
    Action.REVIEW: STAFF,
    Action.FILE: frozenset({Role.REGISTRAR}),
    Action.CLOSE: AUTHORITIES,
    Action.HAND_OVER: STAFF,
    Action.READ: frozenset(Role),
    Action.AUDIT: frozenset({Role.CITY, Role.AUDITOR}),
}
CUSTODIAN = frozenset(
    {
        Action.READ,
        Action.WRITE_STUDENT,
        Action.ISSUE,
        Action.SCAN,
        Action.TICK,
        Action.REVIEW,
        Action.HAND_OVER,
    }
)
"""What whoever holds the files of a school that is gone does in its place (art. 8)."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whoever asks: role, the code of their organization, and the digest of their token."""

    role: Role
    org: str
    token_digest: str


def new_token(randbytes: Callable[[int], bytes]) -> str:
    """A fresh bearer token; only its digest is ever stored."""
    return TOKEN_PREFIX + base64.b32encode(randbytes(TOKEN_BYTES)).decode("ascii").lower()


def role_of(text: str) -> Role:
    """The role of that name. Raises Problem `unknown_role`."""
    if text not in list(Role):
        raise Problem("unknown_role", 422, "没有这个角色", f"角色只能是 {'、'.join(Role)}；请改用其中之一。")
    return Role(text)


def may(who: Who | None, action: Action) -> Who:
    """Let pass whose role allows the action; raises `no_token` (401) or `role_not_allowed` (403)."""
    if who is None:
        raise no_token()
    if who.role not in ALLOWED[action]:
        allowed = "、".join(ROLE_NAMES[role] for role in Role if role in ALLOWED[action])
        raise Problem(
            "role_not_allowed",
            403,
            "无权办理",
            f"{ROLE_NAMES[who.role]}不能{ACTION_NAMES[action]}；请由{allowed}办理。",
        )
    return who


def within(who: Who | None, action: Action, chain: Sequence[str]) -> Who:
    """Let pass whose organization stands in the chain [organization, parent, …] of what is touched.

    Raises `no_token`, `role_not_allowed`, or `out_of_scope` (403, art. 44).
    """
    allowed = may(who, action)
    if not sees(allowed, chain):
        raise Problem(
            "out_of_scope",
            403,
            "不在管辖范围",
            f"{ACTION_NAMES[action]}只限本单位及下属单位；范围以外请由有管辖权的单位办理，查阅须先取得学籍主管部门的书面批准。",
            article=article_name(SECRECY_ARTICLE),
        )
    return allowed


def sees(who: Who, chain: Sequence[str]) -> bool:
    """Tell whether somebody's organization stands in the chain: itself or above."""
    return who.org in chain


def reads_restricted(who: Who, issued_by: str) -> bool:
    """Tell whether somebody in scope may also read a restricted paper (a sanction, an absence report).

    The authorities, the head and the auditor may; of the registrars only the one who issued it, by token digest.
    """
    return who.role is not Role.REGISTRAR or who.token_digest == issued_by


def restricted() -> Problem:
    """The 403 for a restricted paper (arts. 41 and 44)."""
    return Problem(
        "restricted",
        403,
        "限制查阅",
        "处分、离校报告等限制查阅的文书，只有校长、主管教育行政部门、审计员和原经办人可以查阅；请由他们办理。",
        article=article_name(SECRECY_ARTICLE),
    )


def no_token() -> Problem:
    """The 401 for a request without a known token."""
    return Problem(
        "no_token",
        401,
        "需要访问令牌",
        "请求没有带有效的访问令牌；请在 Authorization 头里填 Bearer 令牌，令牌由管理员签发。",
    )
