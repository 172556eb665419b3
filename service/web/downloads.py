"""Sends bytes of the archive: their media type, a file name of any script, and nothing a browser could run."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from service.office import Content

SHOWN: Final = frozenset({"application/pdf"})
"""Media types a browser may show by itself; all others are saved, since people upload anything."""
POLICY: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"


def send(content: Content) -> Response:
    """Return the bytes as a response; PDF is shown, everything else is offered for saving."""
    headers = headers_of(content.media_type, content.filename)
    return Response(content.data, media_type=content.media_type, headers=headers)


def headers_of(media_type: str, filename: str) -> dict[str, str]:
    """Return the headers that say under which name something is saved, and that it is never run."""
    how = "inline" if media_type in SHOWN else "attachment"
    plain = filename.encode("ascii", "replace").decode().translate(str.maketrans('?"\\', "___"))
    headers = {
        "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
    }
    if media_type not in SHOWN:
        headers["Content-Security-Policy"] = POLICY
    return headers
