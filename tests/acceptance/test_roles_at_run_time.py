"""R rows: who passes the guard, over HTTP, with real tokens and credentials and the printed function behind it."""

import json

import pytest
from acceptance.world import MUT, denied, refused, succeeded
from botocore.credentials import Credentials

NOT_AUTHORIZED = "You are not authorized to make this call."
DENIED = "Permission denied"
PAST = "The security token included in the request is invalid."


def test_r1_nobody(world):
    """E1, and nothing has happened."""
    user = world.person()
    assert refused(world.add({}, user), "Valid authorization header not provided.")
    assert world.groups_of(user) == []


@pytest.mark.parametrize("text", ["garbage", "Bearer garbage", "a.b.c", "Bearer", "Basic YWRtaW46YWRtaW4="])
def test_r2_what_is_no_token(world, text):
    """E2, and nothing has happened."""
    user = world.person()
    assert refused(world.add({"authorization": text}, user), "Unable to parse JWT token.")
    assert world.groups_of(user) == []


def test_r6_r7_r8_an_admin(world):
    """Access or id token, raw or with Bearer: a JSON string, and the user is in the group."""
    admin = world.person("ADMINS")
    for token in (admin.session.access_token, admin.session.id_token):
        for text in (token, f"Bearer {token}"):
            user = world.person()
            answer = succeeded(world.add({"authorization": text}, user))
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
            assert world.groups_of(user) == ["ADMINS"]


@pytest.mark.parametrize(
    "group",
    [None, "EDITORS", "admins", "Admins", "x,ADMINS", "ADMINS%00", "\uff21\uff24\uff2d\uff29\uff2e\uff33", "ADMlNS"],
)
def test_r9_r10_r11_not_a_member(world, group):
    """E8 to the letter for a token, E4 for credentials: another group's member is as much a stranger as nobody's."""
    if group:
        world.group(group)
    caller, user = world.person(*([group] if group else [])), world.person()
    assert denied(world.add(caller.token, user))
    assert denied(world.add({"authorization": f"Bearer {caller.session.id_token}"}, user))
    assert refused_with_hint(world.add(caller.key, user))
    assert denied(world.add(caller.token, caller))
    assert world.groups_of(user) == []
    assert world.groups_of(caller) == ([group] if group else [])


def refused_with_hint(answer):
    """E4, and what would have been needed."""
    hint = answer.json()["errors"][0]["extensions"]["hint"]
    assert "member of ADMINS (authMode userPool" in hint
    return refused(answer, DENIED)


@pytest.mark.parametrize("name", ["Admins ", " ADMINS", "AD MINS", "ADMINS\u200b", "ADMINS\n", "ADMINS\u0000"])
def test_group_names_that_could_be_misread_cannot_be_made(world, name):
    """Attack 9 and 10: white space, control and format characters are no part of a group's name."""
    before = world.admin("ListGroups")
    answer = world.running.signed("CreateGroup", UserPoolId=world.running.pool, GroupName=name)
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterException")
    assert world.admin("ListGroups") == before


def test_r12_a_new_member(world):
    """The old token does not carry the group; the fresh one does, and so do fresh credentials."""
    bob, user = world.person(), world.person()
    old, key = bob.token, bob.key
    world.admin("AdminAddUserToGroup", Username=bob.sub, GroupName="ADMINS")
    assert denied(world.add(old, user))
    assert refused(world.add(key, user), DENIED)
    assert world.groups_of(user) == []
    bob.session.refresh()
    succeeded(world.add(bob.token, user))
    assert world.groups_of(user) == ["ADMINS"]
    succeeded(world.add(bob.key, world.person()))


def test_r13_a_removed_member_with_live_groups(world):
    """Old token and old credentials are worth nothing from the next request on, and good again with the membership."""
    admin, user = world.person("ADMINS"), world.person()
    token, key = admin.token, admin.key
    world.admin("AdminRemoveUserFromGroup", Username=admin.sub, GroupName="ADMINS")
    assert denied(world.add(token, user))
    assert refused(world.add(key, user), DENIED)
    assert world.groups_of(user) == []
    world.admin("AdminAddUserToGroup", Username=admin.sub, GroupName="ADMINS")
    succeeded(world.add(token, user))


def test_r13_a_removed_member_as_on_aws(as_aws):
    """Without live groups token and credentials say what they said when they were issued; a refresh ends that."""
    admin, users = as_aws.person("ADMINS"), [as_aws.person() for _ in range(3)]
    token, key = admin.token, admin.key
    as_aws.admin("AdminRemoveUserFromGroup", Username=admin.sub, GroupName="ADMINS")
    succeeded(as_aws.add(token, users[0]))
    succeeded(as_aws.add(key, users[1]))
    admin.session.refresh()
    assert denied(as_aws.add(admin.token, users[2]))
    assert [as_aws.groups_of(user) for user in users] == [["ADMINS"], ["ADMINS"], []]


