"""A small S3 store in memory whose locks hold, except for the promises it is told to break while it answers 200."""

import contextlib
import http.server
import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

from tests.stores.served import HOST

XML = "application/xml"
FAR_YEAR = 2038


@dataclass
class Kept:
    """A version: its bytes, None for a marker of deletion, and its lock."""

    id: str
    data: bytes | None
    mode: str | None = None
    until: str | None = None
    hold: str | None = None
    at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))

    def locked(self, now: str) -> bool:
        """Tell whether its retention runs: moments are written alike, so that texts compare."""
        return self.until is not None and self.until[:19] > now


class Store:
    """Buckets by name; `breaks` are keys of storage.objects.canary.BROKEN."""

    def __init__(self, breaks: frozenset[str]) -> None:
        self.breaks = breaks
        self.keys: dict[str, list[Kept]] = {}
        self.versioned = "not_versioned" not in breaks
        self.made = False
        self.ids = itertools.count(1)
        self.puts: list[str] = []
        self.ill = False
        self.crossed: str | None = None
        """A key: another puts the same bytes there, and whose lock is written first writes it on the other's version."""

    def put(self, key: str, data: bytes, headers: dict[str, str]) -> Kept:
        """Keep a version."""
        version = Kept(f"v{next(self.ids):08}", data)
        version.mode = headers.get("x-amz-object-lock-mode")
        version.until = headers.get("x-amz-object-lock-retain-until-date")
        version.hold = headers.get("x-amz-object-lock-legal-hold")
        if "not_told" in self.breaks and version.until:
            version.until = "1990-11-23T17:31:44.000Z"
        kept = self.keys.setdefault(key, [])
        if "changed" in self.breaks:
            for earlier in kept:
                earlier.data = data
        kept.insert(0, version)
        if key == self.crossed:
            kept.insert(0, Kept(f"v{next(self.ids):08}", data, version.mode, version.until, version.hold))
            version.mode = version.until = version.hold = None
        self.puts.append(key)
        return version

    def find(self, key: str, version: str | None) -> Kept | None:
        """A version, or the latest."""
        kept = self.keys.get(key, [])
        return next((one for one in kept if version in {None, one.id}), None)

    def remove(self, key: str, version: str | None, *, bulk: bool) -> bool:
        """Delete a version if its lock, as far as it is kept, lets it; without a version put a marker over it."""
        if version is None:
            self.keys.setdefault(key, []).insert(0, Kept(f"v{next(self.ids):08}", None))
            return True
        kept = self.find(key, version)
        if kept is None:
            return True
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        far = kept.until is not None and int(kept.until[:4]) > FAR_YEAR
        lifted = ("far_deleted" if far else "bypassed" if bulk else "deleted") in self.breaks
        if kept.locked(now) and not lifted:
            return False
        if kept.hold == "ON" and "hold_ignored" not in self.breaks and not (kept.locked(now) and lifted):
            return False
        if kept.until is None and "nothing_deleted" in self.breaks:
            return False
        self.keys[key] = [one for one in self.keys[key] if one is not kept]
        return True

    def retain(self, key: str, version: str | None, mode: str, until: str) -> bool:
        """Change a retention: later always, earlier or weaker only when that is broken."""
        kept = self.find(key, version)
        if kept is None:
            return False
        if kept.mode == "COMPLIANCE" and mode != "COMPLIANCE" and "weakened" not in self.breaks:
            return False
        if key == self.crossed and "not_told" in self.breaks:
            return True
        if kept.until is not None and until[:19] < kept.until[:19] and "shortened" not in self.breaks:
            return False
        kept.mode, kept.until = mode, until
        return True

    def suspend(self, status: str) -> bool:
        """Keep versions, or no more when that is broken."""
        if status == "Enabled":
            self.versioned = True
        elif "suspended" in self.breaks:
            self.versioned = False
        else:
            return False
        return True


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: Store

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def do_PUT(self) -> None:
        """Make a bucket, put a version, change a lock."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key, query = self._asked()
        if "versioning" in query:
            self._done(self.store.suspend(_text(body, "Status")))
        elif "retention" in query:
            told = (_text(body, "Mode"), _text(body, "RetainUntilDate"))
            self._done(self.store.retain(key, query.get("versionId"), *told))
        elif "legal-hold" in query:
            kept = self.store.find(key, query.get("versionId"))
            if kept is not None:
                kept.hold = _text(body, "Status")
            self._done(kept is not None)
        elif key:
            version = self.store.put(key, body, {name.lower(): value for name, value in self.headers.items()})
            self._answer(200, b"", {"x-amz-version-id": version.id, "ETag": '"0"'})
        else:
            self.store.made = True
            self._done(True)

    def do_GET(self) -> None:
        """Give a version, the state of versions, or their list."""
        key, query = self._asked()
        if "versioning" in query:
            state = "Enabled" if self.store.versioned else "Suspended"
            self._answer(
                200, f"<VersioningConfiguration><Status>{state}</Status></VersioningConfiguration>".encode()
            )
        elif "retention" in query or "legal-hold" in query:
            self._tell_lock(self.store.find(key, query.get("versionId")), held="legal-hold" in query)
        elif "versions" in query:
            self._answer(200, self._listing(query.get("prefix", ""), query.get("key-marker", "")))
        else:
            self._give(key, query.get("versionId"))

    def do_HEAD(self) -> None:
        """Tell of a version, or that there is a bucket."""
        key, query = self._asked()
        if key:
            self._give(key, query.get("versionId"))
        else:
            self._answer(200 if self.store.made else 404, b"")

    def do_DELETE(self) -> None:
        """Delete one version."""
        key, query = self._asked()
        self._done(self.store.remove(key, query.get("versionId"), bulk=False), 204)

    def do_POST(self) -> None:
        """Delete a list of versions."""
        root = ET.fromstring(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        errors = ""
        for item in root.iter():
            if item.tag.endswith("Object"):
                told = {part.tag.rpartition("}")[2]: part.text for part in item}
                if not self.store.remove(told["Key"] or "", told["VersionId"], bulk=True):
                    errors += f"<Error><Key>{told['Key']}</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
        self._answer(200, f"<DeleteResult>{errors}</DeleteResult>".encode())

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        _, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = parse_qs(parts.query, keep_blank_values=True)
        return key, {name: values[0] for name, values in query.items()}

    def _give(self, key: str, version: str | None) -> None:
        kept = self.store.find(key, version)
        if kept is None or kept.data is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        lock = {"mode": kept.mode, "retain-until-date": kept.until, "legal-hold": kept.hold}
        headers = {f"x-amz-object-lock-{name}": value for name, value in lock.items() if value}
        self._answer(200, kept.data, {**headers, "x-amz-version-id": kept.id, "ETag": '"0"'}, "text/plain")

    def _tell_lock(self, kept: Kept | None, *, held: bool) -> None:
        if kept is None or (kept.hold if held else kept.until) is None:
            self._answer(404, b"<Error><Code>NoSuchObjectLockConfiguration</Code></Error>")
        elif held:
            self._answer(200, f"<LegalHold><Status>{kept.hold}</Status></LegalHold>".encode())
        else:
            told = f"<Mode>{kept.mode}</Mode><RetainUntilDate>{kept.until}</RetainUntilDate>"
            self._answer(200, f"<Retention>{told}</Retention>".encode())

    def _listing(self, prefix: str, after: str) -> bytes:
        items = "".join(
            f"<{tag}><Key>{key}</Key><VersionId>{one.id}</VersionId><LastModified>{one.at}</LastModified></{tag}>"
            for key, kept in sorted(self.store.keys.items())
            if key.startswith(prefix) and key > after
            for one in kept
            for tag in ["DeleteMarker" if one.data is None else "Version"]
        )
        return f"<ListVersionsResult><IsTruncated>false</IsTruncated>{items}</ListVersionsResult>".encode()

    def _done(self, allowed: bool, status: int = 200) -> None:
        if allowed:
            self._answer(status, b"")
        else:
            self._answer(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")

    def _answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, kind: str = XML
    ) -> None:
        if self.store.ill:
            status, body = 503, b"<Error><Code>SlowDown</Code></Error>"
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _text(body: bytes, name: str) -> str:
    return next(item.text or "" for item in ET.fromstring(body).iter() if item.tag.endswith(name))


@contextlib.contextmanager
def served(*breaks: str) -> Iterator[tuple[str, Store]]:
    """The address of such a store, and the store itself, for as long as the block lasts."""
    store = Store(frozenset(breaks))
    handler = type("Handler", (_Handler,), {"store": store})
    server = http.server.ThreadingHTTPServer((HOST, 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}", store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    import sys

    with served(*(sys.argv[1:] or ["deleted"])) as (address, _store):
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
