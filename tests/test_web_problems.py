"""Every error as problem+json: the one table, the framework's refusals, and the errors nobody foresaw."""

import json
import logging
import secrets
import time

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from intake import errors as intake
from service.access import no_token
from service.errors import Objection, Problem, refused
from service.web import problems
from service.web.journal import Counts, Journal
from service.web.problems import FAULTS_TOLD, LONGEST_NAME, TABLE, as_problem
from storage import errors as storage
from templates import errors as templates
from tests.served import client_of

SECRET = "文勇俊 140499201104120011"


def subclasses(base):
    found = [base]
    for child in base.__subclasses__():
        found += subclasses(child)
    return found


@pytest.mark.parametrize("base", [storage.StorageError, templates.TemplatesError, intake.IntakeError])
def test_every_error_class_of_a_package_has_a_row(base):
    """An error that a package may raise is answered on purpose, itself or by its nearest ancestor."""
    for error in subclasses(base):
        assert any(ancestor in TABLE for ancestor in error.__mro__), error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (storage.NotFound("document"), 404, "not_found"),
        (storage.StoreFull(), 507, "store_full"),
        (storage.StoreAway("OperationalError"), 503, "store_away"),
        (storage.KeyReused(), 409, "key_reused"),
        (storage.NoNumberLeft("diploma_junior", "3114000123"), 409, "no_number_left"),
        (templates.UnknownForm("x"), 404, "unknown_form"),
        (templates.ConverterBusy(7), 503, "converter_busy"),
        (templates.GlyphMissing("student_name", "㛃"), 422, "glyph_missing"),
        (intake.UploadRefused("too_large"), 413, "too_large"),
        (intake.UploadRefused("unknown_type"), 415, "unknown_type"),
        (intake.UploadRefused("damaged"), 422, "damaged"),
        (ValueError(SECRET), 500, "internal_error"),
    ],
)
def test_an_error_becomes_its_problem(error, status, code):
    """Status and code as the table says, the sentence as the package said it."""
    problem = as_problem(error)
    assert (problem.status, problem.code) == (status, code)
    assert SECRET not in json.dumps(problem.to_json(), ensure_ascii=False)


class Body(BaseModel):
    """A body that knows two members."""

    model_config = ConfigDict(extra="forbid")
    name: str
    year: int


@pytest.fixture
def client():
    app = FastAPI()
    problems.register(app)
    raised = {
        "busy": templates.ConverterBusy(7),
        "none": no_token(),
        "scope": Problem("out_of_scope", 403, "不在管辖范围", "只能办理本单位的。", article="第四十四条"),
        "rule": refused(
            [Objection("form", "not_that_stage", "该生不是初中学段", 34), Objection("x", "y", "z")]
        ),
        "bug": RuntimeError(SECRET),
    }

    @app.get("/raise/{what}")
    def fail(what: str):
        raise raised[what]

    @app.post("/body")
    def take(body: Body):
        return body

    app.add_middleware(Journal, counts=Counts(), new_id=lambda: secrets.token_hex(8))
    with client_of(app) as client:
        yield client


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert {"type", "title", "detail", "code"} <= body.keys()
    return body


def test_every_value_that_is_too_long_is_named():
    """A paper that does not fit says which values take the room."""
    told = as_problem(templates.DoesNotFit(["reason", "out_school"], 2, 1)).to_json()
    assert [item["field"] for item in told["errors"]] == ["reason", "out_school"]


def test_busy_says_when_to_come_back(client):
    """503 carries Retry-After."""
    answer = client.get("/raise/busy")
    assert problem(answer)["code"] == "converter_busy"
    assert answer.headers["retry-after"] == "7"


def test_401_asks_for_a_bearer_token(client):
    """401 carries WWW-Authenticate."""
    answer = client.get("/raise/none")
    assert problem(answer)["code"] == "no_token"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_403_names_reason_and_article(client):
    """Out of scope is said with article 44."""
    answer = client.get("/raise/scope")
    assert problem(answer)["article"] == "第四十四条"
    assert "insufficient_scope" in answer.headers["www-authenticate"]


