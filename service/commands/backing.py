"""A whole installation copied elsewhere, and brought back."""

from argparse import Namespace
from importlib.metadata import version
from typing import TYPE_CHECKING

from service.commands.speaking import DONE, FAILED, say
from service.errors import Problem
from service.settings import Settings, database_owner

if TYPE_CHECKING:  # the heavy rooms are imported when the command runs
    from storage.backup.manifest import Manifest

NOT_COVERED = (
    "不在备份之内：系统软件和字体（按 docs/operations.md 重新安装）、环境变量中的口令文件、"
    "排版程序和字体的缓存（启动时自动重建）。备份含签名私钥，请像保管公章一样保管。"
)
TOLD = 20
"""Names of lost objects that are listed one by one."""


def backup(options: Namespace) -> int:
    """Copy the installation into a target folder while it runs; 1 when something was lost here before already."""
    from service.app import utc_now
    from storage import backup as rooms
    from storage.objects.locked import opened

    settings = Settings.from_env(options.data)
    if not options.data.is_dir():
        raise Problem("no_data_folder", 404, "没有数据文件夹", "请用 --data 指明数据文件夹。")
    place = settings.place()
    taken = rooms.take(
        options.data,
        options.target,
        now=utc_now(),
        version=version("yinzheng"),
        settings=settings.told(),
        url=settings.database,
        objects=None if place is None else opened(place, utc_now),
        verify=options.verify,
    )
    manifest = taken.manifest
    say(f"备份 {taken.folder.name} 已完成：{_told(manifest)}，其中新增存档文件 {taken.fresh} 件")
    say(NOT_COVERED)
    for what, names in (("已损坏", manifest.damaged), ("已缺失", manifest.missing)):
        _tell_lost(f"存档文件在备份之前就{what}", names)
    return FAILED if manifest.damaged or manifest.missing else DONE


def restore(options: Namespace) -> int:
    """Bring an installation back into an empty folder, or into an empty database and a bucket where the settings name them.

    1 when an object is lost in the backup too.
    """
    from service.app import utc_now
    from storage import backup as rooms
    from storage.objects.locked import opened

    settings = Settings.from_env(options.data)
    place = settings.place()
    restored = rooms.restore(
        options.source,
        options.data,
        options.at,
        server=rooms.Server(settings.database, database_owner()) if settings.database else None,
        objects=None if place is None else opened(place, utc_now),
    )
    manifest = restored.manifest
    say(f"备份 {restored.backup} 已恢复到 {options.data}：{_told(manifest)}")
    present = settings.told()
    for name, value in manifest.settings.items():
        if present.get(name) != value:
            say(f"备份时的设置与现在不同，请核对：{name}={value}")
    lost = (*restored.lost, *manifest.damaged, *manifest.missing)
    _tell_lost("备份中没有完好的存档文件", lost)
    say(f"请再运行 yinzheng check --data {options.data}，证明恢复的档案完好。")
    return FAILED if lost else DONE


def _told(manifest: "Manifest") -> str:
    mb = (manifest.object_bytes + manifest.database.bytes) / (1 << 20)
    return f"存档文件 {manifest.object_count} 件、数据库和密钥等 {1 + len(manifest.files)} 个文件，共 {mb:.1f} MB"


def _tell_lost(what: str, names: tuple[str, ...]) -> None:
    for name in names[:TOLD]:
        say(f"错误  {what}：{name}")
    if len(names) > TOLD:
        say(f"错误  {what}：另有 {len(names) - TOLD} 件，见 manifest.json")
