"""Who may call: groups by their exact names, tokens of both kinds, and no way around."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from admin_queries.stage import NOT_AN_ADMIN, READS, WRITES, Stage, Workers, claims, event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Open = Callable[..., Awaitable[Workers]]
ADMINS = {"GROUP": "Admins"}


@pytest.mark.parametrize("groups", [("Editors",), ()])
def test_who_is_not_in_the_group(stage: Stage, groups: tuple[str, ...]) -> None:
    """Check 32 and 33: ten routes and unknown paths, one answer, and the user pool is not asked."""
    caller, richard = stage.member(*groups), stage.person()
    assert caller.token
    before = stage.calls()
    body = {"username": richard.sub, "groupname": "Admins"}
    answers = [stage.post(caller, route, body) for route in WRITES]
    answers += [stage.get(caller, route, **body) for route in READS]
    answers += [stage.get(caller, "nope"), stage.send(caller, "DELETE", "listUsers")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(403, NOT_AN_ADMIN)] * 12
    assert stage.calls() == before
    assert stage.groups_of(richard) == set()
    assert stage.user(richard)["Enabled"] is True


@pytest.mark.parametrize("name", ["admins", "Admins2", "x,Admins", "Ａdmins", "Admins\u0301", '"Admins"', "Admins'"])
def test_names_that_look_like_the_groups(stage: Stage, name: str) -> None:
    """Check 34: a member of a group of nearly that name is no admin, and becomes none."""
    stage.admin("CreateGroup", GroupName=name)
    mallory = stage.person(name)
    answer = stage.post(mallory, "addUserToGroup", {"username": mallory.sub, "groupname": "Admins"})
    assert (answer.status_code, answer.json()) == (403, NOT_AN_ADMIN)
    assert stage.groups_of(mallory) == {name}
    stage.admin("DeleteGroup", GroupName=name)


def test_a_removed_admin_is_out_at_once(stage: Stage) -> None:
    """The token still names the group."""
    mallory, richard = stage.person("Admins"), stage.person()
    assert stage.get(mallory, "listGroups").status_code == 200
    stage.admin("AdminRemoveUserFromGroup", Username=mallory.sub, GroupName="Admins")
    answer = stage.post(mallory, "disableUser", {"username": richard.sub})
    assert (answer.status_code, answer.json()) == (403, NOT_AN_ADMIN)
    assert stage.user(richard)["Enabled"] is True


def test_another_method_in_a_header_changes_nothing(stage: Stage) -> None:
    """Headers that some frameworks take for the method or the path."""
    editor, richard = stage.member("Editors"), stage.person()
    tricks = {
        "x-http-method-override": "POST",
        "x-original-url": "/dev/signUserOut",
        "x-rewrite-url": "/dev/signUserOut",
        "x-forwarded-prefix": "/dev/signUserOut",
    }
    answer = stage.post(editor, "disableUser", {"username": richard.sub}, headers=tricks)
    assert (answer.status_code, answer.json()) == (403, NOT_AN_ADMIN)
    answer = stage.get(stage.member("Admins"), "/dev/disableUser?_method=POST", username=richard.sub)
    assert answer.status_code == 404
    assert stage.user(richard)["Enabled"] is True


@pytest.mark.parametrize("path", ["signUserOut/../listUsers", "signUserOut/listUsers", "listUsers?/signUserOut"])
def test_the_exemption_is_for_one_path(stage: Stage, path: str) -> None:
    """What is open to everybody opens nothing else."""
    answer = stage.get(stage.member("Editors"), f"/dev/{path}")
    assert answer.status_code == 403


async def test_bare_events_are_answered(stage: Stage, workers: Open) -> None:
    """Check 51: what the reference's own end-to-end tests send."""
    function, richard = await workers(ADMINS, stage), stage.person()
    query = {"username": richard.sub, "groupname": "Editors"}
    for route in READS:
        status, body = await function.ask(event(f"/{route}", queryStringParameters=query))
        assert status == 200, body
    body = '{"username": "' + richard.sub + '", "groupname": "Editors"}'
    for route in ("addUserToGroup", "removeUserFromGroup", "disableUser", "enableUser"):
        status, answer = await function.ask(event(f"/{route}", "POST", body=body))
        assert status == 200, answer


