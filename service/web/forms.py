"""Routes of the catalogue: what can be printed, and what each paper needs."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import JSONResponse

from service.errors import article_name
from service.web.auth import TheOffice
from templates.catalogue import Block, Field, Form
from templates.codes import CODE_SETS, CodeSet

router = APIRouter(tags=["表样"])
FORMATS: Final[dict[str, dict[str, Any]]] = {
    "date": {"format": "date", "examples": ["2026-07-01"]},
    "year_month": {"pattern": r"^\d{4}-(0[1-9]|1[0-2])$", "examples": ["2023-09"]},
}

SOURCES: Final = {
    "student": "取自学生记录，不必填",
    "school": "取自学校记录，不必填",
    "office": "由号段给出，没有号段时才填",
}


@router.get("/v1/forms", summary="列出表样")
async def every(office: TheOffice) -> JSONResponse:
    """Every form of the catalogue, shortly."""
    return JSONResponse({"forms": [_summary(form) for form in office.catalogue.forms.values()]})


@router.get("/v1/forms/{form}", summary="查看表样：需要填什么、签什么、附什么")
async def get(form: str, office: TheOffice) -> JSONResponse:
    """One form: JSON Schema of a request's `data`, sign and seal blocks, evidence, articles."""
    found = office.catalogue.get(form)
    body = {
        **_summary(found),
        "schema": schema(found),
        "from_record": [
            _from_record(field) for field in found.fields if field.source in {"student", "school"}
        ],
        "blocks": [_block(block) for block in found.blocks],
        "evidence": list(found.evidence),
        "evidence_if": {condition: list(names) for condition, names in found.evidence_if.items()},
        "footnotes": list(found.footnotes),
    }
    return JSONResponse(body)


def _summary(form: Form) -> dict[str, Any]:
    return {
        "form": form.name,
        "title": form.title,
        "kind": form.kind,
        "attachment": form.attachment or None,
        "stages": list(form.stages),
        "pages": form.pages,
        "copies": form.copies,
        "size_mm": list(form.size_mm),
        "article": "、".join(article_name(number) for number in form.articles),
        "archive_class": form.archive_class,
    }


def schema(form: Form) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a request's `data`; what the record gives may be left out."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": form.title,
        "type": "object",
        "additionalProperties": False,
        "required": [f.name for f in form.fields if f.source == "data" and f.required and not f.default],
        "properties": {field.name: _property(field) for field in form.fields},
    }


def _property(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string", "title": field.label, **FORMATS.get(field.type, {})}
    if field.type in {"string", "text"}:
        found["maxLength"] = field.max
    if field.code_set is not None:
        found |= _codes(field, CODE_SETS[field.code_set])
    notes = [field.note, SOURCES.get(field.source, "")]
    if any(notes):
        found["description"] = "；".join(filter(None, notes))
    if field.default:
        found["default"] = field.default
    return found


def _codes(field: Field, code_set: CodeSet) -> dict[str, Any]:
    words = [{"const": code, "title": word} for code, word in (field.words or code_set.words).items()]
    return {"anyOf": [*words, {"type": "string"}]} if code_set.open else {"oneOf": words}


def _from_record(field: Field) -> dict[str, Any]:
    return {"name": field.name, "label": field.label, "source": field.source, "required": field.required}


def _block(block: Block) -> dict[str, Any]:
    return {
        "block": block.id,
        "label": block.label,
        "sign": block.sign,
        "seal": block.seal,
        "required": block.required,
        "when": block.when,
        "machine": block.machine,
        "note": block.note or None,
    }
