"""Issue: request → rules → number → print → sign → keep → hand over; and revoke."""

from service.issue.flow import Issued, issue
from service.issue.request import IssueRequest
from service.issue.revoking import revoke
from service.issue.spoiling import spoil
from service.regulation.case import Override

__all__ = ["IssueRequest", "Issued", "Override", "issue", "revoke", "spoil"]