@pytest.mark.parametrize("end", ["AdminDisableUser", "AdminDeleteUser", "AdminUserGlobalSignOut"])
@pytest.mark.parametrize("name", ["world", "as_aws"])
def test_attack_4_an_admin_who_is_gone(kind, worlds, name, end):
    """Whatever is believed about groups: a signature is not enough where the account is closed or signed out."""
    world = worlds(kind, name)
    admin, user = world.person("ADMINS"), world.person()
    tokens = [admin.session.access_token, f"Bearer {admin.session.id_token}"]
    world.admin(end, Username=admin.sub)
    for token in tokens:
        assert refused(world.add({"authorization": token}, user), NOT_AUTHORIZED)
    assert world.groups_of(user) == []


@pytest.mark.parametrize("end", ["AdminDisableUser", "AdminDeleteUser"])
def test_attack_4_credentials_of_an_admin_who_is_gone(world, end):
    """Credentials that were issued before do not outlive the account."""
    admin, user = world.person("ADMINS"), world.person()
    key = admin.key
    world.admin(end, Username=admin.sub)
    assert refused(world.add(key, user), PAST, status=403, kind="UnrecognizedClientException")
    assert world.groups_of(user) == []


def test_enabling_again_revives_no_token(world):
    """The tokens of a disabled admin stay dead; a new sign-in works."""
    admin, user = world.person("ADMINS"), world.person()
    token = admin.token
    world.admin("AdminDisableUser", Username=admin.sub)
    world.admin("AdminEnableUser", Username=admin.sub)
    assert refused(world.add(token, user), NOT_AUTHORIZED)
    assert world.groups_of(user) == []
    succeeded(world.add({"authorization": world.sign_in(admin.email).access_token}, user))


def test_r14_a_guest(world):
    """The signature is good; the role of guests has no policy for this API's guarded fields."""
    user = world.person()
    assert refused_with_hint(world.add(world.guest(), user))
    assert world.groups_of(user) == []


def test_r15_the_printed_call_under_iam(world):
    """DESIGN.md section 2: credentials of a member pass, AWS refuses them."""
    admin, user = world.person("ADMINS"), world.person()
    succeeded(world.add(admin.key, user))
    assert world.groups_of(user) == ["ADMINS"]


def test_r16_a_changed_body(world):
    """E7: whoever changes the user of a signed request is refused."""
    admin, user, other = world.person("ADMINS"), world.person(), world.person()
    body = json.dumps({"query": MUT, "variables": {"userId": user.sub, "groupName": "ADMINS"}}).encode()
    answer = world.send(body.replace(user.sub.encode(), other.sub.encode()), world.signature(body, admin.key))
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert world.groups_of(user) == world.groups_of(other) == []


def test_r17_an_unknown_key(world):
    """E6 for a key that nobody has, and for credentials whose session token is another's or is missing."""
    admin, user = world.person("ADMINS"), world.person()
    key, message = admin.key, "The security token included in the request is invalid."
    for bad in (
        Credentials("AKIAIOSFODNN7EXAMPLE", "x" * 40),
        Credentials(key.access_key, key.secret_key),
        Credentials(key.access_key, key.secret_key, world.guest().token),
    ):
        assert refused(world.add(bad, user), message, status=403, kind="UnrecognizedClientException")
    assert world.groups_of(user) == []


def test_a_signature_for_the_user_pools(world):
    """A signature is good for the service that it was made for."""
    user = world.person()
    body = json.dumps({"query": MUT, "variables": {"userId": user.sub, "groupName": "ADMINS"}}).encode()
    answer = world.send(body, world.signature(body, world.running.root, "cognito-idp"))
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    assert world.groups_of(user) == []


def test_r18_back_end_principals(world):
    """Root and a function with API access pass; a function without it gets E4."""
    users = [world.person() for _ in range(3)]
    succeeded(world.add(world.running.root, users[0]))
    succeeded(world.add(world.function_key("meddle"), users[1]))
    assert refused(world.add(world.function_key("bare"), users[2]), DENIED)
    assert [world.groups_of(user) for user in users] == [["ADMINS"], ["ADMINS"], []]


def test_r19_a_key_for_an_api_without_keys(as_aws):
    """Even beside an admin's token."""
    user = as_aws.person()
    token = as_aws.person("ADMINS").token
    for headers in ({"x-api-key": "da2-anything"}, {"x-api-key": "da2-anything", **token}):
        assert refused(as_aws.add(headers, user), NOT_AUTHORIZED)
    assert as_aws.groups_of(user) == []


