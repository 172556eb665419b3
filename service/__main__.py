"""The `yinzheng` command: the service, its worker, and the flows without HTTP."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from service.access import Role
from service.commands.speaking import FAILED, WRONG_USE
from service.errors import Problem

DEFAULT_DATA = Path("data")
LONGEST_DAYS = 36_500


WRONG_USES = frozenset({"unknown_role", "bad_organization", "bad_setting", "bad_usage"})
"""Refusals of the call itself, not of what was asked for."""


class _Parser(argparse.ArgumentParser):
    """Says in Chinese what was wrong with the call, and ends with 2."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: 用法有误：{message}；加 --help 查看说明。\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives 0 done, 1 the paper or the archive failed the check, 2 wrong use."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command: Callable[[argparse.Namespace], int] = options.run
    try:
        return command(options)
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except Exception as error:
        return _told(error)


def _told(error: Exception) -> int:
    """Say a refusal in its own words on stderr; a refused request is 1, a wrongly put one 2."""
    from intake.errors import IntakeError
    from storage.errors import StorageError
    from templates.errors import TemplatesError

    if isinstance(error, Problem):
        article = f"（{error.article}）" if error.article else ""
        print(f"{error.title}{article}：{error.detail}", file=sys.stderr)
        for item in error.errors:
            print(f"  {item.field or '-'}: {item.message}", file=sys.stderr)
        return WRONG_USE if error.code in WRONG_USES else FAILED
    if isinstance(error, StorageError | TemplatesError | IntakeError):
        print(error.message_zh, file=sys.stderr)
        return FAILED
    if isinstance(error, OSError):
        print(f"文件无法读写：{error.strerror or type(error).__name__}；请检查路径和权限。", file=sys.stderr)
        return WRONG_USE
    raise error


def parser() -> argparse.ArgumentParser:
    """The whole command line; every command says what it does with --help."""
    top = _Parser(prog="yinzheng", description="印证：打印、核对并永久保存学籍文书。")
    commands = top.add_subparsers(title="命令", required=True, metavar="命令", parser_class=_Parser)
    _add_services(commands)
    _add_flows(commands)
    _add_proofs(commands)
    return top


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str) -> _Parser:
    added: _Parser = commands.add_parser(name, help=text, description=text)
    added.add_argument("--data", type=Path, default=DEFAULT_DATA, help="数据文件夹（默认 ./data）")
    added.set_defaults(run=run)
    return added


def _add_services(commands: Any) -> None:
    from service.commands import serving as run

    serve = _command(commands, "serve", run.serve, "启动服务：网页、接口，以及读取扫描件、办理批次的后台进程")
    serve.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
    serve.add_argument("--port", type=int, default=8000, help="监听端口（默认 8000）")
    serve.add_argument(
        "--no-workers",
        dest="workers",
        action="store_false",
        help="不启动后台进程：由 yinzheng worker 另行承担",
    )
    health = _command(commands, "health", run.health, "能否办事：0 能，1 不能；供容器和监控使用")
    health.add_argument("--port", type=int, help="问本机这个端口上的服务；省略时只看数据库和存档文件夹")
    _command(
        commands,
        "upgrade",
        run.upgrade,
        "建立或升级数据库的表；用 PostgreSQL 时以表的所有者登录，并给服务的登录名授权",
    )
    worker = _command(commands, "worker", run.work, "单独启动读取扫描件、办理批次的后台进程，可启动多个")
    worker.add_argument(
        "--only", choices=["scan", "batch"], help="只读扫描件，或只做副本、办批次（默认都做）"
    )
    worker.add_argument(
        "--health-port",
        type=int,
        choices=range(65536),
        metavar="PORT",
        help="在这个端口回答 /healthz、/readyz、/metrics，并在后台进程结束后另起一个",
    )
    worker.add_argument(
        "--count",
        type=int,
        choices=range(1, 65),
        default=1,
        metavar="N",
        help="与 --health-port 同用：起几个后台进程（默认 1）",
    )
    worker.add_argument("--health-host", default="127.0.0.1", help="回答它们的监听地址（默认 127.0.0.1）")
    worker.add_argument("--child", action="store_true", help="由 serve 启动：标准输入关闭时结束")
    tokens = commands.add_parser("token", help="访问令牌", description="访问令牌").add_subparsers(
        title="命令", required=True, metavar="命令", parser_class=_Parser
    )
    token = _command(tokens, "create", run.create_token, "签发访问令牌，只打印令牌本身")
    token.add_argument("--role", required=True, choices=[str(role) for role in Role], help="角色")
    token.add_argument("--org", required=True, metavar="CODE", help="单位代码：市县6位，学校10位")
    demo = _command(commands, "demo", run.demo, "用虚构的人演示全过程；文件夹会先清空")
    demo.set_defaults(data=run.DEMO_DATA)
    demo.add_argument("--no-serve", dest="serve", action="store_false", help="演示完就结束，不留网站")


