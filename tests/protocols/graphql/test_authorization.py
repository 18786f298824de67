"""Gate B: who may have which field (acceptance checks R9 to R15 and R20 to R25; attacks 5, 9, 16)."""

import pytest
from protocols.graphql.world import (
    GUEST,
    IDENTITIES,
    KEY,
    ROOT,
    USERS,
    World,
    cognito_session,
    group,
    manifest,
    operation,
    seed,
    session,
)

E8 = {
    "data": {"addUserToGroup": None},
    "errors": [
        {
            "path": ["addUserToGroup"],
            "data": None,
            "errorType": "Unauthorized",
            "errorInfo": None,
            "locations": [{"line": 2, "column": 3, "sourceName": None}],
            "message": "Not Authorized to access addUserToGroup on type Mutation",
        }
    ],
}
DENIED = {"errors": [{"errorType": "UnauthorizedException", "message": "Permission denied"}]}


@pytest.mark.parametrize(
    "groups",
    [(), ("EDITORS",), ("admins",), ("Admins ",), ("ADMINS ",), ("\uff21DMINS",), ("x,ADMINS",), ("ADMINS\x00",)],
)
async def test_r9_r10_r11_not_a_member(seeded: World, groups: tuple[str, ...]) -> None:
    """E8 exactly, HTTP 200, and the handler is not invoked; names are compared exactly."""
    answer = await seeded.post(headers=seeded.user("bob", *groups))
    assert (answer.status, answer.json) == (200, E8)
    assert seeded.events == []


@pytest.mark.parametrize("claim", ["ADMINS", {"ADMINS": 1}, ["ADMINS", 1], [["ADMINS"]], None])
async def test_a_strange_groups_claim_is_no_group(seeded: World, claim: object) -> None:
    """Only a list of texts counts as groups."""
    headers = seeded.user("bob", live=("ADMINS",), **{"cognito:groups": claim})
    assert (await seeded.post(headers=headers)).json == E8


async def test_r12_added_but_old_token(seeded: World) -> None:
    """A new member's old token does not carry the group; after a refresh it does."""
    assert (await seeded.post(headers=seeded.user("bob", live=("ADMINS",)))).json == E8
    assert (await seeded.post(headers=seeded.user("bob", "ADMINS"))).data["addUserToGroup"]


@pytest.mark.parametrize(("live_groups", "passes"), [(True, False), (False, True)])
async def test_r13_removed_but_old_token(world: World, live_groups: bool, passes: bool) -> None:
    """A removed member is out at once; with live_groups off he stays until his token expires, as on AWS."""
    world.live_groups_on = live_groups
    world.serve(seed())
    answer = await world.post(headers=world.user("admin", "ADMINS", live=()))
    assert (answer.data["addUserToGroup"] is not None) is passes
    assert len(world.events) == passes


async def test_r14_guest(seeded: World) -> None:
    """E4: guests are refused as a whole, and the log says what would have been needed."""
    answer = await seeded.post(headers=seeded.signed(cognito_session(guest=True)))
    assert (answer.status, answer.json) == (401, DENIED)
    event, facts = seeded.logged[0]
    assert event == "graphql.denied"
    assert "guest" in facts["hint"]
    assert "ADMINS" in facts["hint"]
    assert "userPool" in facts["hint"]


async def test_r15_ungrouped_user_under_iam(seeded: World) -> None:
    """E4 for an identity whose user is no member."""
    answer = await seeded.post(headers=seeded.signed(cognito_session("EDITORS"), live=("EDITORS",)))
    assert (answer.status, answer.json) == (401, DENIED)
    assert seeded.events == []


async def test_printed_call_under_iam_works_for_a_member(seeded: World) -> None:
    """The group rule opens the identity pool's gate for members, too (DESIGN.md section 2)."""
    answer = await seeded.post(headers=seeded.signed(cognito_session("ADMINS"), live=("ADMINS",)))
    assert (answer.status, answer.data) == (200, {"addUserToGroup": '{"ok":true}'})


@pytest.mark.parametrize(
    ("principal", "live"),
    [
        (cognito_session("ADMINS"), ()),
        (cognito_session("ADMINS"), ("admins",)),
        (cognito_session(), ("ADMINS",)),
        (cognito_session("ADMINS", guest=True), ("ADMINS",)),
    ],
)
async def test_iam_needs_the_group_then_and_now(seeded: World, principal: object, live: tuple[str, ...]) -> None:
    """Credentials must have been issued to a member who still is one; guests never are."""
    assert (await seeded.post(headers=seeded.signed(principal, live))).json == DENIED
    assert seeded.events == []


async def test_iam_with_two_groups_needs_one_that_holds_both_times(world: World) -> None:
    """Being in A then and in B now is not being a member of the same group."""
    world.serve(seed(rules=(group("A", "B"),)))
    assert (await world.post(headers=world.signed(cognito_session("A"), live=("B",)))).status == 401
    assert (await world.post(headers=world.signed(cognito_session("A", "B"), live=("B",)))).status == 200


@pytest.mark.parametrize(("guest", "passes"), [(True, True), (False, False)])
async def test_r20_guest_rule(world: World, guest: bool, passes: bool) -> None:
    """Guests pass; authenticated identities reach the field and get E8."""
    world.serve(manifest(operation("op", rules=(GUEST,))))
    answer = await world.post("{ op }", world.signed(cognito_session(guest=guest)))
    assert answer.status == 200
    assert (answer.data["op"] is not None) is passes
    assert passes or answer.error["errorType"] == "Unauthorized"


