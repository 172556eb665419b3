"""The settings of one installation, and the only place that reads the environment."""

import configparser
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from service.errors import Problem
from storage.objects.place import REGION, Place

PREFIX = "YINZHENG_"
DEFAULT_HOST = "YINZHENG.EXAMPLE"
DEFAULT_RATE = 30_000
HOST_PATTERN = re.compile(r"[A-Z0-9](?:[A-Z0-9.\-]{0,38}[A-Z0-9])?")
"""Upper case, so that the QR symbol stays in alphanumeric mode; at most 40 characters, so that the address
stays within version 8 at level M (221 characters) with the 152 of the token."""

NUMBERS: Final = MappingProxyType(
    {
        "workers": (1, 64),
        "queue": (1, 10_000),
        "max_upload_mb": (1, 1024),
        "rate": (1, 1_000_000),
        "worker_jobs": (1, 1_000_000),
        "worker_memory_mb": (512, 1_048_576),
        "review_eyes": (1, 2),
        "drain": (0, 120),
        "grace": (1, 600),
    }
)
"""What each setting that is a number may be, from and to."""

DATABASE_PATTERN = re.compile(r"postgresql://[^/@\s]+@[^/@\s]+/[^/\s]+")
"""A login, a host and a database by name: nothing is left to what the environment of another program says."""

PASSWORD_PATTERN = re.compile(r":[^@/]*@")
"""What stands between the login and the host."""

BUCKET: Final = r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]"
OF_A_STORE: Final = MappingProxyType(
    {
        "endpoint": (
            r"https?://[A-Za-z0-9.\-]{1,253}(?::[0-9]{1,5})?",
            "须形如 https://store.example.cn:9000",
        ),
        "region": (r"[a-z0-9\-]{1,40}", "只能用小写字母、数字和连字符"),
        "ca": (r"[^\0]{1,4096}", "须是证书文件的路径"),
        "credentials": (r"[^\0]{1,4096}", "须是密钥文件的路径"),
        "access_key": (r"[\x21-\x7e]{1,200}", "含有不能用的字符"),
        "secret_key": (r"[\x21-\x7e]{1,200}", "含有不能用的字符"),
    }
)
STORES: Final = ("objects", "copy")
TEXTS: Final = MappingProxyType(
    {
        "objects": (BUCKET, "须写成 s3://存储桶名，桶名为3到63个小写字母、数字、点或连字符"),
        "copy": (rf"/[^\0]{{0,4000}}|{BUCKET}", "须是文件夹的绝对路径，或写成 s3://存储桶名"),
        **{f"{store}_{part}": rule for store in STORES for part, rule in OF_A_STORE.items()},
    }
)
"""What each setting that is a text may be when it is given: a pattern, and the same in Chinese."""
SECRETS: Final = frozenset(f"{store}_{part}" for store in STORES for part in ("access_key", "secret_key"))
"""Never told, neither to a log nor to a backup."""
PROFILE: Final = "default"
"""The section of a credentials file that is read, as the tools of S3 write it."""