def _add_flows(commands: Any) -> None:
    from service.commands import flows as run

    issue = _as_someone(_command(commands, "issue", run.issue_one, "出具一份文书并打印其信息（JSON）"))
    issue.add_argument("form", help="表样名，如 diploma_junior")
    issue.add_argument("student", nargs="?", help="学籍号；学校、单位自己的文书不填")
    issue.add_argument("--school", metavar="CODE", help="出具单位：学校标识码或市县6位代码")
    issue.add_argument("--dated", metavar="YYYY-MM-DD", help="办理日期，决定适用哪一版规定")
    issue.add_argument(
        "--from", dest="given", type=Path, metavar="JSON", help="从文件读栏目，名册等有表格的文书用"
    )
    issue.add_argument(
        "--set",
        dest="values",
        action="append",
        default=[],
        metavar="栏目=值",
        help="学籍记录里没有的栏目，可多次给出",
    )
    issue.add_argument("--overprint", action="store_true", help="套打在空白证书上，不打整页")
    issue.add_argument("--blank", metavar="ID", help="套打所用的空白证书；只有一种时不必写")
    issue.add_argument("--key", help="幂等键：重复同一请求得到同一文书")
    issue.add_argument("--out", type=Path, metavar="PDF", help="把 PDF 写到这个文件")
    _add_batch(commands)
    scan = _as_someone(_command(commands, "scan", run.scan_file, "读取一份扫描件并核对归档（JSON）"))
    scan.add_argument("file", type=Path, help="PDF、JPEG、PNG、TIFF 或 HEIC")
    students = commands.add_parser("students", help="学生", description="学生").add_subparsers(
        title="命令", required=True, metavar="命令", parser_class=_Parser
    )
    table = _command(students, "import", run.import_students, "从 .xlsx 或 .csv 表格导入学生：全部合规才导入")
    table = _as_someone(table)
    table.add_argument("file", type=Path, help="全国学籍系统导出的表格，或填好的空表")
    table.add_argument("--school", metavar="CODE", help="表中没有学校一列时，学生所在学校的标识码")
    table.add_argument("--dry-run", action="store_true", help="只检查，不导入")
    table.add_argument("--report", type=Path, metavar="XLSX", help="把结果或问题清单写成表格")
    photo = _as_someone(_command(commands, "photo", run.put_photo, "登记一张学生照片（JPEG，26×32 毫米）"))
    photo.add_argument("student", help="学籍号")
    photo.add_argument("file", type=Path, help="照片文件")
    text = "写出空白证书的校准页：打印后量出偏移"
    calibrate = _as_someone(_command(commands, "calibrate", run.calibrate, text))
    calibrate.add_argument("blank", help="空白证书的编号，或随系统附带的，如 diploma_junior")
    calibrate.add_argument("file", type=Path, metavar="PDF", help="写到这个文件")
    jobs = _as_someone(_command(commands, "jobs", run.show_jobs, "列出办不下去的后台任务，或让一个重新排队"))
    jobs.add_argument("--requeue", type=int, metavar="任务", help="让这个任务从头再试")
    text = "列出或打包一份档案；archive index：分类目录，有什么、缺什么"
    archive = _as_someone(_command(commands, "archive", run.show_archive, text))
    archive.add_argument(
        "words", nargs="+", metavar="[index] 档案", help="学籍号或学校标识码；前面写 index 为分类目录"
    )
    archive.add_argument("--year", type=int, metavar="YYYY", help="index：学校档案的学年，写开学的年份")
    archive.add_argument(
        "--out", type=Path, metavar="文件", help="打包（zip）写到这个文件；index 写出可打印的网页"
    )
    archive.add_argument(
        "--format",
        choices=["bagit", "ocfl"],
        default="bagit",
        help="打包成 BagIt 包或 OCFL 存储根（默认 bagit）",
    )
    _add_custody(commands)