async def test_groups_as_list_and_as_text(workers: Open) -> None:
    """Check 35: a list keeps a name with a comma in one piece."""
    function = await workers(ADMINS)
    for groups, status in [
        (["A", "Admins"], 404),
        ("A,Admins", 404),
        (["x,Admins"], 403),
        (" Admins", 403),
        ("A, Admins", 403),
        ("[A Admins]", 403),
        ([["Admins"]], 403),
        ({"Admins": 1}, 403),
        ("", 403),
        (None, 403),
        (7, 403),
    ]:
        assert (await function.ask(event("/nope", given={"cognito:groups": groups})))[0] == status, groups


async def test_strange_events(workers: Open) -> None:
    """Check 52 and the reference's crashes: an answer in every case."""
    function = await workers(ADMINS)
    unauthorized = (401, {"message": "Unauthorized"})
    assert await function.ask({}) == unauthorized
    assert await function.ask({"path": "/listUsers", "httpMethod": "GET", "requestContext": None}) == unauthorized
    assert await function.ask(event("/signUserOut", "POST", {}, headers=None)) == unauthorized
    assert await function.ask(event("/listUsers", given={"sub": "x"})) == (403, NOT_AN_ADMIN)
    nothing = {"queryStringParameters": None, "headers": None, "multiValueHeaders": None, "body": None}
    assert await function.ask(event("/getUser", **nothing)) == (400, {"message": "username is required"})
    encoded = {"body": "eyJ1c2VybmFtZSI6IDd9", "isBase64Encoded": True}
    assert await function.ask(event("/disableUser", "POST", **encoded)) == (400, {"message": "username must be a text"})
    wrong = {"body": "%%%", "isBase64Encoded": True}
    assert (await function.ask(event("/disableUser", "POST", **wrong)))[0] == 400


async def test_nobody_is_called_null(workers: Open) -> None:
    """A user named `null` could be signed out by everybody, since there is no ARN; an ARN counts when it is one."""
    function = await workers(ADMINS)
    for arn, username in [(None, "null"), (None, "undefined"), ("", ""), (7, "7"), (["a/null"], "null")]:
        asked = event("/signUserOut", "POST", claims("Admins"), body='{"username": "' + username + '"}')
        asked["requestContext"]["identity"] = {"userArn": arn}
        assert (await function.ask(asked))[0] == 400, arn
    signed = {"path": "/listUsers", "httpMethod": "GET", "requestContext": {"identity": {"userArn": "arn:x/somebody"}}}
    assert await function.ask(signed) == (401, {"message": "Unauthorized"})


async def test_each_token_is_asked_for_its_own_claim(workers: Open) -> None:
    """A trigger may add a claim `username` to an ID token; that is not the caller's name."""
    function = await workers(ADMINS)
    given = {"token_use": "id", "cognito:username": "mallory", "username": "alice"}
    asked = event("/signUserOut", "POST", given, body='{"username": "alice"}')
    assert await function.ask(asked) == (400, {"message": "only the user can sign themselves out"})


@pytest.mark.parametrize(
    "environment",
    [
        {"GROUP": ""},
        {},
        {"GROUP": "a,b"},
        {"ADMIN_QUERIES": '{"everyone": 1}'},
        {"GROUP": "Admins", "ADMIN_QUERIES": '{"groups": ["Other"]}'},
        {"GROUP": "Admins", "ADMIN_QUERIES": '{"route": {}}'},
        {"GROUP": "Admins", "ADMIN_QUERIES": "["},
    ],
)
async def test_a_wrong_setting_stops_the_function(workers: Open, environment: dict[str, str]) -> None:
    """Check 36: nobody is let in by what is missing or misspelt."""
    function = await workers(environment)
    done = await function.invoke(event("/listUsers"))
    assert done.error is not None
    assert done.error.type in ("ValueError", "JSONDecodeError")


