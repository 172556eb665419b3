"""Routes of the catalogue: what can be printed, and what each paper needs."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from service.errors import article_name
from service.office import Office
from service.regulation.edition import Edition
from service.web.auth import TheOffice
from service.web.form_schema import example_of, schema
from templates import blank
from templates.evidence import evidence
from templates.form import Block, Field, Form

router = APIRouter(tags=["表样"])
SUBJECTS: Final = {"student": "在册学生", "person": "个人", "school": "学校", "unit": "单位"}
FILES: Final = {"student_file": "学生档案", "school_file": "学校档案"}
Day = Annotated[date | None, Query(description="办理日期：按当日有效的版本列出标题、附件号和文字，默认今天")]


@router.get("/v1/forms", summary="列出表样")
def every(office: TheOffice, day: Day = None) -> JSONResponse:
    """Every form of the catalogue, shortly."""
    edition = office.editions.on(day or office.today())
    forms = [_summary(form, edition) for form in office.catalogue.forms.values()]
    return JSONResponse({"edition": _edition(edition), "forms": forms})


@router.get("/v1/forms/{form}", summary="查看表样：需要填什么、签什么、附什么")
def get(form: str, office: TheOffice, day: Day = None) -> JSONResponse:
    """One form: JSON Schema of a request's `data`, sign and seal blocks, evidence, articles."""
    found = office.catalogue.get(form)
    edition = office.editions.on(day or office.today())
    body = {
        **_summary(found, edition),
        "edition": _edition(edition),
        "modes": _modes(office, found),
        "schema": schema(found, edition, example_of(found)),
        "from_record": [
            _from_record(field) for field in found.fields if field.source in {"student", "school"}
        ],
        "blocks": [_block(block) for block in found.blocks],
        "evidence": [_evidence(name) for name in found.evidence],
        "evidence_if": [
            {"when": condition, "evidence": [_evidence(name) for name in names]}
            for condition, names in found.evidence_if.items()
        ],
        "footnotes": list(edition.paper(found).footnotes),
    }
    return JSONResponse(body)


def _summary(form: Form, edition: Edition) -> dict[str, Any]:
    paper = edition.paper(form)
    return {
        "form": form.name,
        "title": paper.title,
        "kind": form.kind,
        "subject": form.subject,
        "subject_label": SUBJECTS[form.subject],
        "attachment": paper.attachment or None,
        "stages": list(form.stages),
        "pages": form.pages or None,
        "copies": form.copies,
        "copies_for": list(form.copies_for),
        "size_mm": list(form.size_mm),
        "article": "、".join(article_name(number) for number in form.articles),
        "articles": [
            {"article": article_name(number), "title": edition.articles.get(number)}
            for number in form.articles
        ],
        "number_field": form.number_field,
        "archive_class": form.archive_class,
        "archive_to": [FILES[name] for name in form.archive_to],
        "access": form.access or None,
    }


def _edition(edition: Edition) -> dict[str, Any]:
    return {"name": edition.name, "title": edition.title, "note": edition.note or None}


def _modes(office: Office, form: Form) -> list[str]:
    """How it can be printed: on plain paper, and on the authority's blanks where there are any."""
    if blank.default(form.name) is not None:
        return ["full", "overprint"]
    with office.archive.read() as reading:
        return ["full", "overprint"] if reading.blanks(form=form.name) else ["full"]


def _from_record(field: Field) -> dict[str, Any]:
    return {"name": field.name, "label": field.label, "source": field.source, "required": field.required}


def _evidence(name: str) -> dict[str, Any]:
    kind, required = evidence(name)
    return {
        "evidence": kind.name,
        "label": kind.label,
        "required": required,
        "sensitive": kind.sensitive,
        "restricted": kind.restricted,
        "min_level": kind.min_level or None,
        "note": kind.note or None,
    }


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
