"""A small HTTP client of our own API, so that the demo needs nothing a user's machine lacks."""

import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

SECONDS_PER_CALL: Final = 180
"""A scan is waited for at most this long; a cold machine loads its models first."""


class CallFailed(Exception):
    """The service answered a call with a problem; `problem` is its body."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"HTTP {status}: {problem.get('title')} {problem.get('detail')}")
        self.status = status
        self.problem = problem


class Client:
    """Calls one service with one token."""

    def __init__(self, base: str, token: str) -> None:
        self._base = base
        self._token = token

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send JSON, return JSON; a problem raises CallFailed."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        return json.loads(self._send(method, path, data, headers))

    def content(self, path: str) -> bytes:
        """Return the bytes behind a link."""
        return self._send("GET", path, None, {})

    def upload(self, path: str, name: str, data: bytes, method: str = "POST") -> Any:
        """Send one file as multipart/form-data; return JSON."""
        edge = secrets.token_hex(12)
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        return json.loads(
            self._send(method, path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
        )

    def scan(self, name: str, data: bytes) -> Any:
        """Upload a scan and return its result when the reading is done."""
        scan_id = self.upload("/v1/scans", name, data)["id"]
        end = time.monotonic() + SECONDS_PER_CALL
        while time.monotonic() < end:
            result = self.call("GET", f"/v1/scans/{scan_id}?wait=30")
            if result["state"] in {"done", "failed"}:
                return result
        raise CallFailed(504, {"title": "扫描件在时限内没有读完"})

    def _send(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> bytes:
        request = urllib.request.Request(
            self._base + path,
            data=data,
            method=method,
            headers={**headers, "Authorization": f"Bearer {self._token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS_PER_CALL) as answer:
                content: bytes = answer.read()
                return content
        except urllib.error.HTTPError as error:
            raise CallFailed(error.code, json.loads(error.read() or b"{}")) from error
