"""Plays the whole loop over HTTP with invented people: print, stamp, scan, check, keep, verify."""

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from service.demo import people, server
from service.demo.client import Client
from service.demo.console import Steps, show_check, table
from service.demo.paper import Paper, Scanner
from service.demo.picture import side_by_side
from service.demo.portrait import portrait

STEPS: Final = 11

DIPLOMA: Final = {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"}
RECORD: Final = {
    "stage": "J",
    "study_from": "2023-09",
    "study_to": "2026-07",
    "issued_on": "2026-11-16",
    "original_no": "140426202620120087",
    "signer": "钟涛",
    "handler": "栗红",
    "native_place": "山西省黎城县",
}
TRANSFER: Final = {
    "in_school": "武乡县第二中学校",
    "in_school_code": people.OTHER_SCHOOL,
    "in_grade": "J2",
    "reason_code": "1",
    "reason": "全家迁居武乡县，户籍已随迁，就近入学。",
    "hukou_old": "140426",
    "hukou_new": "140429",
    "entry_month": "2025-09",
    "roll_state": "active",
}
SCANNER: Final = Scanner(dpi=200, tilt=1.3, noise=4.0, jpeg=70, seed=20260701)


def _names(code: str) -> str:
    return str(people.ORGANIZATIONS[code]["name"])


UNITS: Final[dict[str, dict[str, str]]] = {
    "diploma_junior": {"school": _names(people.SCHOOL), "validation": _names(people.COUNTY)},
    "academic_record_certificate": {
        "cross": _names(people.SCHOOL),
        "school": _names(people.SCHOOL),
        "validation": _names(people.COUNTY),
    },
    "transfer_application": {
        "out_school": _names(people.SCHOOL),
        "in_school": _names(people.OTHER_SCHOOL),
        "out_auth": _names(people.COUNTY),
        "in_auth": _names(people.OTHER_COUNTY),
    },
}
SIGNERS: Final = {
    "head": "钟涛",
    "stub": "栗红",
    "apply": "欧阳明",
    "out_school": "钟涛",
    "in_school": "贺文婷",
    "out_auth": "申海",
    "in_auth": "段玉",
}


@dataclass
class Story:
    """What the demo has made so far; each method is one step of it."""

    folder: Path
    client: Client
    steps: Steps
    summary: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    papers: dict[str, Paper] = field(default_factory=dict)
    documents: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def register(self) -> None:
        """Register the units, the students, and hand out two number blocks."""
        self.steps.next("登记市、县、学校与学生")
        for code, body in people.ORGANIZATIONS.items():
            self.client.call("PUT", f"/v1/organizations/{code}", body)
            print(f"    {code}  {body['name']}")
        for person in people.PEOPLE:
            self.client.call("PUT", f"/v1/students/{person.student_no}", person.record())
            place = f"/v1/students/{person.student_no}/photo"
            self.client.upload(place, "photo.jpg", portrait(person.face), "PUT")
            print(f"    {person.name}（{person.grade}，{person.class_no} 班）")
        self.steps.next("主管部门下发编号段")
        for form, pattern, last in (
            ("diploma_junior", "14042620262012{:04d}", 400),
            ("academic_record_certificate", "晋初毕证字第{:06d}号", 60),
        ):
            block = {"form": form, "year": 2026, "org": people.SCHOOL, "pattern": pattern}
            self.client.call("POST", "/v1/number-blocks", {**block, "first": 1, "last": last})
            print(f"    {form}: {pattern}  1–{last}")

    def issue(self) -> None:
        """Issue the three papers and write their PDFs."""
        self.steps.next("出具三份文书（规则 → 编号 → 打印 → 签名 → 归档）")
        for form, person, data in (
            ("diploma_junior", people.GRADUATE, DIPLOMA),
            ("academic_record_certificate", people.BEARER, RECORD),
            ("transfer_application", people.MOVER, TRANSFER),
        ):
            began = time.monotonic()
            body = {"form": form, "student": person.student_no, "data": data}
            document = self.client.call("POST", "/v1/documents", body)
            pdf = self.client.content(document["links"]["content"])
            layout = self.client.call("GET", document["links"]["layout"])
            (self.folder / f"{form}.pdf").write_bytes(pdf)
            self.documents[form] = document
            self.papers[form] = Paper(pdf, layout)
            number = document["number"] or "—"
            print(
                f"    {form}: 编号 {document['serial']}  证书号 {number}  {time.monotonic() - began:.2f} 秒"
            )
        self.summary["documents"] = {
            form: {k: d[k] for k in ("serial", "number", "status", "verify_url")}
            for form, d in self.documents.items()
        }

    def verify(self, form: str, when: str) -> str:
        """Ask the public door about a paper's QR code and return the verdict."""
        answer = self.client.call("POST", "/v1/verifications", {"qr": self.documents[form]["verify_url"]})
        line = f"{answer['form']} {answer['number'] or ''} {answer['school']} {answer['holder_masked']}"
        print(f"    {when}：{answer['verdict']}  {line}")
        self.summary.setdefault("verifications", []).append({**answer, "form": form, "when": when})
        return str(answer["verdict"])

    def receive(self, form: str, label: str, scan: bytes) -> Mapping[str, Any]:
        """Upload a scan, show its check and keep scan and report in the folder."""
        (self.folder / f"{label}.scan.pdf").write_bytes(scan)
        began = time.monotonic()
        result: Mapping[str, Any] = self.client.scan(f"{label}.pdf", scan)
        seconds = time.monotonic() - began
        (self.folder / f"{label}.check.json").write_text(
            json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        document = result["documents"][0]
        show_check(document)
        print(f"    结论：{document['verdict']}  {'、'.join(document['reasons'])}  （{seconds:.1f} 秒）")
        found = sum(f["result"] == "match" for f in document["fields"])
        self.rows.append((label, str(document["verdict"]), f"{found}/{len(document['fields'])} 字段一致"))
        self.summary.setdefault("checks", []).append(
            {
                "paper": label,
                "form": form,
                "verdict": document["verdict"],
                "reasons": document["reasons"],
                "fields": len(document["fields"]),
                "match": found,
                "seconds": round(seconds, 2),
            }
        )
        return result

    def loop(self, form: str, title: str) -> None:
        """Stamp, sign and scan one paper, upload it and show what was read."""
        self.steps.next(f"{title}：打印 → 盖章签字 → 扫描 → 上传 → 逐项核对")
        hand = 7 + list(self.papers).index(form)  # one seal put down twice alike would be a copy
        paper = self.papers[form].complete(UNITS[form], SIGNERS, seed=hand)
        self.receive(form, form, paper.scan(SCANNER))

    def forgeries(self) -> None:
        """Alter a digit of the birth date, then the name, and show that each is caught and named."""
        form = "diploma_junior"
        facts = {v["name"]: v["text"] for p in self.papers[form].layout["pages"] for v in p["values"]}
        for hand, label, name, text in (
            (70, "altered_birth_date", "birth_date", facts["birth_date"].replace("十二日", "十三日")),
            (71, "altered_name", "student_name", "文勇俭"),
        ):
            self.steps.next(f"涂改件：{name} {facts[name]} → {text}")
            paper = self.papers[form].alter(name, text).complete(UNITS[form], SIGNERS, seed=hand)
            scan = paper.scan(SCANNER)
            result = self.receive(form, label, scan)
            record = (self.folder / f"{form}.pdf").read_bytes()
            picture = side_by_side(scan, record, self.papers[form].layout, result)
            (self.folder / f"{label}.png").write_bytes(picture)
            fields = result["documents"][0]["fields"]
            caught = [f["name"] for f in fields if f["result"] == "altered"]
            self.summary.setdefault("caught", {})[label] = caught
            print(f"    查出：{'、'.join(caught) or '无'}  对照图 {label}.png")

    def keep(self) -> None:
        """List the graduate's archive and pack it as a BagIt package."""
        self.steps.next("学生档案与打包")
        student_no = people.GRADUATE.student_no
        entries = self.client.call("GET", f"/v1/archives/{student_no}")["entries"]
        table(
            ("件", "类别", "字节"),
            [(e["kind"], e.get("title") or "", str(e["size"])) for e in entries],
            (12, 48, 10),
        )
        package = self.client.content(f"/v1/archives/{student_no}/package")
        (self.folder / "archive.zip").write_bytes(package)
        self.summary["archive"] = {"entries": len(entries), "package_bytes": len(package)}
        print(f"    archive.zip  {len(package):,} 字节")

    def finish(self) -> None:
        """Print the summary table and write summary.json."""
        self.steps.next("小结")
        table(("纸张", "结论", "说明"), self.rows, (32, 14, 24))
        path = self.folder / "summary.json"
        path.write_text(json.dumps(self.summary, ensure_ascii=False, indent=1), encoding="utf-8")

    def holds(self) -> bool:
        """Return whether the story ended as it must: papers genuine, forgeries caught and named."""
        verdicts = {check["paper"]: check["verdict"] for check in self.summary["checks"]}
        whens = {(v["form"], v["when"]): v["verdict"] for v in self.summary["verifications"]}
        return (
            all(verdicts[form] == "genuine" for form in UNITS)
            and self.summary["caught"]
            == {"altered_birth_date": ["birth_date"], "altered_name": ["student_name"]}
            and whens["diploma_junior", "验印前"] == "pending"
            and whens["diploma_junior", "验印后"] == "genuine"
        )


def tell(story: Story) -> None:
    """Play every step in order."""
    story.register()
    story.issue()
    story.steps.next("验印前扫码")
    story.verify("diploma_junior", "验印前")
    story.loop("diploma_junior", "毕业证书")
    story.verify("diploma_junior", "验印后")
    story.loop("academic_record_certificate", "学历证明")
    story.loop("transfer_application", "转学申请表")
    story.forgeries()
    story.keep()
    story.finish()


def run(folder: Path, *, serve: bool) -> int:
    """Play the story into `folder` (emptied first); with `serve` the site stays up until Ctrl-C.

    Returns 0 when everything ended as it must, 1 otherwise.
    """
    shutil.rmtree(folder, ignore_errors=True)
    store = folder / "store"
    store.mkdir(parents=True)
    token = server.token(store, "city", people.CITY)
    port = server.free_port()
    print("启动服务……")
    with server.running(store, port) as base:
        story = Story(folder, Client(base, token), Steps(STEPS))
        tell(story)
        good = story.holds()
        print(f"\n{'全部如预期。' if good else '有结果与预期不符，见上。'}  文件在 {folder}")
        if serve:
            print(f"\n网址 {base}\n令牌 {token}\n接口 {base}/docs\n按 Ctrl-C 结束")
            _wait_for_interrupt()
    return 0 if good else 1


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return
