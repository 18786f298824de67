"""Every delegable operation, by everybody, on users of every rank, on every way: the same answer, and a record of it."""

from typing import Any

import pytest
from acceptance.world import Person as Account
from delegation.conftest import KINDS
from delegation.world import WAYS, Answers, Outcome

from poolhouse.access.delegation import ENDS
from poolhouse.define.delegable import CHANGES_GROUP, MEMBERSHIP, ON_USER
from poolhouse.operations.audit import Event
from poolhouse.operations.families import served

RANKS = {"weaker": ("CUSTOMERS",), "equal": ("ADMINS",), "stronger": ("OWNERS",)}
DEVICE = {"DeviceKey": "us-east-1_00000000-0000-0000-0000-000000000000"}
REQUESTS: dict[str, dict[str, Any]] = {
    "AdminAddUserToGroup": {"GroupName": "EDITORS"},
    "AdminCreateUser": {"MessageAction": "RESEND"},
    "AdminDeleteUserAttributes": {"UserAttributeNames": ["nickname"]},
    "AdminForgetDevice": DEVICE,
    "AdminGetDevice": DEVICE,
    "AdminRemoveUserFromGroup": {"GroupName": "CUSTOMERS"},
    "AdminRevokeUserSession": {"SessionId": "tkn" + "x" * 25},
    "AdminSetUserPassword": {"Password": "Correct-Horse9", "Permanent": True},
    "AdminSetUserSettings": {"MFAOptions": []},
    "AdminUpdateAuthEventFeedback": {"EventId": "e", "FeedbackValue": "Valid"},
    "AdminUpdateDeviceStatus": DEVICE,
    "AdminUpdateUserAttributes": {"UserAttributes": [{"Name": "nickname", "Value": "n"}]},
}
CAME = {
    "sdk": ("awsjson", "graphql"),
    "credentials": ("awsjson", "identityPool"),
    "graphql": ("awsjson", "graphql"),
    "identity pool": ("awsjson", "graphql"),
    "rest": ("awsjson", "rest"),
    "console": ("console", "console"),
}
"""How the call came in, and how the person came to it."""
TOLD = {"principal", "sub", "username", "groups", "token_id", "address", "request", "rule", "request_id", "event_id"}
UNTOLD = {"credentials": {"token_id"}, "identity pool": {"token_id"}}
"""Credentials of the identity pool are no token."""
OPERATIONS = sorted(operation for operation in ON_USER if ("cognito-idp", operation) in served())


@pytest.fixture(scope="module", params=KINDS)
def answers(request: pytest.FixtureRequest) -> Answers:
    """On both databases."""
    found: Answers = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture(scope="module")
def actors(answers: Answers) -> dict[tuple[str, str], Account]:
    """One for each rank and way: refusals of the same to the same are counted, and not recorded one by one."""
    ranks = {"owner": ("OWNERS",), "admin": ("ADMINS",), "outsider": ()}
    return {(rank, way): answers.new(*groups) for rank, groups in ranks.items() for way in WAYS}


@pytest.fixture(scope="module")
def targets(answers: Answers) -> dict[str, str]:
    return {rank: answers.target(*groups) for rank, groups in RANKS.items()}


class Asked:
    """One operation on one user, in every way: answers are the same but for the names in them."""

    def __init__(self, answers: Answers, actors: dict[tuple[str, str], Account], operation: str) -> None:
        self.answers = answers
        self.actors = actors
        self.operation = operation

    def by(self, rank: str, target: str, *, fresh: tuple[str, ...] | None = None) -> Outcome:
        found: set[tuple[Outcome, str]] = set()
        for way, ask in WAYS.items():
            username = target if fresh is None else self.answers.target(*fresh)
            request = {"UserPoolId": self.answers.pool, "Username": username, **REQUESTS.get(self.operation, {})}
            before = self.answers.state_of(username)
            outcome = ask(self.answers, self.actors[rank, way], self.operation, request)
            after, event = self.answers.told_of(username)
            if outcome.code == "NotAuthorizedException":
                assert after == before, way
            self._check_trail(way, self.actors[rank, way], event, outcome)
            assert event.body["request"]["Username"] == username, way
            found.add((Outcome(outcome.code, outcome.message.replace(username, "NAME")), repr(_unnamed(after))))
        assert len(found) == 1, found
        return found.pop()[0]

    def _check_trail(self, way: str, actor: Account, event: Event | None, outcome: Outcome) -> None:
        """Who, from where, what, with which request, by which rule and with what result: all of it on every way."""
        assert event is not None, way
        assert (event.operation, event.result) == (self.operation, outcome.code), way
        assert event.actor.endswith(actor.sub), way
        said = event.body
        assert (said["way"], said["via"]) == CAME[way], way
        assert {name for name, value in said.items() if value in ("", None)} == UNTOLD.get(way, set()), way
        assert said.keys() >= TOLD, way


