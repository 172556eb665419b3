"""Handing files over: which article each cause stands on, and the one with the month (arts. 8, 18, 22)."""

ARTICLES = {"1": 22, "2": 8, "3": 8, "4": 22}
"""The article of each handover_cause: a student changes or goes up, a school is merged or revoked."""
CLOCK = 22
"""The article with the month."""
TAKEN_UP = 18
"""The article by which the receiver goes on with the file it got, whoever it came from."""


def article_of(cause: str | None) -> int:
    """The article of a cause, also of one a stranger wrote."""
    return ARTICLES.get(cause or "", TAKEN_UP)