def _add_custody(commands: Any) -> None:
    from service.commands import passing as run

    text = "档案移交：开出、列出、取包、收回执；核验回执"
    transfers = commands.add_parser("transfer", help=text, description=text).add_subparsers(
        title="命令", required=True, metavar="命令", parser_class=_Parser
    )
    opened = _as_someone(_command(transfers, "open", run.open_one, "打印移交清单，打成档案包"))
    opened.add_argument("archive", help="学籍号，或学校标识码（合并、撤销）")
    opened.add_argument("--to", required=True, metavar="CODE", help="接收单位的代码")
    opened.add_argument("--to-name", required=True, metavar="全称", help="接收单位的全称")
    opened.add_argument(
        "--cause", required=True, choices=["1", "2", "3", "4"], help="1 转学 2 合并 3 撤销 4 升学"
    )
    opened.add_argument("--document", required=True, metavar="文号", help="批准转接、合并、撤销的文号")
    opened.add_argument("--approved-on", required=True, metavar="YYYY-MM-DD", help="审核同意之日")
    opened.add_argument("--out", type=Path, metavar="ZIP", help="把档案包写到这个文件")
    listed = _as_someone(_command(transfers, "list", run.list_all, "列出移交；有逾期的退出码为 1"))
    listed.add_argument("--overdue", action="store_true", help="只列逾期的")
    fetched = _as_someone(_command(transfers, "package", run.fetch, "取一次移交的档案包"))
    fetched.add_argument("transfer", help="移交的编号")
    fetched.add_argument("file", type=Path, metavar="ZIP", help="写到这个文件")
    brought = _as_someone(_command(transfers, "receipt", run.bring, "登记接收单位的回执"))
    brought.add_argument("transfer", help="移交的编号")
    brought.add_argument("file", type=Path, metavar="回执", help="对方系统给出的回执文件")
    proved = transfers.add_parser("check-receipt", help="离线核验回执", description="离线核验回执：只要公钥")
    proved.set_defaults(run=run.prove)
    proved.add_argument("file", type=Path, metavar="回执", help="回执文件")
    proved.add_argument("--keys", type=Path, required=True, metavar="FILE", help="接收单位系统的公钥文件")
    _add_arrivals(commands, run)


def _add_arrivals(commands: Any, run: Any) -> None:
    text = "到来的档案包：接收、列出、再检查、取回执"
    arrivals = commands.add_parser("arrival", help=text, description=text).add_subparsers(
        title="命令", required=True, metavar="命令", parser_class=_Parser
    )
    taken = _as_someone(
        _command(arrivals, "take", run.take, "接收一个档案包：四项检查，通过即归档；否则退出码为 1")
    )
    taken.add_argument("file", type=Path, metavar="ZIP", help="档案包")
    taken.add_argument("--receipt", type=Path, metavar="FILE", help="把回执写到这个文件")
    _as_someone(_command(arrivals, "list", run.list_arrivals, "列出到来的档案包"))
    again = _as_someone(_command(arrivals, "again", run.again, "登记公钥或学生以后，再检查一次"))
    again.add_argument("arrival", help="编号")
    again.add_argument("--receipt", type=Path, metavar="FILE", help="把回执写到这个文件")
    known = _as_someone(_command(arrivals, "know", run.know, "登记另一套系统的公钥（主管部门）"))
    known.add_argument("name", help="对方系统的主机名")
    known.add_argument(
        "--unit",
        action="append",
        required=True,
        metavar="CODE",
        help="公钥代表的单位：市、县或学校的代码，可多次给出",
    )
    known.add_argument("keys", type=Path, metavar="FILE", help="对方的公钥文件，从包以外的途径取得")


def _add_batch(commands: Any) -> None:
    from service.commands.batch import run

    text = "批量出具：名单或整个年级；中断后可接着办"
    batch = _as_someone(_command(commands, "batch", run, text), needed=False)
    what = batch.add_mutually_exclusive_group(required=True)
    what.add_argument("--students", type=Path, metavar="文件", help="名单：.xlsx、.csv 或 .json")
    what.add_argument("--grade", help="年级代码，如 J3：全部在校学生")
    what.add_argument("--resume", metavar="批次", help="接着办一个没办完的批次，或再取一次结果")
    what.add_argument("--cancel", metavar="批次", help="取消一个批次中还没印出的")
    batch.add_argument("--form", help="表样名，如 diploma_junior")
    batch.add_argument("--class", dest="class_no", metavar="班", help="与 --grade 同用：只办这个班")
    batch.add_argument("--school", metavar="CODE", help="出具单位；与 --grade 同用时是哪所学校、哪个市县")
    batch.add_argument("--dated", metavar="YYYY-MM-DD", help="办理日期")
    batch.add_argument("--from", dest="given", type=Path, metavar="JSON", help="从文件读各份相同的栏目")
    batch.add_argument(
        "--set",
        dest="values",
        action="append",
        default=[],
        metavar="栏目=值",
        help="各份相同的栏目，可多次给出",
    )
    batch.add_argument("--overprint", action="store_true", help="套打在空白证书上，不打整页")
    batch.add_argument("--blank", metavar="ID", help="套打所用的空白证书")
    batch.add_argument("--key", help="幂等键：重复同一请求得到同一批次")
    batch.add_argument(
        "--jobs", type=int, choices=range(1, 65), metavar="N", help="同时办理的进程数（默认每核一个）"
    )
    batch.add_argument("--out", type=Path, metavar="文件夹", help="把压缩包、打印文件和问题清单写到这里")


