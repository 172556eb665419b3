"""The worked example of the design (§4.5) as the examples of the OpenAPI description; nobody in it exists."""

from typing import Any, Final

CITY: Final[dict[str, Any]] = {"kind": "city", "name": "长治市教育局"}
COUNTY: Final[dict[str, Any]] = {"kind": "county", "name": "黎城县教育体育局", "parent": "140400"}
SCHOOL: Final[dict[str, Any]] = {
    "kind": "school",
    "name": "黎城县第三中学校",
    "parent": "140426",
    "stages": ["J"],
    "head_name": "钟涛",
}
STUDENT_NO: Final = "G140499201104120011"
STUDENT: Final[dict[str, str]] = {
    "name": "文勇俊",
    "sex": "1",
    "birth_date": "2011-04-12",
    "id_type": "1",
    "id_number": "140499201104120011",
    "ethnic": "01",
    "school": "3114000123",
    "grade": "J3",
    "class_no": "6",
}
NUMBER_BLOCK: Final[dict[str, Any]] = {
    "form": "diploma_junior",
    "year": 2026,
    "org": "3114000123",
    "pattern": "14042620262012{:04d}",
    "first": 1,
    "last": 400,
}
DOCUMENT: Final[dict[str, Any]] = {
    "form": "diploma_junior",
    "student": STUDENT_NO,
    "data": {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"},
}
TRANSFER: Final[dict[str, Any]] = {
    "form": "transfer_application",
    "student": "G140499201208250375",
    "data": {
        "in_school": "武乡县第二中学校",
        "in_school_code": "3114000456",
        "in_grade": "J2",
        "reason_code": "1",
        "reason": "全家迁居武乡县，户籍已随迁，就近入学。",
        "hukou_old": "140426",
        "hukou_new": "140429",
        "entry_month": "2025-09",
        "roll_state": "active",
        "applied_on": "2026-07-10",
    },
}
ROSTER: Final[dict[str, Any]] = {
    "form": "class_roster",
    "school": "3114000123",
    "data": {
        "school_year": "2026-2027",
        "grade": "J3",
        "class_no": "6",
        "class_teacher_name": "栗红",
        "rows": [{"学籍号": STUDENT_NO, "备注": "班长"}],
    },
}
SERIAL: Final = "7Q2M-4XKC-9V1HD"
URL: Final = "HTTPS://YINZHENG.EXAMPLE/V/" + "AEBA" * 38
ISSUED: Final[dict[str, Any]] = {
    "serial": SERIAL,
    "form": "diploma_junior",
    "number": "140426202620120001",
    "status": "pending",
    "pages": 1,
    "verify_url": URL,
    "links": {
        "self": f"/v1/documents/{SERIAL}",
        "content": f"/v1/documents/{SERIAL}/content",
        "docx": f"/v1/documents/{SERIAL}/docx",
        "layout": f"/v1/documents/{SERIAL}/layout",
    },
}
REVOKE: Final[dict[str, Any]] = {"reason": "姓名用字有误，另行签发。"}
TICK: Final[dict[str, Any]] = {"block": "photo", "seen": True}
SCAN: Final[dict[str, Any]] = {
    "id": "1",
    "state": "done",
    "pages": 1,
    "unmatched": [],
    "documents": [
        {
            "serial": SERIAL,
            "form": "diploma_junior",
            "verdict": "genuine",
            "reasons": [],
            "fields": [
                {
                    "name": "student_name",
                    "expected": "文勇俊",
                    "read": "文勇俊",
                    "result": "match",
                    "confidence": 0.99,
                }
            ],
            "marks": [
                {"block": "school", "kind": "seal", "result": "present"},
                {"block": "validation", "kind": "seal", "result": "present"},
            ],
            "entry": "3",
        }
    ],
}
VERIFICATION: Final[dict[str, Any]] = {"qr": URL}
VERDICT: Final[dict[str, Any]] = {
    "verdict": "genuine",
    "reasons": [],
    "form": "初中毕业证书",
    "number": "140426202620120001",
    "issued_on": "2026-07-01",
    "school": "黎城县第三中学校",
    "holder_masked": "文**",
}
PROBLEM: Final[dict[str, Any]] = {
    "type": "urn:yinzheng:problem:not_that_stage",
    "title": "不能办理",
    "status": 422,
    "code": "not_that_stage",
    "detail": "该生不是初中学段，不能出具初中毕业证书；请核对表样或学生年级。",
    "article": "第三十四条",
    "errors": [
        {
            "field": "form",
            "code": "not_that_stage",
            "message": "该生不是初中学段，不能出具初中毕业证书；请核对表样或学生年级。",
            "article": "第三十四条",
        }
    ],
    "request_id": "0f1e2d3c4b5a6978",
}
