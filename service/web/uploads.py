"""Takes one file out of a request: multipart or the bare bytes, spooled to disk while it comes in."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO, Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request

from service.errors import Problem
from service.web.limits import BARE_FILES
from storage.objects.folder import system_errors

MEMORY: Final = 1 << 20
"""Bytes of one upload held in memory before it goes to a temporary file."""
MAX_PARTS: Final = 4
"""Files and fields of one form: ours has two file inputs."""
FIELD: Final = "file"
FORM: Final = "multipart/form-data"

OPENAPI_BODY: Final = {
    FORM: {
        "schema": {
            "type": "object",
            "required": [FIELD],
            "properties": {
                FIELD: {"type": "string", "format": "binary", "description": "PDF、JPEG、PNG、TIFF、HEIC"}
            },
        }
    },
    **{
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in ("application/pdf", "image/jpeg", "image/png", "image/tiff", "image/heic")
    },
}
"""What an upload looks like in the OpenAPI description."""


@asynccontextmanager
async def uploaded(request: Request, fields: int = MAX_PARTS) -> AsyncIterator[tuple[IO[bytes], str | None]]:
    """Yield the uploaded file, at its beginning, and its name; Problem 415 or 422 `no_file` when there is none.

    A form may have so many `fields` besides. StoreFull or StoreAway when there is no room to put it aside while it comes in.
    """
    content_type = request.headers.get("content-type", "")
    if content_type.startswith(FORM):
        try:
            with system_errors():
                form = await request.form(max_files=MAX_PARTS, max_fields=fields)
        except UnicodeError:  # Python knows charsets that decode nothing
            raise Problem(
                "bad_charset", 400, "表单的字符集有误", "表单声明的字符集无法使用；请以 UTF-8 重新上传。"
            ) from None
        try:
            chosen = [part for part in form.getlist(FIELD) if isinstance(part, UploadFile) and part.filename]
            if not chosen:
                raise Problem(
                    "no_file", 422, "没有选择文件", f"表单里没有名为 {FIELD} 的文件；请选择一个文件再上传。"
                )
            yield chosen[0].file, chosen[0].filename
        finally:
            await form.close()
        return
    if not content_type.startswith(BARE_FILES):
        raise Problem(
            "unsupported_type",
            415,
            "不支持的内容类型",
            "请用 multipart/form-data 上传文件，或直接发送图像、PDF；核验二维码请用 application/json。",
        )
    with tempfile.SpooledTemporaryFile(MEMORY) as spool:
        with system_errors():
            async for chunk in request.stream():
                await run_in_threadpool(spool.write, chunk)
            spool.seek(0)
        yield spool, None