def _unnamed(state: list[Any] | None) -> list[Any] | None:
    """Without what differs from one user to the next."""
    if state is None:
        return None
    kept = [pair for pair in state[0]["UserAttributes"] if pair["Name"] not in {"sub", "email"}]
    return [{**state[0], "UserAttributes": kept}, state[1]]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations_on_users(answers, actors, targets, operation):
    """Weaker and equal users: done by an admin, as by root. Stronger ones, and everybody to an outsider: refused."""
    asked = Asked(answers, actors, operation)
    for rank in ("weaker", "equal"):
        spent = operation in ENDS
        allowed = asked.by("admin", targets[rank], fresh=RANKS[rank] if spent else None)
        assert "may not" not in allowed.message, allowed
    refused = asked.by("admin", targets["stronger"])
    assert refused == Outcome(
        "NotAuthorizedException",
        f"Members of ADMINS may not perform {operation} on a member of OWNERS, which outranks their own groups.",
    )
    refused = asked.by("outsider", targets["weaker"])
    assert refused == Outcome(
        "NotAuthorizedException",
        f"Users without a group may not perform {operation}: no rule of the pool's delegation allows it to them.",
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_whoever_has_nobody_behind_him_is_not_asked(answers, targets, operation):
    """Root, the operator at the console, and a function that nobody called: as without a delegation."""
    request = {"UserPoolId": answers.pool, "Username": targets["stronger"], **REQUESTS.get(operation, {})}
    if operation in ENDS:
        request["Username"] = answers.target("OWNERS")
        assert answers.by_function_alone(operation, request).code == "ok"
        request["Username"] = answers.target("OWNERS")
    assert "may not" not in answers.by_function_alone(operation, request).message
    assert "may not" not in answers.by_root(operation, request).message


@pytest.mark.parametrize("operation", sorted(ENDS))
def test_the_last_admin(answers, actors, operation):
    """Nobody takes him out, disables or deletes him, however strong; root does."""
    admins = [actor.sub for (rank, _), actor in actors.items() if rank == "admin"]
    for name in answers.members("ADMINS"):
        answers.admin("AdminRemoveUserFromGroup", Username=name, GroupName="ADMINS")
    last = answers.target("ADMINS")
    more = {"GroupName": "ADMINS"} if operation == "AdminRemoveUserFromGroup" else {}
    request = {"UserPoolId": answers.pool, "Username": last, **more}
    try:
        for way, ask in WAYS.items():
            refused = ask(answers, actors["owner", way], operation, request)
            assert refused == Outcome(
                "NotAuthorizedException",
                f"Members of OWNERS may not perform {operation} on the last enabled member of ADMINS, "
                "which is protected.",
            )
            assert answers.members("ADMINS") == [last]
            assert answers.state_of(last)[0]["Enabled"]
            event = answers.last_event(subject=last)
            assert (event.operation, event.result) == (operation, "NotAuthorizedException")
        assert answers.by_root(operation, request) == Outcome("ok")
    finally:
        for name in admins:
            answers.admin("AdminAddUserToGroup", Username=name, GroupName="ADMINS")


@pytest.mark.parametrize("operation", sorted(MEMBERSHIP | CHANGES_GROUP | {"ListUsersInGroup", "GetGroup"}))
def test_groups_by_rank(answers, actors, operation):
    """What an admin may do with a group that is weaker, equal to, or stronger than his own; reads of one are free."""
    for way, ask in WAYS.items():
        for group, allowed in (("EDITORS", True), ("OWNERS", operation == "GetGroup")):
            if operation in {"CreateGroup", "DeleteGroup"} and allowed:
                continue
            more = {"Username": answers.target()} if operation in MEMBERSHIP else {}
            before = answers.groups()
            outcome = ask(
                answers, actors["admin", way], operation, {"UserPoolId": answers.pool, "GroupName": group, **more}
            )
            assert outcome.code == ("ok" if allowed else "NotAuthorizedException"), (way, group, outcome)
            assert answers.groups() == before
            event = answers.last_event(operation=operation)
            assert (event.result, event.body["request"]["GroupName"]) == (outcome.code, group), way
            assert (event.actor[-36:], event.body["via"]) == (actors["admin", way].sub, CAME[way][1]), way


def test_groups_made_and_deleted(answers, actors):
    for way, ask in WAYS.items():
        request = {"UserPoolId": answers.pool, "GroupName": f"made-{way.replace(' ', '-')}"}
        assert ask(answers, actors["admin", way], "CreateGroup", {**request, "Precedence": 9}) == Outcome("ok")
        assert answers.groups()[request["GroupName"]] == (9, None)
        assert ask(answers, actors["admin", way], "DeleteGroup", request) == Outcome("ok")
        assert request["GroupName"] not in answers.groups()


@pytest.mark.parametrize("operation", ["ListUsers", "ListGroups"])
def test_lists(answers, actors, operation):
    for way, ask in WAYS.items():
        request = {"UserPoolId": answers.pool}
        assert ask(answers, actors["admin", way], operation, request) == Outcome("ok")
        assert ask(answers, actors["outsider", way], operation, request).code == "NotAuthorizedException"
