"""Who may call which route. Add your own rules here; every one refuses by raising `Refused`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pool import POOL, cognito, groups_of
from protection import rank
from settings import SETTINGS
from wire import Refused, Request

NOT_AN_ADMIN = "User does not have permissions to perform administrative tasks"
FOR_EVERYBODY = frozenset({"/signUserOut"})
"""Routes that do not ask for a group, since they concern the caller alone."""

ROUTE_GROUPS = {f"/{route}": groups for route, groups in SETTINGS.route_groups.items()}


class Caller(NamedTuple):
    """The user whose token came with the request; the username is empty when the token does not say it."""

    username: str
    groups: frozenset[str]
    sub: str


def admit(request: Request) -> Caller:
    """Refuses a caller without verified token (401), and one who is in none of the groups that may (403)."""
    if not request.claims and not request.caller_arn:
        raise Refused(401, "Unauthorized")
    caller = Caller(name_of(request.claims), groups_in(request.claims), str(request.claims.get("sub") or ""))
    if request.path in FOR_EVERYBODY:
        return caller
    if not request.claims:
        raise Refused(401, "Unauthorized")
    if SETTINGS.live_groups:
        caller = _as_it_is_now(caller)
    allowed = ROUTE_GROUPS.get(request.path, SETTINGS.groups)
    if allowed is not None and caller.groups.isdisjoint(allowed):
        raise Refused(403, NOT_AN_ADMIN)
    return caller


def name_of(claims: Mapping[str, Any]) -> str:
    """Access tokens and ID tokens call the username differently; each is asked for its own claim only."""
    names = {"access": ("username",), "id": ("cognito:username",)}
    wanted = names.get(str(claims.get("token_use")), ("username", "cognito:username"))
    found = next((claims[name] for name in wanted if claims.get(name)), "")
    return found if isinstance(found, str) else ""


def groups_in(claims: Mapping[str, Any]) -> frozenset[str]:
    """The groups of the token. API Gateway joins them by commas; a list keeps names apart that hold commas."""
    claim = claims.get("cognito:groups")
    names = claim.split(",") if isinstance(claim, str) else claim
    if not isinstance(names, list | tuple):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str) and name)


def check_self(request: Request, username: str) -> None:
    """Refuses to sign out anybody but the caller. What is not text is nobody's name."""
    own = {name_of(request.claims), request.caller_arn.rpartition("/")[2]} - {""}
    if username not in own:
        raise Refused(400, "only the user can sign themselves out")


def check_assignable(caller: Caller, groupname: str) -> None:
    """Refuses (403) to change the members of a group that the caller may not confer.

    True: no group that outranks the caller's strongest one. A set: these groups only. A mapping: for each group of
    callers its own set.
    """
    rule = SETTINGS.assignable
    if rule is False:
        return
    if rule is True:
        allowed = _precedence(groupname) >= rank(groups_of(known(caller)))
    elif isinstance(rule, Mapping):
        allowed = any(groupname in rule.get(group, ()) for group in caller.groups)
    else:
        allowed = groupname in rule
    if not allowed:
        raise Refused(403, f"User does not have permissions to change the members of {groupname}")


def check_not_stronger(caller: Caller, username: str) -> None:
    """Refuses (403) to change a user whose strongest group outranks the caller's.

    The groups are read just before the change: a user who is promoted in between is changed all the same.
    """
    if SETTINGS.protects_stronger_users and rank(groups_of(username)) < rank(groups_of(known(caller))):
        raise Refused(403, f"User does not have permissions to change {username}")


def known(caller: Caller) -> str:
    """The caller's username, for rules that compare the caller with somebody."""
    if not caller.username:
        raise Refused(401, "Unauthorized")
    return caller.username


def _precedence(groupname: str) -> float:
    group = cognito.get_group(UserPoolId=POOL, GroupName=groupname)["Group"]
    return rank({groupname: group.get("Precedence")})


def _as_it_is_now(caller: Caller) -> Caller:
    """The caller's groups today. Refuses an account that is gone, disabled, or somebody else's by now."""
    try:
        user = cognito.admin_get_user(UserPoolId=POOL, Username=known(caller))
    except cognito.exceptions.UserNotFoundException:
        raise Refused(403, NOT_AN_ADMIN) from None
    sub = next((each.get("Value") for each in user["UserAttributes"] if each["Name"] == "sub"), None)
    if not user["Enabled"] or (caller.sub and caller.sub != sub):
        raise Refused(403, NOT_AN_ADMIN)
    return caller._replace(groups=frozenset(groups_of(caller.username)))
