"""The delegation of a pool on AWS: asked before boto3 sends a call that a person is behind.

This file and `access.decisions` go along in the function's zip, where Poolhouse is not installed: they use the standard
library and boto3. Who called is what AppSync or API Gateway put into the event; what he may do is decided over the
groups of this moment, which are read with the role of the function.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from poolhouse.access.decisions import TO_GROUP, Question, Ranked, Verdict, at_stake, decide, strength

EVENT: Final = "before-call.cognito-identity-provider"
_GONE: Final = "The user on whose behalf this is asked is disabled or no longer exists."
_UNKNOWN: Final = "The event does not say on whose behalf this is asked."
_LOGIN: Final = re.compile(r'cognito-idp\.[a-z0-9.-]+/([A-Za-z0-9_-]+):CognitoSignIn:([A-Za-z0-9-]+)"?$')
_AT_ONCE: Final = 60

Handler = Callable[[Any, Any], Any]


class Person(NamedTuple):
    """Who called the function. Signed calls tell the `sub` and no user name; without a `sub` nothing may be done."""

    pool_id: str
    sub: str
    username: str = ""


def person_of(event: Any) -> Person | None:
    """The user of an AppSync or REST event; None for triggers, schedules, guests, API keys, and AWS principals."""
    if not isinstance(event, dict):
        return None
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = authorizer.get("claims")
    if claims:
        return _signed_in(
            claims.get("iss"), claims.get("sub"), claims.get("cognito:username") or claims.get("username")
        )
    identity = event.get("identity") or {}
    if "sub" in identity:
        return _signed_in(identity.get("issuer"), identity["sub"], identity.get("username"))
    if identity.get("cognitoIdentityAuthType") == "authenticated":
        login = _LOGIN.search(identity.get("cognitoIdentityAuthProvider") or "")
        return Person(login[1], login[2]) if login else Person("", "")
    return None


def _signed_in(issuer: str | None, sub: str | None, username: str | None) -> Person:
    return Person((issuer or "").rpartition("/")[2], sub or "", username or "")


class Pool:
    """What a decision needs of a user pool. `client` is boto3's, of a session that nothing watches; lists are read
    `at_once` entries a request, AWS's most.
    """

    def __init__(self, client: Any, pool_id: str, at_once: int = _AT_ONCE) -> None:
        self._client = client
        self._at_once = at_once
        self.id = pool_id

    def username(self, person: Person) -> str | None:
        """The name of an enabled user who still is this person."""
        name = person.username or self._named(person.sub)
        found = self._found(self._client.admin_get_user, Username=name) if name else None
        if found is None or not found["Enabled"]:
            return None
        subs = [one["Value"] for one in found["UserAttributes"] if one["Name"] == "sub"]
        return found["Username"] if subs == [person.sub] else None

    def real_name(self, username: str) -> str:
        """The user name behind an alias."""
        found = self._found(self._client.admin_get_user, Username=username)
        return found["Username"] if found else username

    def groups_of(self, username: str) -> tuple[Ranked, ...] | None:
        """None where there is no such user."""
        try:
            pages = self._pages("admin_list_groups_for_user", "Groups", Username=username)
            return tuple(_ranked(group) for group in pages)
        except self._client.exceptions.UserNotFoundException:
            return None

    def group(self, name: str) -> Ranked | None:
        found = self._found(self._client.get_group, GroupName=name)
        return _ranked(found["Group"]) if found else None

    def is_last(self, group: str, username: str) -> bool:
        """Whether no enabled user but this one is a member."""
        members = self._pages("list_users_in_group", "Users", GroupName=group)
        return not any(member["Enabled"] and member["Username"] != username for member in members)

    def has_stronger_member(self, group: str, own: int) -> bool:
        """Whether a member has a group of lower precedence: members of such groups are few, those of the group many."""
        for stronger in self._pages("list_groups", "Groups"):
            if _ranked(stronger).strength < own:
                for member in self._pages("list_users_in_group", "Users", GroupName=stronger["GroupName"]):
                    if any(one.name == group for one in self.groups_of(member["Username"]) or ()):
                        return True
        return False

    def _named(self, sub: str) -> str | None:
        found = self._client.list_users(UserPoolId=self.id, Filter=f'sub = "{sub}"', Limit=1)["Users"]
        return found[0]["Username"] if found else None

    def _found(self, ask: Callable[..., Any], **named: str) -> Any:
        missing = (
            self._client.exceptions.UserNotFoundException
            if "Username" in named
            else self._client.exceptions.ResourceNotFoundException
        )
        try:
            return ask(UserPoolId=self.id, **named)
        except missing:
            return None

    def _pages(self, method: str, member: str, **named: str) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            answer = getattr(self._client, method)(UserPoolId=self.id, Limit=self._at_once, **named, **token)
            yield from answer[member]
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def _ranked(group: dict[str, Any]) -> Ranked:
    return Ranked(group["GroupName"], group.get("Precedence"))


def judged(rules: Any, pool: Pool, person: Person, operation: str, request: dict[str, Any]) -> Verdict:
    """The decision about one request, with what the pool knows at this moment."""
    if not person.sub:
        return Verdict(allowed=False, text=_UNKNOWN)
    if request.get("UserPoolId", person.pool_id) != person.pool_id:
        return Verdict(allowed=False, text=f"Users of {person.pool_id} may not act in another user pool.")
    name = pool.username(person)
    own = pool.groups_of(name) if name else None
    if own is None:
        return Verdict(allowed=False, text=_GONE)
    named = request.get("GroupName")
    acts_on_user = operation in rules.on_user
    target = pool.groups_of(request["Username"]) if acts_on_user else None
    asked = Question(
        operation=operation,
        person=own,
        target=target,
        group=pool.group(named) if named and operation in TO_GROUP else None,
        group_name=named or "",
        precedence=request.get("Precedence"),
        sets_role=request.get("RoleArn") is not None,
        forces_alias=bool(request.get("ForceAliasCreation")),
        last_of=_last_of(rules, pool, operation, request, target or ()),
        stronger_member=operation == "DeleteGroup" and pool.has_stronger_member(named or "", strength(own)),
    )
    return decide(rules, asked, acts_on_user=acts_on_user)


def _last_of(
    rules: Any, pool: Pool, operation: str, request: dict[str, Any], target: tuple[Ranked, ...]
) -> tuple[str, ...]:
    names = at_stake(rules, operation, request.get("GroupName"))
    held = [group.name for group in target if group.name in names]
    if not held:
        return ()
    username = pool.real_name(request["Username"])
    return tuple([name for name in held if pool.is_last(name, username)])


class Enforced:
    """Watches boto3 for one function. `rules` are the JSON that `deploy.delegation` writes.

    The person stays until the next event comes, so that what a thread does after the answer is still on his behalf.
    """

    def __init__(self, rules: Any, connect: Callable[[], Any]) -> None:
        self._rules = rules
        self._connect = connect
        self._client: Any = None
        self.person: Person | None = None

    def around(self, handler: Handler) -> Handler:
        """The handler, which is told nothing new."""

        def on_behalf(event: Any, context: Any) -> Any:
            self.person = person_of(event)
            return handler(event, context)

        return on_behalf

    def watch(self, session: Any) -> None:
        """For botocore, which tells every session that is made."""
        session.register(EVENT, self.check)

    def check(self, model: Any, params: dict[str, Any], **_: Any) -> Any:
        """For botocore's `before-call`: None lets the call go, anything else is its answer."""
        operation = model.name
        if operation in self._rules.reads:
            told = f"The function has no grant for {operation}: its role may look so that the delegation is kept."
            return _answer("AccessDeniedException", told)
        if self.person is None or operation not in self._rules.operations:
            return None
        request = json.loads(params["body"])
        if self._leaves(operation, request.get("GroupName")):
            return None
        if self._client is None:
            self._client = self._connect()
        pool = Pool(self._client, self.person.pool_id)
        verdict = judged(self._rules, pool, self.person, operation, request)
        return None if verdict.allowed else _answer("NotAuthorizedException", verdict.text)

    def _leaves(self, operation: str, group: str | None) -> bool:
        """Whether the function does this by its own authority."""
        return any(
            operation in one.operations and (not one.groups or group in (None, *one.groups)) for one in self._rules.own
        )


def _answer(code: str, message: str) -> tuple[Any, dict[str, Any]]:
    """What the pool would have answered, so that a handler's `except` finds the class that it names."""
    from botocore.awsrequest import AWSResponse
    from botocore.compat import HTTPHeaders

    parsed = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return AWSResponse("", 400, HTTPHeaders(), None), parsed


def begin(text: str) -> Enforced:
    """Watch every session of boto3 that is made from now on. `text` is the JSON of the rules."""
    from types import SimpleNamespace

    import boto3
    import botocore
    import botocore.session
    from botocore.config import Config

    rules = json.loads(text, object_hook=lambda members: SimpleNamespace(**members))
    unwatched = boto3.session.Session(botocore_session=botocore.session.Session())
    config = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
    made = Enforced(rules, lambda: unwatched.client("cognito-idp", config=config))
    botocore.register_initializer(made.watch)
    return made
