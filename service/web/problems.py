"""Every error turned into application/problem+json (RFC 9457): the one table, and its handlers."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from intake import errors as intake
from service.errors import Objection, Problem
from storage import errors as storage
from templates import errors as templates

MEDIA_TYPE: Final = "application/problem+json"
REALM: Final = 'Bearer realm="yinzheng"'
INTERNAL: Final = "internal_error"
"""The code of what nobody foresaw."""
RETRY_SECONDS: Final = 5
"""What a caller is told to wait when the error itself does not know better."""

_log = logging.getLogger("yinzheng.web")


@dataclass(frozen=True, slots=True)
class Row:
    """How one class of error is answered: HTTP status, Chinese title, and whether waiting may help."""

    status: int
    title: str
    wait: bool = False


TABLE: Final[Mapping[type[Exception], Row]] = MappingProxyType(
    {
        storage.NotFound: Row(404, "查无此记录"),
        storage.OutOfScope: Row(403, "不在管辖范围"),
        storage.AlreadyThere: Row(409, "记录已存在"),
        storage.Frozen: Row(409, "存档内容不可更改"),
        storage.NoNumberLeft: Row(409, "没有可用的证书编号"),
        storage.KeyReused: Row(409, "幂等键已用于另一请求"),
        storage.StillRunning: Row(409, "相同请求正在处理", wait=True),
        storage.BadRow: Row(422, "内容不合规"),
        storage.BadPattern: Row(422, "编号样式不合规"),
        storage.ObjectDamaged: Row(500, "存档文件损坏"),
        storage.StoreFull: Row(507, "存储空间已满"),
        storage.StoreAway: Row(503, "档案库暂时不可用", wait=True),
        storage.NotPrepared: Row(503, "数据库尚未就绪"),
        storage.LockNotHeld: Row(503, "对象存储守不住锁定"),
        storage.StorageError: Row(500, "档案库出错"),
        templates.UnknownForm: Row(404, "没有这种表样"),
        templates.ValueRefused: Row(422, "内容不能打印"),
        templates.GlyphMissing: Row(422, "缺少生僻字字形"),
        templates.PhotoRefused: Row(422, "照片不合格"),
        templates.DoesNotFit: Row(422, "内容排不下"),
        templates.TooManyPages: Row(422, "页数过多"),
        templates.ConverterBusy: Row(503, "打印任务过多", wait=True),
        templates.ConverterFailed: Row(503, "排版程序暂时不可用", wait=True),
        templates.TemplatesError: Row(500, "打印出错"),
        intake.UploadRefused: Row(422, "不能接受这个文件"),
        intake.RecogniserFailed: Row(503, "文字识别出错", wait=True),
        intake.RecogniserMissing: Row(503, "文字识别暂时不可用", wait=True),
        intake.IntakeError: Row(500, "读取扫描件出错"),
    }
)
"""The first class of an error's own line of descent that stands here decides."""

ARTICLES: Final = MappingProxyType({storage.NoNumberLeft: "第三十四条", storage.OutOfScope: "第四十四条"})
"""What storage itself refuses by the regulation."""

UPLOADS: Final = MappingProxyType({"too_large": 413, "too_many_pages": 413, "unknown_type": 415})
"""Refused uploads that HTTP has a status of its own for."""

PLAIN: Final = MappingProxyType(
    {
        400: ("bad_request", "请求有误", "请求的格式读不懂；请对照 /docs 检查后重试。"),
        401: ("no_token", "需要访问令牌", "请在 Authorization 头里填 Bearer 令牌。"),
        404: ("no_such_address", "没有这个地址", "请求的地址不存在；请对照 /docs 核对路径。"),
        405: ("method_not_allowed", "不支持这种操作", "这个地址不支持所用的方法；请对照 /docs 核对。"),
        413: ("too_large", "内容过大", "上传的内容超过允许的大小；请降低分辨率或分几次上传。"),
        415: ("unsupported_type", "不支持的内容类型", "请改用说明里列出的内容类型。"),
        422: ("invalid_request", "请求内容有误", "请按所列各项改正后重试。"),
    }
)
"""What the framework itself refuses: status → code, title, detail."""

FAULTS_TOLD: Final = 200
"""Faults of one body that are looked at: whoever sent thousands sees the rest when these are put right."""
LONGEST_NAME: Final = 200
"""Characters told of the name of a member: it may be the caller's own invention."""
PLACES: Final = frozenset({"body", "query", "path", "header"})
_BRANCH: Final = re.compile(r"(?:constrained|function)-.+|(?:dict|list)\[.*\]|str|int|float|bool")
"""How pydantic calls the kinds of value that a member may be of: no name of a field."""

