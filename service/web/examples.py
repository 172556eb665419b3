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
BATCH: Final[dict[str, Any]] = {
    "form": "diploma_junior",
    "students": [STUDENT_NO, "G140499201011030228"],
    "data": DOCUMENT["data"],
}
BATCH_ROWS: Final[dict[str, Any]] = {
    "form": "diploma_junior",
    "rows": [{"student": STUDENT_NO, "study_from": "2023-09"}],
    "data": {"study_to": "2026-07", "issued_on": "2026-07-01"},
}
BATCH_GRADE: Final[dict[str, Any]] = {
    "form": "diploma_junior",
    "grade": "J3",
    "school": "3114000123",
    "data": DOCUMENT["data"],
}
BATCH_OUT: Final[dict[str, Any]] = {
    "id": "1",
    "form": "diploma_junior",
    "title": "初中毕业证书",
    "org": "140426",
    "state": "printing",
    "total": 2,
    "done": 1,
    "failed": 1,
    "cancelled": 0,
    "rows": {"printed": 1, "refused": 1},
    "created_at": "2026-07-01T02:00:00+00:00",
    "ended_at": None,
    "errors": [
        {
            "row": 2,
            "student": "G140499201011030228",
            "field": None,
            "code": "suspended",
            "message": "该生在休学期间，不能出具初中毕业证书，第二十四条；请先办理复学并更正学籍状态",
            "article": "第二十四条",
        }
    ],
    "links": {
        "self": "/v1/batches/1",
        "events": "/v1/batches/1/events",
        "errors": "/v1/batches/1/errors",
        "content": "/v1/batches/1/content",
        "cancel": "/v1/batches/1/cancel",
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
            "differences": [],
            "dates": [],
            "advice": [],
            "entry": "3",
        }
    ],
}
BLANK: Final[dict[str, Any]] = {
    "form": "diploma_junior",
    "org": "140426",
    "note": "2026年印制",
    "size_mm": [260.0, 185.0],
    "shift_mm": [0.4, -0.6],
    "fields": {
        "student_name": {"x": 100.0, "y": 67.0, "width": 52.0, "size_pt": 18, "align": "center", "lines": 2},
        "sex": {"x": 176.0, "y": 67.0, "width": 14.0, "size_pt": 18, "align": "center"},
        "birth_date.year": {"x": 86.0, "y": 82.0, "width": 30.0, "size_pt": 16, "align": "center"},
        "birth_date.month": {"x": 122.0, "y": 82.0, "width": 14.0, "size_pt": 16, "align": "center"},
        "birth_date.day": {"x": 142.0, "y": 82.0, "width": 18.0, "size_pt": 16, "align": "center"},
        "study_from": {"x": 94.0, "y": 97.0, "width": 48.0, "size_pt": 16, "align": "center"},
        "study_to": {"x": 150.0, "y": 97.0, "width": 48.0, "size_pt": 16, "align": "center"},
        "school_name": {"x": 128.0, "y": 132.0, "width": 92.0, "size_pt": 15, "align": "right", "lines": 2},
        "issued_on": {"x": 150.0, "y": 146.0, "width": 70.0, "size_pt": 15, "align": "right"},
        "certificate_no": {"x": 66.0, "y": 163.0, "width": 74.0, "size_pt": 12},
        "student_no": {"x": 158.0, "y": 163.0, "width": 62.0, "size_pt": 12},
    },
    "code": {"x": 38.0, "y": 102.0},
    "photo": {"x": 43.0, "y": 49.0},
    "marks": {
        "photo": [21.0, 57.0, 65.0, 101.0],
        "head": [138.0, 107.0, 200.0, 125.0],
        "school": [160.0, 114.0, 214.0, 158.0],
        "validation": [76.0, 112.0, 124.0, 160.0],
    },
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