def test_r20_the_guest_rule(world):
    """Guests pass; signed-in identities reach the field and are denied there; tokens, too."""
    query = "query {\n  forGuests\n}\n"
    event = succeeded(world.signed(query, world.guest()), "forGuests")
    assert event["identity"]["cognitoIdentityAuthType"] == "unauthenticated"
    bob = world.person()
    for answer in (world.signed(query, bob.key), world.post(query, bob.token)):
        assert answer.status_code == 200
        assert (answer.json()["data"], answer.json()["errors"][0]["errorType"]) == ({"forGuests": None}, "Unauthorized")


def test_r21_r22_the_rule_for_identities(world):
    """Signed-in users pass; members of a group pass as well, where AWS refuses the group's role; guests do not."""
    query = "query {\n  forIdentities\n}\n"
    for caller in (world.person(), world.person("ADMINS")):
        assert succeeded(world.signed(query, caller.key), "forIdentities")["fieldName"] == "forIdentities"
    assert refused(world.signed(query, world.guest()), DENIED)
    token = world.post(query, world.person("ADMINS").token).json()
    assert (token["data"], token["errors"][0]["errorType"]) == ({"forIdentities": None}, "Unauthorized")


def test_r23_a_group_or_a_key(world):
    """A member passes and so does who has the key; nobody else does, an admin included."""
    mutation = MUT.replace("addUserToGroup", "addAsEditorOrByKey")
    key = {"x-api-key": world.applied.api_key.value}
    for headers in (world.person("EDITORS").token, key):
        user = world.person()
        answer = world.post(mutation, headers, userId=user.sub, groupName="EDITORS")
        succeeded(answer, "addAsEditorOrByKey")
        assert world.groups_of(user) == ["EDITORS"]
    user = world.person()
    wanted = {"userId": user.sub, "groupName": "EDITORS"}
    assert denied(world.post(mutation, world.person("ADMINS").token, **wanted), "addAsEditorOrByKey")
    assert denied(world.post(MUT, key, **wanted))
    assert refused(world.post(mutation, {"x-api-key": "da2-wrong"}, **wanted), NOT_AUTHORIZED)
    assert refused(world.signed(mutation, world.guest(), **wanted), DENIED)
    assert world.groups_of(user) == []


def test_r24_one_allowed_one_denied(world):
    """The allowed field runs, the denied one is null with one error at its path."""
    editor, user = world.person("EDITORS"), world.person()
    query = f"""mutation {{
  may: addAsEditorOrByKey(userId: "{user.sub}", groupName: "EDITORS")
  mayNot: addUserToGroup(userId: "{user.sub}", groupName: "ADMINS")
}}"""
    for answer in (world.post(query, editor.token), world.signed(query, editor.key)):
        body = answer.json()
        assert (answer.status_code, body["data"]["mayNot"]) == (200, None)
        assert json.loads(body["data"]["may"])["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert [error["path"] for error in body["errors"]] == [["mayNot"]]
        assert world.groups_of(user) == ["EDITORS"]


def test_r25_a_type_that_may_not_be_null(world):
    """The denied field takes `data` with it."""
    user = world.person()
    mutation = MUT.replace("addUserToGroup", "addUserToGroupStrictly")
    answer = world.post(mutation, world.person().token, userId=user.sub, groupName="ADMINS")
    assert (answer.status_code, answer.json()["data"]) == (200, None)
    assert [error["errorType"] for error in answer.json()["errors"]] == ["Unauthorized"]
    assert world.groups_of(user) == []


def test_attack_15_a_thousand_aliases(world):
    """Refused as a whole, also for an admin; a batch within the limit is guarded member by member."""
    user = world.person()
    one = f'addUserToGroup(userId: "{user.sub}", groupName: "ADMINS")'
    many = " ".join(f"a{n}: {one}" for n in range(1000))
    answer = world.post(f"mutation {{ {many} }}", world.person("ADMINS").token)
    assert answer.json().get("data") is None
    assert world.groups_of(user) == []
    few = world.post(f"mutation {{ {' '.join(f'a{n}: {one}' for n in range(20))} }}", world.person().token).json()
    assert set(few["data"].values()) == {None}
    assert len(few["errors"]) == 20
    assert world.groups_of(user) == []


def test_attack_15_a_mutation_in_a_query(world):
    """A mutation's field does not exist on the query root, not even for an admin."""
    user = world.person()
    query = f'query {{ addUserToGroup(userId: "{user.sub}", groupName: "ADMINS") }}'
    answer = world.post(query, world.person("ADMINS").token).json()
    assert answer["data"] is None
    assert "FieldUndefined" in answer["errors"][0]["message"]
    assert world.groups_of(user) == []
