"""What waits for a person, oldest first, and what each person answered: doubts only close, decisions only grow."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select

from storage.errors import AlreadyThere
from storage.records import Decision, Doubt, Review, ReviewState
from storage.session import Session, id_number, select_record
from storage.tables import decisions, documents, reviews

WAITING: tuple[ReviewState, ...] = ("open", "disputed")
_review = select_record(reviews, Review)
_decision = select_record(decisions, Decision).order_by(decisions.c.id)


@dataclass(frozen=True, slots=True)
class Hidden:
    """What is withheld from somebody in scope: papers of these forms and evidence of these kinds, unless issued `by` him."""

    forms: Collection[str]
    evidence: Collection[str]
    by: str


def _record(row: tuple[object, ...]) -> Review:
    found = Review(*row)  # type: ignore[arg-type]
    settled_by = None if found.settled_by is None else str(found.settled_by)
    return replace(found, id=str(found.id), scan=str(found.scan), settled_by=settled_by)


def _shown(
    wanted: Select[*tuple[Any, ...]], orgs: Collection[str], hidden: Hidden
) -> Select[*tuple[Any, ...]]:
    """Narrow to what lies in scope and is not withheld."""
    secret = or_(
        documents.c.form.in_(hidden.forms),
        func.coalesce(reviews.c.evidence, "").in_(hidden.evidence),
    )
    withheld = and_(secret, func.coalesce(documents.c.created_by, "") != hidden.by)
    joined = reviews.outerjoin(documents, documents.c.serial == reviews.c.serial)
    return wanted.select_from(joined).where(reviews.c.org.in_(orgs), not_(func.coalesce(withheld, False)))


class ReadsReviews(Session):
    """Looks up what waits and what was decided."""

    def review(self, review_id: str) -> Review:
        """Look one up; NotFound when there is none."""
        wanted = _review.where(reviews.c.id == id_number(review_id, "review"))
        return _record(tuple(self._one("review", wanted)))

    def reviews(
        self,
        orgs: Collection[str],
        hidden: Hidden,
        *,
        states: Collection[ReviewState],
        kind: str | None = None,
        serial: str | None = None,
        after: str | None = None,
        limit: int,
    ) -> list[Review]:
        """List what lies within the organizations, oldest first, beginning behind the review `after`."""
        wanted = _shown(_review, orgs, hidden).where(reviews.c.state.in_(states))
        if kind is not None:
            wanted = wanted.where(reviews.c.kind == kind)
        if serial is not None:
            wanted = wanted.where(reviews.c.serial == serial)
        if after is not None:
            wanted = wanted.where(reviews.c.id > id_number(after, "review"))
        return self._reviews(wanted.limit(limit))

    def review_counts(self, orgs: Collection[str], hidden: Hidden) -> dict[str, int]:
        """Count by state what lies within the organizations."""
        wanted = _shown(select(reviews.c.state, func.count()), orgs, hidden).group_by(reviews.c.state)
        return {str(row[0]): int(row[1]) for row in self._rows("review", wanted)}

    def reviews_of(self, scan_id: str, serial: str | None = None) -> list[Review]:
        """List what a scan left to persons, of one document when given, decided or not."""
        wanted = _review.where(reviews.c.scan == id_number(scan_id, "scan"))
        if serial is not None:
            wanted = wanted.where(reviews.c.serial == serial)
        return self._reviews(wanted)

    def waiting_of(self, serial: str) -> list[Review]:
        """List what waits for a person of one document, from any of its scans."""
        return self._reviews(_review.where(reviews.c.serial == serial, reviews.c.state.in_(WAITING)))

    def _reviews(self, wanted: Select[*tuple[Any, ...]]) -> list[Review]:
        return [_record(tuple(row)) for row in self._rows("review", wanted.order_by(reviews.c.id))]

    def decisions(self, review_id: str) -> list[Decision]:
        """List the answers to one review, first one first."""
        return self._decisions(decisions.c.review == id_number(review_id, "review"))

    def pages_given(self, scan_id: str) -> list[tuple[int, Decision]]:
        """List the sides of a scan (from 0) that persons gave to a document, each with the last answer that says so."""
        decided = [
            one for one in self.reviews_of(scan_id) if one.answer == "belongs" and one.page is not None
        ]
        return [
            (one.page, said)
            for one in decided
            if one.page is not None
            for said in [given for given in self.decisions(one.id) if given.answer == "belongs"][-1:]
        ]

    def all_decisions(self) -> list[Decision]:
        """List every answer that was ever given."""
        return self._decisions()

    def _decisions(self, *only: ColumnElement[bool]) -> list[Decision]:
        rows = self._rows("decision", _decision.where(*only))
        return [replace(Decision(*row), review=str(row.review)) for row in rows]


class WritesReviews(ReadsReviews):
    """Opens reviews, keeps answers, closes what is settled."""

    def open_reviews(self, scan_id: str, doubts: Iterable[Doubt]) -> None:
        """Put the doubts of a scan on the desk, in this order."""
        fixed = {"scan": id_number(scan_id, "scan"), "opened_at": self._now(), "state": "open"}
        self._insert_many("review", reviews, [asdict(doubt) | fixed for doubt in doubts])

    def add_decision(
        self,
        review_id: str,
        *,
        answer: str,
        paper: bool,
        note: str,
        serial: str | None,
        by: str,
        role: str,
        org: str,
        evidence: str | None = None,
    ) -> Decision:
        """Keep one person's answer; AlreadyThere when he gave one before."""
        if any(one.by == by for one in self.decisions(review_id)):
            raise AlreadyThere("decision")
        made = Decision(0, review_id, answer, serial, paper, note, by, role, org, self._now(), evidence)
        values = {name: getattr(made, name) for name in Decision.__slots__ if name != "id"}
        key = self._insert("decision", decisions, {**values, "review": id_number(review_id, "review")})
        return replace(made, id=key)

    def dispute_review(self, review_id: str) -> None:
        """Let two answers that differ wait for a third; Frozen when it is closed."""
        self._set_review(review_id, state="disputed")

    def decide_review(self, review_id: str, answer: str) -> None:
        """Close it with an answer, for ever; Frozen when it is closed already."""
        self._set_review(review_id, state="decided", answer=answer, closed_at=self._now())

    def supersede_review(self, review_id: str, scan_id: str) -> None:
        """Close it because a newer scan leaves nothing to answer; Frozen when it is closed already."""
        self._set_review(
            review_id, state="superseded", closed_at=self._now(), settled_by=id_number(scan_id, "scan")
        )

    def _set_review(self, review_id: str, **values: object) -> None:
        row = reviews.update().where(reviews.c.id == id_number(review_id, "review"))
        self._do("review", row.values(**values))