def _as_someone(command: _Parser, *, needed: bool = True) -> _Parser:
    """Let a command say in whose name it acts; when that is not `needed`, the school's."""
    help_text = "以哪个单位的名义" + ("" if needed else "（默认为 --school）")
    command.add_argument("--org", required=needed, metavar="CODE", help=help_text)
    command.add_argument(
        "--role",
        default="registrar",
        choices=[str(role) for role in Role],
        help="以什么角色（默认 registrar）",
    )
    return command


def _add_proofs(commands: Any) -> None:
    from service.commands import proving as run
    from service.commands.verifying import verify as verify_paper

    verify = _command(commands, "verify", verify_paper, "核验二维码内容或文书图像；加 --keys 时完全离线")
    verify.add_argument("paper", nargs="?", metavar="二维码内容或文件", help="省略时从标准输入读二维码内容")
    verify.add_argument("--keys", type=Path, metavar="FILE", help="公布的公钥文件：不联网，不用数据文件夹")
    verify.add_argument(
        "--status-list", type=Path, metavar="FILE", help="公布的状态清单：离线时也查生效和作废"
    )
    verify.add_argument("--checkpoint", type=Path, metavar="FILE", help="公布的日志检查点，或别处保存的")
    verify.add_argument("--proof", type=Path, metavar="FILE", help="这份文书在日志里的证明（JSON）")
    verify.add_argument(
        "--max-age", type=_days, default=31, metavar="天", help="清单和检查点最多可以多旧（默认 31 天）"
    )
    forms = commands.add_parser("forms", help="表样", description="表样").add_subparsers(
        title="命令", required=True, metavar="命令", parser_class=_Parser
    )
    lint = _command(forms, "lint", run.lint_forms, "检查表样：一次列出所有问题和所在位置")
    lint.add_argument("folder", nargs="?", type=Path, help="表样文件夹，一种或多种（默认为自带的）")
    lint.add_argument("--quick", action="store_true", help="只看文件，不用 LibreOffice 试印")
    example = _command(forms, "print", run.print_example, "用示例试印一种表样，只供查看，不编号、不存档")
    example.add_argument("folder", type=Path, help="一种表样的文件夹")
    example.add_argument("file", type=Path, metavar="PDF", help="写到这个文件")
    accept = _command(forms, "accept", run.accept_template, "采用改过的模板：检查合格即为新版本")
    accept.add_argument("form", help="表样名，如 diploma_junior")
    accept.add_argument("file", type=Path, metavar="DOCX", help="改好的 Word 模板")
    accept.add_argument("--org", required=True, metavar="CODE", help="以哪个市教育局的名义")
    accept.add_argument("--note", default="", help="改了什么、为什么")
    _add_backups(commands)
    text = "把每一件存档文件读一遍，与第二份拷贝互相修复，列出所有问题"
    scrub = _command(commands, "scrub", run.scrub, text)
    scrub.add_argument("--anew", action="store_true", help="从头读起，不接着服务读到的地方")
    text = "把公布的文件写到文件夹：公钥、状态清单、检查点、离线核验页"
    publish = _command(commands, "publish", run.publish, text)
    publish.add_argument("folder", type=Path, metavar="文件夹", help="写到这里；已有的换成新的")
    check = _command(commands, "check", run.check, "用记录、存档文件、编号和日志互相证明档案完好")
    check.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="别处保存的检查点（可多次给出）：防的是能改数据库里每一行的人",
    )


def _days(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) <= LONGEST_DAYS:
        raise argparse.ArgumentTypeError(f"请给出 1 到 {LONGEST_DAYS} 的天数")
    return int(text)


def _add_backups(commands: Any) -> None:
    from service.commands import backing as run

    backup = _command(commands, "backup", run.backup, "把整套系统备份到一个文件夹；服务可以照常运行")
    backup.add_argument(
        "target", type=Path, metavar="备份位置", help="文件夹；已有的备份会保留，只补新增的存档文件"
    )
    backup.add_argument(
        "--verify", action="store_true", help="把以前备份过的存档文件也逐件核对，损坏的重新备份"
    )
    restore = _command(commands, "restore", run.restore, "从备份恢复整套系统到一个空文件夹，逐件核对校验值")
    restore.add_argument("source", type=Path, metavar="备份位置", help="yinzheng backup 写出的文件夹")
    restore.add_argument("--at", metavar="备份名", help="恢复哪一个备份（默认最新的）")


if __name__ == "__main__":
    sys.exit(main())
