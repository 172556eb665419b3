"""One bucket of an S3 store through the minio client: bounded waits and tries, our errors, versions and their locks."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

import urllib3
from lxml import etree
from minio import Minio
from minio.commonconfig import COMPLIANCE, ENABLED, GOVERNANCE
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from minio.helpers import MAX_PART_SIZE
from minio.retention import Retention
from minio.versioningconfig import SUSPENDED, VersioningConfig

from storage.errors import StorageError, StoreAway, StoreFull
from storage.objects.gate import Gate
from storage.objects.place import Place

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 10.0
"""Between two bytes of an answer: a busy disk behind a gateway takes seconds to sync, never so many."""
TRIES_AFTER: Final = 1
"""Of a request that met no answer or a 5xx; all of ours may be sent twice. A caller waits half a minute at most."""
BACKOFF_SECONDS: Final = 0.3
UNWELL: Final = (500, 502, 503, 504)
CONNECTIONS: Final = 32
"""Kept open to the store: more threads than these wait for each other."""
GONE: Final = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"})
"""How stores say that there is nothing to read; a marker of deletion is answered with the last."""
NO_LOCK: Final = GONE | {
    "NoSuchObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "InvalidRequest",
}
"""How they say that a version has no lock, or its bucket none."""
FULL: Final = frozenset({"XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "EntityTooLarge"})
DATE: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|\+00:00)")
"""Ceph and Versity write nanoseconds, which the client itself cannot read."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Lock:
    """What a store says of a version's lock: its mode, until when, and whether a legal hold lies on it."""

    mode: str | None = None
    until: datetime | None = None
    held: bool = False

    def holds(self, until: datetime) -> bool:
        """Tell whether nobody may shorten it, it reaches so far, and the hold is on; a second is lost in writing dates."""
        reaches = self.until is not None and (until - self.until).total_seconds() <= 1
        return self.mode == COMPLIANCE and reaches and self.held


@dataclass(frozen=True, slots=True)
class Head:
    """A version of an object without its bytes."""

    version: str
    size: int
    lock: Lock


@dataclass(frozen=True, slots=True)
class Version:
    """A version as a listing tells it; a `marker` says that the key was deleted, and has no bytes."""

    key: str
    id: str
    marker: bool
    at: datetime


class _Client(Minio):
    """The client, with a listing of versions that can read every store's dates."""

    def versions_xml(self, bucket: str, query: dict[str, str]) -> bytes:
        """One page of a listing of versions as the store wrote it."""
        told = self._execute("GET", bucket, query_params={"versions": "", "delimiter": "", **query})
        return bytes(told.data)

    def retention_xml(self, bucket: str, key: str, version: str) -> bytes:
        """The retention of a version as the store wrote it, or the S3Error that there is none."""
        told = self._execute("GET", bucket, key, query_params={"retention": "", "versionId": version})
        return bytes(told.data)