@pytest.mark.parametrize(("principal", "status"), [(cognito_session(), 200), (cognito_session(guest=True), 401)])
async def test_r21_authenticated_identities(world: World, principal: object, status: int) -> None:
    """Signed-in identities pass, guests are refused."""
    world.serve(manifest(operation("op", rules=(IDENTITIES,))))
    answer = await world.post("{ op }", world.signed(principal))
    assert answer.status == status
    assert len(world.events) == (status == 200)


async def test_r22_member_of_a_group_under_an_identity_rule(world: World) -> None:
    """Ours: members pass as well, where AWS refuses the group's role until somebody attaches a policy."""
    world.serve(manifest(operation("op", rules=(IDENTITIES,))))
    assert (await world.post("{ op }", world.signed(cognito_session("ADMINS", role="ADMINSGroupRole")))).data["op"]


async def test_r24_one_allowed_one_denied(world: World) -> None:
    """Each field is judged alone: the allowed value stays, the denied one has one error with its path."""
    world.serve(manifest(operation("open"), operation("shut", rules=(group("ADMINS"),))))
    answer = await world.post("{ open no: shut }", world.user("bob"))
    assert answer.data == {"open": '{"ok":true}', "no": None}
    assert [error["path"] for error in answer.json["errors"]] == [["no"]]
    assert answer.error["message"] == "Not Authorized to access shut on type Query"


async def test_r24_under_iam(world: World) -> None:
    """An identity that may have one of the fields gets it, and E8 for the other."""
    world.serve(manifest(operation("open", rules=(GUEST,)), operation("shut", rules=(group("ADMINS"),))))
    answer = await world.post("{ open shut }", world.signed(cognito_session(guest=True)))
    assert (answer.status, answer.data) == (200, {"open": '{"ok":true}', "shut": None})
    assert (await world.post("{ shut }", world.signed(cognito_session(guest=True)))).status == 401


async def test_r25_denied_non_null_field(world: World) -> None:
    """A denied field of a non-null type makes the whole data null, with E8 as the only error."""
    world.serve(seed(required=True))
    answer = await world.post(headers=world.user("bob"))
    assert answer.json == {**E8, "data": None}


MODES = {
    "key": {KEY},
    "user": {USERS},
    "member": {USERS, group("ADMINS")},
    "identity": {IDENTITIES},
    "member identity": {IDENTITIES, group("ADMINS")},
    "guest": {GUEST},
    "root": {KEY, USERS, IDENTITIES, GUEST, group("ADMINS")},
    "role": set(),
}


@pytest.mark.parametrize("rule", [KEY, USERS, IDENTITIES, GUEST, group("ADMINS")])
@pytest.mark.parametrize("mode", MODES)
async def test_only_declared_modes_pass(world: World, mode: str, rule: object) -> None:
    """Attack 16: every mode against every rule."""
    world.serve(manifest(operation("op", rules=(rule,)), api_key_expires_in_days=7))
    world.keys.add("good")
    headers = {
        "key": {"x-api-key": "good"},
        "user": world.user("bob"),
        "member": world.user("admin", "ADMINS"),
        "identity": world.signed(cognito_session()),
        "member identity": world.signed(cognito_session("ADMINS"), live=("ADMINS",)),
        "guest": world.signed(cognito_session(guest=True)),
        "root": world.signed(ROOT),
        "role": world.signed(session("fn")),
    }[mode]
    world.members["adminsub"] = ("ADMINS",) if mode == "member identity" else ()
    answer = await world.post("{ op }", headers)
    assert bool((answer.json.get("data") or {}).get("op")) is (rule in MODES[mode])
    assert len(world.events) == (rule in MODES[mode])


async def test_field_without_rules_is_closed(world: World) -> None:
    """What nobody opened stays shut for clients; root may still call it."""
    world.serve(manifest(operation("op", rules=())))
    assert (await world.post("{ op }", world.user("admin", "ADMINS"))).error["errorType"] == "Unauthorized"
    assert (await world.post("{ op }", world.signed(ROOT))).data["op"]


async def test_a_refusal_before_any_rule_is_in_the_log(seeded: World) -> None:
    """What the client was told, and what lies behind it: the browser's developer has nothing else to look at."""
    await seeded.post(headers={})
    await seeded.post(headers={"authorization": "no-token"})
    await seeded.post(headers=seeded.user("bob"))
    assert [(event, facts.get("why")) for event, facts in seeded.logged] == [
        ("graphql.refused", "Valid authorization header not provided."),
        ("graphql.refused", "Unable to parse JWT token."),
        ("graphql.denied", None),
    ]
    assert "no-token" not in str(seeded.logged)
    assert seeded.logged[0][1]["error"] == "UnauthorizedException"


@pytest.mark.parametrize("development", [True, False])
async def test_hint_in_development(world: World, development: bool) -> None:
    """The hint is always in the log, and in the answer only in development."""
    world.development = development
    world.serve(seed())
    denied = await world.post(headers=world.user("bob"))
    refused = await world.post(headers=world.signed(cognito_session()))
    assert ("extensions" in denied.error, "extensions" in refused.error) == (development, development)
    assert [event for event, _ in world.logged] == ["graphql.denied"] * 2
    assert all("ADMINS" in facts["hint"] for _, facts in world.logged)


async def test_hints_name_every_way_in(world: World) -> None:
    """The log tells which modes would have opened the field."""
    world.serve(manifest(operation("op", rules=(KEY, GUEST)), operation("none", rules=()), default_mode="apiKey"))
    await world.post("{ op none }", world.user("bob"))
    hints = [facts["hint"] for _, facts in world.logged]
    assert "apiKey" in hints[0]
    assert "guest" in hints[0]
    assert "back-end" in hints[1]