_FIELD_FAULTS: Final = MappingProxyType(
    {
        "missing": "缺少这一项，请补上",
        "extra_forbidden": "不认识这一项，请删去或改正名称",
        "string_type": "应为文字",
        "string_too_short": "太短",
        "string_too_long": "太长",
        "too_long": "项数太多，请分几次办理",
        "string_pattern_mismatch": "格式不对，请对照说明",
        "int_type": "应为整数",
        "int_parsing": "应为整数",
        "bool_type": "应为 true 或 false",
        "dict_type": "应为对象",
        "model_attributes_type": "应为 JSON 对象",
        "list_type": "应为列表",
        "literal_error": "不在允许的取值之内",
        "enum": "不在允许的取值之内",
        "greater_than_equal": "太小",
        "less_than_equal": "太大",
        "float_parsing": "应为数字",
        "json_invalid": "不是有效的 JSON",
        "value_error": "取值不合规定",
    }
)


def as_problem(error: Exception) -> Problem:
    """Return the problem an error of any of our packages is answered with; anything else is `internal_error`."""
    if isinstance(error, Problem):
        return error
    for ancestor in type(error).__mro__:
        row = TABLE.get(ancestor)
        if row is not None:
            return _from_row(error, row)
    return Problem(
        INTERNAL,
        500,
        "系统内部出错",
        "处理请求时发生意外错误，已记入日志。请稍后重试；仍不行时把请求编号告诉系统管理员。",
    )


def _from_row(error: Any, row: Row) -> Problem:
    wait = getattr(error, "retry_after", RETRY_SECONDS) if row.wait else None
    field = getattr(error, "field", None)
    fields = [field] if field else list(error.names) if isinstance(error, templates.DoesNotFit) else []
    article = next((name for kind, name in ARTICLES.items() if isinstance(error, kind)), None)
    return Problem(
        error.code,
        UPLOADS.get(error.code, row.status) if isinstance(error, intake.UploadRefused) else row.status,
        row.title,
        error.message_zh,
        article=article,
        errors=[Objection(name, error.code, error.message_zh) for name in fields],
        extra={} if wait is None else {"retry_after": wait},
    )


def answer(request: Request, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem as a response, with the headers its status asks for and the request's id."""
    sent = dict(headers or {})
    if problem.status == 401:
        sent["WWW-Authenticate"] = REALM
    elif problem.code in {"role_not_allowed", "out_of_scope"}:
        sent["WWW-Authenticate"] = REALM + ', error="insufficient_scope"'
    if "retry_after" in problem.extra:
        sent["Retry-After"] = str(problem.extra["retry_after"])
    body = {**problem.to_json(), "request_id": request.scope.get("request_id")}
    return JSONResponse(body, problem.status, sent, MEDIA_TYPE)


def framework_problem(error: HTTPException) -> Problem:
    """Return the problem for what the framework refuses, or for ours that it met while reading a body."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    code, title, detail = PLAIN.get(error.status_code, PLAIN[400])
    return Problem(code, error.status_code, title, detail)


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the 422 for what pydantic found first, each fault by field; what was sent is never repeated."""
    code, title, detail = PLAIN[422]
    faults: dict[str, list[str]] = {}
    for error in errors[:FAULTS_TOLD]:
        faults.setdefault(_field(error), []).append(str(error["type"]))
    around = {outer for field in faults for outer in _around(field)}
    told = [
        (field, _telling(kinds))
        for field, kinds in faults.items()
        if field not in around or not _kind_alone(kinds)
    ]
    return Problem(code, 422, title, detail, errors=[_objection(field, kind) for field, kind in told])


def _field(error: Mapping[str, Any]) -> str:
    """The name of a member: where it stands, without the place of the request and the kinds of value it may be."""
    where = [str(part) for part in error.get("loc", ())]
    return ".".join(part for part in where if part not in PLACES and not _BRANCH.fullmatch(part))[
        :LONGEST_NAME
    ]


def _telling(kinds: Sequence[str]) -> str:
    """Of what each allowed kind of value objects to, the one that looked beyond the kind."""
    return next((kind for kind in kinds if not kind.endswith("_type")), kinds[0])


def _around(field: str) -> Iterator[str]:
    """The members that a member lies in."""
    return (field[:end] for end, char in enumerate(field) if char == "." and end)


def _kind_alone(kinds: Sequence[str]) -> bool:
    """Tell whether only the kind of a member is objected to: what is inside it is then told by its own name."""
    return all(kind.endswith("_type") for kind in kinds)


def _objection(field: str, kind: str) -> Objection:
    return Objection(field or None, kind, f"{field or '请求'}：{_FIELD_FAULTS.get(kind, '取值不合规定')}。")


def register(app: FastAPI) -> None:
    """Install the handlers: our own errors, the framework's refusals, and whatever nobody foresaw."""

    async def ours(request: Request, error: Exception) -> Response:
        problem = as_problem(error)
        if problem.status >= 500:
            _log.warning("problem %s by %s", problem.code, type(error).__name__)
        return answer(request, problem)

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return answer(request, framework_problem(error), error.headers)

    async def faulty(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, invalid(error.errors()))

    for known in (Problem, storage.StorageError, templates.TemplatesError, intake.IntakeError):
        app.add_exception_handler(known, ours)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, faulty)
    app.add_exception_handler(Exception, ours)