@pytest.mark.parametrize("environment", [{"GROUP": "NONE"}, {"ADMIN_QUERIES": '{"everyone": true}'}])
async def test_everybody_by_wish(workers: Open, environment: dict[str, str]) -> None:
    """Check 36: a warning at the start; who has no token is still refused."""
    function = await workers(environment)
    assert (await function.ask(event("/nope", given={"sub": "x"})))[0] == 404
    assert (await function.ask(event("/nope", given={})))[0] == 401
    assert any("every signed-in user may call" in line and "WARNING" in line for line in function.lines)


_TEXT = st.text(max_size=12)
_CLAIM = st.one_of(
    _TEXT,
    st.lists(st.one_of(_TEXT, st.integers(), st.none()), max_size=4),
    st.sampled_from(
        ["admins", " Admins", "Admins ", "Admins\x00", "Ａdmins", "Admin", "A|Admins", "[Admins]", "Admins\n"]
    ),
    st.dictionaries(_TEXT, _TEXT, max_size=2),
    st.integers(),
    st.none(),
)
_PATH = st.one_of(
    st.sampled_from([f"/{route}" for route in (*READS, *WRITES)]),
    st.sampled_from(
        ["/signUserOut/x", "/signUserOut%2f", "//signuserout;/", "/ſignUserOut", "/signUserOut\u0000", "/.."]
    ),
    _TEXT,
)


async def test_fuzzed_callers_never_pass(workers: Open) -> None:
    """Whatever the claim, the path, the method and the body are: 401 or 403, and never a fault or a call."""
    function = await workers(ADMINS)
    asked: list[Any] = []

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        _CLAIM.filter(lambda claim: not _is_admin(claim)),
        _PATH,
        st.sampled_from(["GET", "POST", "HEAD", "post", ""]),
        st.one_of(st.none(), _TEXT, st.just('{"username": "a", "groupname": "Admins"}')),
        st.booleans(),
    )
    def collect(claim: Any, path: str, method: str, body: Any, encoded: bool) -> None:
        given = {"username": "mallory", "cognito:groups": claim}
        query = {"username": "a", "groupname": "Admins", "cognito:groups": "Admins"}
        asked.append(
            event(path, method, given, body=body, isBase64Encoded=encoded, queryStringParameters=query)
            | {"multiValueQueryStringParameters": {"groups": ["Admins", "x"]}, "headers": {"cognito:groups": "Admins"}}
        )

    collect()
    for one in asked:
        status, body = await function.ask(one)
        path = "/".join(["", *filter(None, one["path"].split("/"))])
        assert (status, body) == (403, NOT_AN_ADMIN) or path.lower() == "/signuserout", one


def _is_admin(claim: Any) -> bool:
    return "Admins" in (claim.split(",") if isinstance(claim, str) else claim if isinstance(claim, list) else [])


async def test_fuzzed_requests_of_admins_are_answered(stage: Stage, workers: Open) -> None:
    """Against a real user pool: never a fault, and every refusal says why."""
    function = await workers(ADMINS, stage)
    asked: list[Any] = []
    value = st.one_of(_TEXT, st.integers(), st.none(), st.lists(_TEXT, max_size=2), st.just("\ud800"), st.floats())

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from([*READS, *WRITES, "signUserOut"]),
        st.dictionaries(st.sampled_from(["username", "groupname", "limit", "token", "filter"]), value, max_size=5),
        st.sampled_from(["GET", "POST"]),
    )
    def collect(route: str, given: dict[str, Any], method: str) -> None:
        query = {name: each for name, each in given.items() if isinstance(each, str)} or None
        asked.append(event(f"/{route}", method, body=json.dumps(given), queryStringParameters=query))

    collect()
    for one in asked:
        status, body = await function.ask(one)
        assert status in (200, 400, 404), (one, body)
        assert status == 200 or list(body) == ["message"], one