def test_a_rule_names_its_article_and_every_objection(client):
    """All objections come at once, each by field."""
    body = problem(client.get("/raise/rule"))
    assert body["article"] == "第三十四条"
    assert [item["field"] for item in body["errors"]] == ["form", "x"]


def test_unknown_and_missing_members_are_named_but_never_repeated(client):
    """A fault says which member, in Chinese; what was sent does not come back."""
    answer = client.post("/body", json={"nome": SECRET, "year": SECRET})
    body = problem(answer)
    assert {item["field"]: item["code"] for item in body["errors"]} == {
        "name": "missing",
        "year": "int_parsing",
        "nome": "extra_forbidden",
    }
    assert SECRET not in answer.text


def test_a_body_of_nothing_but_faults_is_answered_briefly(client):
    """The first faults are told, each name cut; the others are not even looked at."""
    looked = []

    class Fault(dict):
        """A fault that notes when somebody looks at it."""

        def __getitem__(self, name):
            looked.append(name)
            return super().__getitem__(name)

    faults = [Fault(type="dict_type", loc=("body", "rows", place)) for place in range(6000)]
    told = problems.invalid(faults)
    assert [item.field for item in told.errors] == [f"rows.{place}" for place in range(FAULTS_TOLD)]
    assert len(looked) == FAULTS_TOLD
    answer = client.post("/body", json={"name": "x", "year": 1, "." * 100_000: 1})
    (error,) = problem(answer)["errors"]
    assert len(error["field"]) == LONGEST_NAME


@given(st.lists(st.text(".a", min_size=1, max_size=6), max_size=8))
def test_a_kind_is_told_only_where_nothing_inside_is(names):
    """A member that holds another one with a fault is not told by its kind."""
    told = {
        item.field
        for item in problems.invalid([{"type": "dict_type", "loc": (name,)} for name in names]).errors
    }
    assert told == {name for name in names if not any(other.startswith(f"{name}.") for other in names)}


def test_what_the_framework_refuses_is_a_problem_too(client):
    """404, 405 and broken JSON look like everything else."""
    assert problem(client.get("/nowhere"))["code"] == "no_such_address"
    answer = client.delete("/body")
    assert problem(answer)["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "POST"
    broken = client.post("/body", content=b"{", headers={"Content-Type": "application/json"})
    assert problem(broken)["status"] == 422


def test_an_unforeseen_error_is_a_500_without_what_it_said(client, caplog):
    """The caller gets a request id; the log gets the place; nobody gets the data."""
    with caplog.at_level(logging.INFO):
        answer = client.get("/raise/bug")
    assert problem(answer)["code"] == "internal_error"
    assert SECRET not in answer.text
    assert SECRET not in caplog.text
    assert "RuntimeError" in caplog.text
    assert "test_web_problems.py" in caplog.text


def test_the_log_line_has_the_route_and_not_the_path(client, caplog):
    """A path may hold a token or a 学籍号, so only its template is written down."""
    with caplog.at_level(logging.INFO):
        client.get("/raise/G140499201104120011")
        client.get("/V2/G140499201104120011")
        lines = access_lines(caplog, 2)
    assert [(line["route"], line["status"]) for line in lines] == [("/raise/{what}", 500), ("(none)", 404)]
    assert all(line["ms"] > 0 for line in lines)
    assert "G1404" not in caplog.text


def access_lines(caplog, number):
    """The lines are written after the answers have left, so wait for them."""
    end = time.monotonic() + 5
    while True:
        found = [json.loads(r.getMessage()) for r in caplog.records if r.name == "yinzheng.access"]
        if len(found) >= number or time.monotonic() > end:
            return found
        time.sleep(0.01)


def test_every_answer_has_safe_headers(client):
    """nosniff, no referrer, nothing to run, nothing to keep."""
    headers = client.get("/nowhere").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers
