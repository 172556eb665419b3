"""Routes of what everybody may have: keys, signed log head, inclusion proofs, status list."""

from typing import Final

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, PlainTextResponse, Response

from service import retrieve
from service.web.auth import TheOffice
from service.web.limits import limited

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


@router.get(
    "/v1/log/checkpoint", summary="签发日志的签名头", response_class=PlainTextResponse, dependencies=LIMITED
)
def checkpoint(office: TheOffice) -> PlainTextResponse:
    """The log's size and root, signed."""
    return PlainTextResponse(retrieve.checkpoint(office), headers=OPEN)


@router.get(
    "/v1/log/proof/{serial}",
    summary="一份文书在日志里的证明",
    description="RFC 6962 包含证明：叶、路径、根和签名头，可离线验证。",
    dependencies=LIMITED,
)
def proof(serial: str, office: TheOffice) -> JSONResponse:
    """The Merkle path from a document's leaf to the root."""
    return JSONResponse(dict(retrieve.proof(office, serial)), headers=OPEN)


@router.get(
    "/v1/status-list",
    summary="状态清单（离线核验用）",
    description="已作废、已被替代的文书编号的 SHA-256，带签名；不含姓名和学籍号。",
    dependencies=LIMITED,
)
def status_list(office: TheOffice) -> JSONResponse:
    """Which documents are void or replaced, by the digest of their serial, signed."""
    return JSONResponse(dict(retrieve.status_list(office)), headers=OPEN)
