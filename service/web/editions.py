"""Routes of the editions: which regulation is in force when, with its articles, limits and attachments."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from service.errors import article_name
from service.regulation.edition import Edition
from service.web.auth import TheOffice

router = APIRouter(tags=["规定"])


@router.get("/v1/editions", summary="列出规定的各版本：施行期、条文、限额、附件号")
async def every(office: TheOffice) -> JSONResponse:
    """Every edition, the oldest first, and the name of the one in force today."""
    editions = office.editions
    return JSONResponse(
        {"today": editions.on(office.today()).name, "editions": [_told(one) for one in editions.all]}
    )


def _told(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.name,
        "title": edition.title,
        "note": edition.note,
        "contact": edition.contact,
        "from": edition.from_day.isoformat(),
        "until": edition.until_day.isoformat() if edition.until_day else None,
        "articles": [
            {"article": article_name(number), "title": title} for number, title in edition.articles.items()
        ],
        "limits": [
            {
                "limit": limit.name,
                "label": limit.label,
                "value": limit.value,
                "article": article_name(limit.article),
                "tighter": limit.tighter or None,
            }
            for limit in edition.limits.values()
        ],
        "attachments": {name: row.attachment for name, row in edition.papers.items() if row.attachment},
    }
