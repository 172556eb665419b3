"""Sends bytes of the archive: their media type, a file name of any script, and nothing a browser could run."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from service.office import Content, Handing
from service.web.streams import begun, pieces

SHOWN: Final = frozenset({"application/pdf"})
"""Media types of ours a browser may show by itself; all others are saved, and all that people handed in."""
POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


def send(content: Content) -> Response:
    """Return the bytes as a response; a PDF that we made is shown, everything else is offered for saving."""
    headers = headers_of(content.media_type, content.filename, shown=not content.foreign)
    return Response(content.data, media_type=content.media_type, headers=headers)


def stream(handing: Handing) -> StreamingResponse:
    """Return what is written piece by piece as a response that is sent while it is made or fetched."""
    headers = headers_of(handing.media_type, handing.filename)
    return StreamingResponse(begun(pieces(handing.write)), media_type=handing.media_type, headers=headers)


def headers_of(media_type: str, filename: str, *, shown: bool = True) -> dict[str, str]:
    """Return the headers that say under which name something is saved, and that it is never run."""
    inline = shown and media_type in SHOWN
    how = "inline" if inline else "attachment"
    plain = filename.encode("ascii", "replace").decode().translate(str.maketrans('?"\\', "___"))
    headers = {
        "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
    }
    if not inline:
        headers["Content-Security-Policy"] = POLICY
    return headers
