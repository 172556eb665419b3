"""Routes of what everybody may have: keys, the log's checkpoint and proofs, the status list."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from service import publish
from service.web.auth import TheOffice
from service.web.limits import limited
from service.web.offline_page import POLICY, offline_page

router = APIRouter(tags=["公开数据"])
OPEN: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Verifiers of other makers run in browsers too."""
LIMITED: Final = [Depends(limited)]
"""These read the whole log or every status, so nobody may ask without end."""
KEYS: Final = {**OPEN, "Cache-Control": "public, max-age=300"}


@router.get("/.well-known/yinzheng-keys.json", summary="验签公钥")
async def keys(office: TheOffice) -> Response:
    """Every key that ever signed a code."""
    return Response(office.keys.published(), media_type="application/json", headers=KEYS)


@router.get("/offline.html", summary="离线核验页", response_class=HTMLResponse, dependencies=LIMITED)
def offline(office: TheOffice) -> HTMLResponse:
    """One file to keep: it verifies codes without network, with the keys, list and checkpoint of now inside."""
    headers = {"Content-Security-Policy": POLICY, "Content-Language": "zh-CN", "Cache-Control": "no-store"}
    return HTMLResponse(offline_page(office), headers=headers)


@router.get(
    "/v1/log/checkpoint",
    summary="日志的检查点",
    description="C2SP tlog-checkpoint：日志名、条数、根、签名。第二行签名连同时间一起签。",
    response_class=PlainTextResponse,
    dependencies=LIMITED,
)
def checkpoint(office: TheOffice) -> PlainTextResponse:
    """The log's size and root, signed."""
    return PlainTextResponse(publish.checkpoint(office), headers=OPEN)


@router.get(
    "/v1/log/proof/{serial}",
    summary="一份文书在日志里的证明",
    description="RFC 6962 包含证明：签发、生效、作废各条的叶和路径，与检查点一起可离线验证。",
    dependencies=LIMITED,
)
def proof(serial: str, office: TheOffice) -> JSONResponse:
    """The Merkle paths from a document's leaves to the root."""
    return JSONResponse(publish.proof(office, serial), headers=OPEN)


@router.get(
    "/v1/log/consistency",
    summary="日志只增不改的证明",
    description="RFC 6962 一致性证明：first 条的日志是 second 条（省略时为现在）的日志的开头。",
    dependencies=LIMITED,
)
def consistency(
    office: TheOffice, first: Annotated[int, Query(ge=0)], second: Annotated[int | None, Query(ge=0)] = None
) -> JSONResponse:
    """The proof between two sizes of the log, with both roots."""
    return JSONResponse(publish.consistency(office, first, second), headers=OPEN)


@router.get(
    "/v1/status-list",
    summary="状态清单（离线核验用）",
    description="已作废、已被替代的文书，每份 4 字节，带签名和时间；long=true 时还有已生效的。不含姓名和学籍号。",
    response_class=PlainTextResponse,
    dependencies=LIMITED,
)
def status_list(office: TheOffice, long: bool = False) -> PlainTextResponse:
    """Which documents are void or replaced, and in the long list which are effective, signed."""
    return PlainTextResponse(publish.status_list(office, long=long), headers=OPEN)
