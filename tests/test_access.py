"""Who may do what, and for whom."""

import os

import pytest

from service.access import ALLOWED, Action, Role, Who, may, new_token, role_of, within
from service.errors import Problem

CITY, COUNTY, SCHOOL, OTHER = "140400", "140426", "3114000123", "3114000456"
CHAIN = [SCHOOL, COUNTY, CITY]


def who(role, org):
    return Who(Role(role), org, "digest")


def refusal(*arguments):
    with pytest.raises(Problem) as caught:
        within(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("role", "org", "action"),
    [
        ("city", CITY, Action.WRITE_ORGANIZATION),
        ("county", COUNTY, Action.WRITE_BLOCK),
        ("registrar", SCHOOL, Action.ISSUE),
        ("head", SCHOOL, Action.REVOKE),
        ("auditor", COUNTY, Action.READ),
    ],
)
def test_who_may(role, org, action):
    """Each role does its own for what lies under its organization."""
    assert within(who(role, org), action, CHAIN) == who(role, org)


@pytest.mark.parametrize(
    ("role", "action"),
    [
        ("auditor", Action.ISSUE),
        ("auditor", Action.SCAN),
        ("registrar", Action.WRITE_BLOCK),
        ("head", Action.WRITE_STUDENT),
        ("registrar", Action.WRITE_ORGANIZATION),
    ],
)
def test_a_role_that_may_not(role, action):
    """A role without the action is refused, in Chinese, with who may."""
    problem = refusal(who(role, SCHOOL), action, CHAIN)
    assert (problem.code, problem.status) == ("role_not_allowed", 403)
    assert "请由" in problem.detail


def test_out_of_scope():
    """A school sees its own only; art. 44 is named."""
    problem = refusal(who("registrar", OTHER), Action.READ, CHAIN)
    assert (problem.code, problem.status, problem.article) == ("out_of_scope", 403, "第四十四条")


def test_without_a_token():
    """Nobody is nobody."""
    problem = refusal(None, Action.READ, CHAIN)
    assert (problem.code, problem.status) == ("no_token", 401)


def test_every_action_is_decided():
    """No action is left without a list of roles, and every role may read."""
    assert set(ALLOWED) == set(Action)
    assert all(may(who(role, CITY), Action.READ) for role in Role)


def test_tokens_cannot_be_guessed():
    """A token has 240 random bits and one shape."""
    made = {new_token(os.urandom) for _ in range(50)}
    assert len(made) == 50
    assert all(token.startswith("yz_") and len(token) == 51 for token in made)


def test_unknown_roles_are_refused():
    """Roles are the five of the design."""
    with pytest.raises(Problem, match="unknown_role"):
        role_of("admin")
