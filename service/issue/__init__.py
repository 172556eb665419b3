"""Issue: request → rules → number → print → sign → keep → hand over; and revoke."""

from service.issue.drafting import IssueRequest
from service.issue.flow import Issued, issue
from service.issue.revoking import revoke

__all__ = ["IssueRequest", "Issued", "issue", "revoke"]
