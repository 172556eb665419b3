"""Who asks: the bearer token of a request turned into a Who, or a 401; and the office it asks."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.access import Who, no_token
from service.office import Office
from service.register import identify

_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="yz_…",
    scheme_name="令牌",
    description="由管理员用 `yinzheng token create --role ROLE --org CODE` 签发的令牌。",
)


async def office_of(request: Request) -> Office:
    """Return the office the application was created with."""
    office: Office = request.app.state.office
    return office


TheOffice = Annotated[Office, Depends(office_of)]


def caller(
    office: TheOffice, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Who:
    """Return whose token the request carries; Problem `no_token` (401) when it carries none we know."""
    who = None if credentials is None else identify(office, credentials.credentials)
    if who is None:
        raise no_token()
    return who


Caller = Annotated[Who, Depends(caller)]


def office_for(office: TheOffice, who: Caller) -> Office:
    """Return the office as it may be seen on behalf of the caller's organization: a second wall behind the flows' own."""
    return replace(office, archive=office.archive.seen_by(who.org))


CallersOffice = Annotated[Office, Depends(office_for)]
"""What every route with a Caller works with; TheOffice is for what anybody may ask."""