RECOGNISERS = ("ppocr", "tesseract", "both")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation may choose. Sizes are MiB, times seconds, rates per minute."""

    data: Path
    database: str = field(default="", repr=False)
    """Where the rows are kept: a file in the data folder, or PostgreSQL (`postgresql://user:password@host:port/name`,
    or without the password where the server or a .pgpass file has it)."""
    host: str = DEFAULT_HOST
    """The host printed into QR codes. A verifier trusts keys, never this name."""
    workers: int = 2
    """soffice processes kept warm; one per core is what a small machine carries."""
    queue: int = 16
    """Conversions that may wait; beyond it a caller is asked to come back."""
    max_upload_mb: int = 50
    """The largest upload; 60 colour pages at 200 dpi stay below it."""
    rate: int = DEFAULT_RATE
    """Public verifications of codes one caller may ask for in a minute; an image costs as much as 500.

    A code cannot be guessed, it is signed: the limit guards the processor, and a bureau's whole office may
    stand behind one address."""
    recogniser: str = RECOGNISERS[0]
    """Who reads the lines: ppocr, tesseract, or both; where both disagree a person looks."""
    worker_jobs: int = 200
    """Scans after which a worker process is replaced, so that no library's leak grows for ever."""
    worker_memory_mb: int = 2048
    """Memory above which a worker process is replaced after its present scan."""
    review_eyes: int = 1
    """Persons who must give the same answer before a review is decided: 1, or 2 where a bureau wants every answer
    looked at twice. What overrules a finding takes two in any case."""
    objects: str = ""
    """s3:// and the bucket with Object Lock that keeps the archive files (docs/store.md); empty: a folder."""
    objects_endpoint: str = ""
    """Where that store answers: http:// or https://, host and port."""
    objects_region: str = REGION
    """What that store calls its region."""
    objects_ca: str = ""
    """A file with the certificate authorities to believe; empty: those of the system."""
    objects_credentials: str = ""
    """A file with the keys, as S3's tools write it; empty: the keys are in the environment."""
    objects_access_key: str = field(default="", repr=False)
    objects_secret_key: str = field(default="", repr=False)
    copy: str = ""
    """A second copy of every file: a folder on another disk, or s3:// and a bucket; empty: none."""
    copy_endpoint: str = ""
    copy_region: str = REGION
    copy_ca: str = ""
    copy_credentials: str = ""
    copy_access_key: str = field(default="", repr=False)
    copy_secret_key: str = field(default="", repr=False)

    scratch: str = ""
    """A folder for what is made again at start (LibreOffice's profiles, the list of fonts); the data folder when empty.
    Containers that share a data folder need one each: their process ids mean nothing to the others."""
    drain: int = 0
    """Seconds a service that is told to stop goes on answering while /readyz says 503: what a proxy needs to notice."""
    grace: int = 30
    """Seconds that requests and jobs under way get when the process is told to stop; then jobs are given back."""

    @classmethod
    def from_env(cls, data: Path, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read each setting but the folder from YINZHENG_ and its name in capitals: YINZHENG_HOST, YINZHENG_WORKERS …

        Raises Problem `bad_setting` that names the variable and what it may be.
        """
        source = os.environ if environ is None else environ
        host = source.get(f"{PREFIX}HOST", DEFAULT_HOST).upper()
        if not HOST_PATTERN.fullmatch(host):
            raise _bad("HOST", "只能用字母、数字、点和连字符，最长40个字符")
        recogniser = source.get(f"{PREFIX}RECOGNISER", "") or RECOGNISERS[0]
        if recogniser not in RECOGNISERS:
            raise _bad("RECOGNISER", f"只能是 {'、'.join(RECOGNISERS)} 之一")
        scratch = source.get(f"{PREFIX}SCRATCH", "")
        if scratch and not Path(scratch).is_absolute():
            raise _bad("SCRATCH", "须是绝对路径")
        return cls(
            data=data,
            scratch=scratch,
            database=_database(source, "DATABASE"),
            host=host,
            recogniser=recogniser,
            **{**dict(_numbers(source)), **dict(_texts(source))},
        )

    def workshop(self) -> Path:
        """Where what is made again at start lies."""
        return Path(self.scratch) if self.scratch else self.data

    def told(self) -> dict[str, str]:
        """Every setting but the folder and secrets, as the environment variable that would set it; no password is told."""
        names = [one.name for one in fields(self) if one.name not in {"data", *SECRETS}]
        given = {name: str(getattr(self, name)) for name in names}
        given["database"] = PASSWORD_PATTERN.sub("@", given["database"])
        return {PREFIX + name.upper(): value for name, value in given.items()}

    def place(self) -> Place | None:
        """The bucket of the archive files with its keys; None for the folder. Problem `bad_setting` when a part is missing."""
        return self._place("objects", self.objects) if self.objects else None

    def copy_place(self) -> Place | Path | None:
        """The bucket or the folder of the second copy, None when there is none. Problem `bad_setting` as above."""
        if self.copy.startswith("/"):
            return Path(self.copy)
        return self._place("copy", self.copy) if self.copy else None

    def _place(self, store: str, bucket: str) -> Place:
        told = {part: str(getattr(self, f"{store}_{part}")) for part in OF_A_STORE}
        if not told["endpoint"]:
            raise _bad(
                f"{store}_ENDPOINT".upper(),
                "没有设置：须是对象存储的地址，形如 https://store.example.cn:9000",
            )
        access, secret = _keys(store.upper(), told)
        return Place(
            endpoint=told["endpoint"],
            bucket=bucket.removeprefix("s3://"),
            access_key=access,
            secret_key=secret,
            region=told["region"],
            ca=Path(told["ca"]) if told["ca"] else None,
        )


def database_owner(environ: Mapping[str, str] | None = None) -> str:
    """The login that owns the tables on a server, for `yinzheng upgrade` alone: the service never holds it.

    Raises Problem `bad_setting` when YINZHENG_DATABASE_OWNER is missing or no address.
    """
    url = _database(os.environ if environ is None else environ, "DATABASE_OWNER")
    if not url:
        raise _bad("DATABASE_OWNER", "须写明表的所有者登录数据库的地址")
    return url


def _database(source: Mapping[str, str], name: str) -> str:
    url = source.get(PREFIX + name, "")
    if url and not DATABASE_PATTERN.fullmatch(url):
        raise _bad(name, "须写成 postgresql://用户:密码@主机:端口/库名")
    return url


def _keys(store: str, told: Mapping[str, str]) -> tuple[str, str]:
    """Access key and secret key, from a credentials file or from two variables; neither is ever told."""
    if not told["credentials"]:
        if not told["access_key"] or not told["secret_key"]:
            rule = f"和 {PREFIX}{store}_SECRET_KEY 须都设置，或用 {PREFIX}{store}_CREDENTIALS 给出密钥文件"
            raise _bad(f"{store}_ACCESS_KEY", rule)
        return told["access_key"], told["secret_key"]
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(Path(told["credentials"]).read_text(encoding="utf-8"))
        return parser[PROFILE]["aws_access_key_id"], parser[PROFILE]["aws_secret_access_key"]
    except (OSError, ValueError, KeyError, configparser.Error):
        rule = f"须是能读的密钥文件：[{PROFILE}] 下有 aws_access_key_id 和 aws_secret_access_key 两行"
        raise _bad(f"{store}_CREDENTIALS", rule) from None


def _texts(source: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """The texts that are set; the others keep their default."""
    for name, (pattern, rule) in TEXTS.items():
        text = source.get(PREFIX + name.upper(), "")
        if not text:
            continue
        if not re.fullmatch(pattern, text):
            raise _bad(name.upper(), rule)
        yield name, text


def _numbers(source: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """The numbers that are set; the others keep their default."""
    for name, (low, high) in NUMBERS.items():
        text = source.get(PREFIX + name.upper(), "")
        if not text:
            continue
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise _bad(name.upper(), f"须是 {low} 到 {high} 的整数")
        yield name, int(text)


def _bad(name: str, rule: str) -> Problem:
    return Problem("bad_setting", 500, "设置有误", f"环境变量 {PREFIX}{name} {rule}；请改正后重新启动。")
