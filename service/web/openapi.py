"""The OpenAPI 3.1 description: what the routes say, completed by the edition's fields and our problems."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.regulation.edition import Edition
from service.web.batch_schemas import BatchIn
from service.web.examples import PROBLEM, STUDENT
from service.web.problems import MEDIA_TYPE
from service.web.schemas import ProblemOut, VerificationIn
from templates.codes import CODE_SETS

TITLE: Final = "印证 Yinzheng"
DESCRIPTION: Final = (
    "中小学学籍文书的打印（印）、核对（证）与永久存档。\n\n"
    "除公开核验、表样、公开数据和探针外，都要在 `Authorization: Bearer …` 里带令牌。"
    "出错时一律回答 `application/problem+json`（RFC 9457）：`code` 是稳定的英文代码，"
    "`detail` 是中文说明，`article` 是据以拒绝的条款，`errors` 逐项列出不合规之处。"
)
REF: Final = "#/components/schemas/"


def describe(app: FastAPI, edition: Edition) -> dict[str, Any]:
    """Return the description of the application's routes; made once, then kept by the application."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    schemas = made["components"]["schemas"]
    for model in (ProblemOut, VerificationIn, BatchIn):
        schemas[model.__name__] = model.model_json_schema(ref_template=REF + "{model}")
        schemas |= schemas[model.__name__].pop("$defs", {})
    schemas["StudentRecord"] = student_schema(edition)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operations in made["paths"].items():
        for operation in operations.values():
            _complete(path, operation)
    return made


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Say how an operation refuses, and name the student record where it is the body.

    What a function says of itself in English is for the readers of the code and is left out.
    """
    if operation.get("description", "").isascii():
        operation.pop("description", None)
    for response in operation["responses"].values():
        response["description"] = "成功"
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "不能办理：说明是什么、为什么、怎么办",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF + "ProblemOut"}, "example": PROBLEM}},
    }
    if path == "/v1/students/{student_no}" and "requestBody" in operation:
        content = operation["requestBody"]["content"]["application/json"]
        content["schema"] = {"$ref": REF + "StudentRecord"}
        content["example"] = STUDENT


MARKS: Final = {"type": "string", "enum": list(CODE_SETS["exam_grade"].words)}


def student_schema(edition: Edition) -> dict[str, Any]:
    """Return the JSON Schema of a student's record: the fields of the edition's 学生基本信息表."""
    required = [name for name, field in edition.record.items() if field.required]
    properties: dict[str, Any] = {
        "name": {"type": "string", "title": "姓名"},
        "school": {"type": "string", "title": "学校标识码"},
    }
    for name, field in edition.record.items():
        properties[name] = {"type": "string", "title": field.label}
        if field.type == "map":
            properties[name] = {"type": "object", "title": field.label, "additionalProperties": MARKS}
        elif field.type == "int":
            properties[name]["type"] = ["string", "integer"]
        elif field.code_set is not None and not CODE_SETS[field.code_set].open:
            words = CODE_SETS[field.code_set].words
            properties[name]["oneOf"] = [{"const": code, "title": word} for code, word in words.items()]
    return {
        "title": "学生基本信息",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "school", *required],
        "properties": properties,
        "examples": [STUDENT],
    }