class Bucket:
    """The bucket at a place. Every method raises StoreAway when the store does not answer or refuses the keys."""

    def __init__(self, place: Place) -> None:
        self.place = place
        secure = place.endpoint.startswith("https://")
        self._client = _Client(
            place.endpoint.partition("://")[2],
            place.access_key,
            place.secret_key,
            secure=secure,
            region=place.region,
            http_client=urllib3.PoolManager(
                maxsize=CONNECTIONS,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
                retries=urllib3.Retry(
                    total=TRIES_AFTER,
                    backoff_factor=BACKOFF_SECONDS,
                    status_forcelist=UNWELL,
                    raise_on_status=False,
                ),
                cert_reqs="CERT_REQUIRED",
                ca_certs=None if place.ca is None else str(place.ca),
            ),
        )
        self._gate = Gate()

    def make(self) -> None:
        """Make the bucket with its lock on when there is none of that name."""
        if not self._ask(lambda: self._client.bucket_exists(self.place.bucket)):
            self._ask(lambda: self._client.make_bucket(self.place.bucket, object_lock=True))

    def put(self, key: str, data: bytes, until: datetime | None = None, *, held: bool = False) -> str:
        """Put a new version in one piece, locked when `until` says so; gives its id. StoreFull when there is no room."""
        retention = None if until is None else Retention(COMPLIANCE, until)
        written = self._ask(
            lambda: self._client.put_object(
                self.place.bucket, key, io.BytesIO(data), len(data), part_size=MAX_PART_SIZE, retention=retention, legal_hold=held
            )
        )  # fmt: skip
        return written.version_id or ""

    def get(self, key: str, version: str | None = None) -> bytes | None:
        """The bytes of a version (the latest), None when there is none."""

        def read() -> bytes:
            answer = self._client.get_object(self.place.bucket, key, version_id=version)
            try:
                return bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()

        return self._found(read)

    def head(self, key: str, version: str | None = None) -> Head | None:
        """Size and lock of a version (the latest), None when there is none."""

        def look() -> Head:
            told = self._client.stat_object(self.place.bucket, key, version_id=version)
            headers = told.metadata or {}
            until = headers.get("x-amz-object-lock-retain-until-date")
            lock = Lock(
                headers.get("x-amz-object-lock-mode"),
                None if until is None else moment(until),
                headers.get("x-amz-object-lock-legal-hold") == "ON",
            )
            return Head(told.version_id or "", told.size or 0, lock)

        head = self._found(look)
        if head is None or head.lock.mode is not None or not head.version:
            return head
        return Head(head.version, head.size, self._lock(key, head))

    def _lock(self, key: str, head: Head) -> Lock:
        """The lock of a version whose headers tell of none: Versity does not write them for earlier versions."""

        def retention() -> Lock | None:
            return _retention(self._client.retention_xml(self.place.bucket, key, head.version))

        lock = self._found(retention, NO_LOCK) or Lock()
        if head.lock.held:
            return replace(lock, held=True)
        held = self._found(
            lambda: self._client.is_object_legal_hold_enabled(self.place.bucket, key, head.version), NO_LOCK
        )
        return replace(lock, held=bool(held))

    def versions(self, prefix: str = "", after: str = "") -> Iterator[Version]:
        """Every version below a prefix, by key, those after a key only."""
        more = {"key-marker": after} if after else {}
        while True:
            page = self._listed({"prefix": prefix, "max-keys": "1000", **more})
            yield from page.versions
            if not page.more:
                return
            more = page.more

    def extend(self, key: str, version: str, until: datetime) -> None:
        """Lock a version until a later moment."""
        self._ask(
            lambda: self._client.set_object_retention(
                self.place.bucket, key, Retention(COMPLIANCE, until), version
            )
        )

    def hold(self, key: str, version: str) -> None:
        """Put a legal hold on a version."""
        self._ask(lambda: self._client.enable_object_legal_hold(self.place.bucket, key, version))

    def versioned(self) -> bool:
        """Tell whether the bucket keeps versions."""
        return self._ask(lambda: self._client.get_bucket_versioning(self.place.bucket).status) == ENABLED

    def remove(self, key: str, version: str) -> bool:
        """Ask to delete a version; tells whether the store said yes."""
        return self._allowed(lambda: self._client.remove_object(self.place.bucket, key, version))

    def remove_bypassing(self, key: str, version: str) -> bool:
        """Ask to delete a version in the list of a request that claims the right to bypass a lock."""
        listed = [DeleteObject(key, version)]

        def remove() -> bool:
            return not list(
                self._client.remove_objects(self.place.bucket, listed, bypass_governance_mode=True)
            )

        return self._allowed(remove)

    def shorten(self, key: str, version: str, until: datetime) -> bool:
        """Ask for a lock that ends earlier."""
        return self._allowed(
            lambda: self._client.set_object_retention(
                self.place.bucket, key, Retention(COMPLIANCE, until), version
            )
        )

    def weaken(self, key: str, version: str, until: datetime) -> bool:
        """Ask for the mode of lock that some may lift."""
        return self._allowed(
            lambda: self._client.set_object_retention(
                self.place.bucket, key, Retention(GOVERNANCE, until), version
            )
        )

    def release(self, key: str, version: str) -> bool:
        """Ask to lift a legal hold."""
        return self._allowed(lambda: self._client.disable_object_legal_hold(self.place.bucket, key, version))

    def suspend(self) -> bool:
        """Ask for the bucket to keep no versions any more."""
        return self._allowed(
            lambda: self._client.set_bucket_versioning(self.place.bucket, VersioningConfig(SUSPENDED))
        )

    def resume(self) -> bool:
        """Let the bucket keep versions again."""
        return self._allowed(
            lambda: self._client.set_bucket_versioning(self.place.bucket, VersioningConfig(ENABLED))
        )

    def _listed(self, query: dict[str, str]) -> "_Page":
        return self._ask(lambda: _page(self._client.versions_xml(self.place.bucket, query)))

    def _found(self, question: Callable[[], Answer], absent: frozenset[str] = GONE) -> Answer | None:
        def ask() -> Answer | None:
            try:
                return question()
            except S3Error as error:
                if error.code in absent:
                    return None
                raise

        return self._ask(ask)

    def _allowed(self, request: Callable[[], bool | None]) -> bool:
        def ask() -> bool:
            try:
                return request() is not False
            except S3Error as error:
                if error.response.status in UNWELL:
                    raise
                return False

        return self._ask(ask)

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask the store, and turn what goes wrong into our errors; none repeats a key or what the store wrote."""
        self._gate.enter()
        try:
            answer = question()
        except (S3Error, ServerError, InvalidResponseError) as error:
            raise self._refused(error) from None
        except (
            MinioException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
            etree.XMLSyntaxError,
        ) as error:
            raise self._gate.silent(_cause(error)) from None
        self._gate.answered()
        return answer

    def _refused(self, error: Exception) -> StorageError:
        code = str(getattr(error, "code", "") or type(error).__name__)
        response = getattr(error, "response", None)
        status = response.status if response is not None else getattr(error, "status_code", None)
        if code in FULL or status == 507:
            return StoreFull()
        if status in UNWELL or not isinstance(error, S3Error):
            return self._gate.silent(code)
        self._gate.answered()
        return StoreAway(code if re.fullmatch(r"\w{1,60}", code) else "S3Error")


@dataclass(frozen=True, slots=True)
class _Page:
    versions: list[Version]
    more: dict[str, str]


def _page(xml: bytes) -> _Page:
    """One page of a listing of versions; ValueError when it is not one."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    found = []
    for item in root:
        tag = etree.QName(item).localname
        if tag in {"Version", "DeleteMarker"}:
            told = {etree.QName(part).localname: part.text or "" for part in item}
            at = moment(told.get("LastModified", ""))
            found.append(Version(told.get("Key", ""), told.get("VersionId", ""), tag == "DeleteMarker", at))
    said = {etree.QName(part).localname: part.text or "" for part in root if not len(part)}
    if said.get("IsTruncated") != "true" or not said.get("NextKeyMarker"):
        return _Page(found, {})
    return _Page(
        found,
        {
            "key-marker": said.get("NextKeyMarker", ""),
            "version-id-marker": said.get("NextVersionIdMarker", ""),
        },
    )


def _retention(xml: bytes) -> Lock:
    """A retention as stores write it; ValueError when it is none."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    said = {etree.QName(part).localname: part.text or "" for part in root}
    return Lock(said.get("Mode"), moment(said.get("RetainUntilDate", "")))


def moment(text: str) -> datetime:
    """A moment as stores write it, to the second; ValueError when it is none."""
    written = DATE.fullmatch(text)
    if written is None:
        raise ValueError("no moment")
    return datetime.fromisoformat(written[1]).replace(tzinfo=UTC)


def _cause(error: Exception) -> str:
    """What kind of failure it was, in one word: a refused connection, a certificate, a wait that was too long."""
    inner = getattr(error, "reason", None)
    return type(inner if isinstance(inner, Exception) else error).__name__
