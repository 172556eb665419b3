"""Where a bucket of an S3 store is, with the keys to it."""

from dataclasses import dataclass, field
from pathlib import Path

REGION = "us-east-1"
"""What a store of one's own calls itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """An endpoint (http:// or https://, host and port), a bucket and its keys; `ca` holds the certificates to believe."""

    endpoint: str
    bucket: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    region: str = REGION
    ca: Path | None = None

    def __str__(self) -> str:
        return f"s3://{self.bucket}（{self.endpoint}）"
