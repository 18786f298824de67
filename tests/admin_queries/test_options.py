"""What may be switched on: other groups for routes, assignable groups, protections, more routes."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from admin_queries.stage import FUNCTION, NOT_AN_ADMIN, Person, Stage, Workers, claims, event

Open = Callable[..., Awaitable[Workers]]


def refused(answer, what: str) -> bool:
    text = f"User does not have permissions to change {what}"
    assert (answer.status_code, answer.json()) == (403, {"message": text}), answer.text
    return True


def body(person: Person, group: str) -> dict[str, str]:
    return {"username": person.sub, "groupname": group}


def owners(stage: Stage) -> list[Person]:
    """Two owners, so that protection of the last one is not in the way."""
    return [stage.member("Owners"), stage.member("Owners", "Editors")]


def test_any_of_the_allowed_groups_will_do(everything: Stage) -> None:
    for group in ("Owners", "Admins", "Support"):
        assert everything.get(everything.member(group), "listUsers").status_code == 200
    answer = everything.get(everything.member("Editors"), "listUsers")
    assert (answer.status_code, answer.json()) == (403, NOT_AN_ADMIN)


def test_a_route_may_have_groups_of_its_own(everything: Stage) -> None:
    """They take the place of the others, in both directions and in every spelling of the path."""
    richard = everything.person()
    for path in ("disableUser", "DISABLEUSER", "/dev//disableUser/"):
        answer = everything.post(everything.member("Admins"), path, {"username": richard.sub})
        assert (answer.status_code, answer.json()) == (403, NOT_AN_ADMIN)
    assert everything.user(richard)["Enabled"] is True
    assert everything.post(owners(everything)[0], "disableUser", {"username": richard.sub}).status_code == 200
    assert everything.get(everything.member("Editors"), "listGroups").status_code == 200
    assert everything.get(everything.member("Admins"), "listGroups").status_code == 403


@pytest.mark.parametrize("route", ["addUserToGroup", "removeUserFromGroup"])
def test_no_group_above_the_callers_own(everything: Stage, route: str) -> None:
    """For oneself, for a friend, and in both directions."""
    admin, friend = everything.member("Admins"), everything.person()
    for who in (admin, friend):
        before = everything.groups_of(who)
        assert refused(everything.post(admin, route, body(who, "Owners")), "the members of Owners")
        assert everything.groups_of(who) == before
    for group in ("Admins", "Support", "Editors"):
        assert everything.post(admin, route, body(friend, group)).status_code == 200
        assert (group in everything.groups_of(friend)) == (route == "addUserToGroup")


def test_a_group_without_precedence_is_weakest(everything: Stage) -> None:
    """Everybody who may call may confer it."""
    richard = everything.person()
    everything.admin("CreateGroup", GroupName="Loose")
    assert everything.post(everything.member("Support"), "addUserToGroup", body(richard, "Loose")).status_code == 200
    assert everything.groups_of(richard) == {"Loose"}
    answer = everything.post(everything.member("Support"), "addUserToGroup", body(richard, "Nope"))
    assert (answer.status_code, answer.json()) == (400, {"message": "Group not found."})
    everything.admin("DeleteGroup", GroupName="Loose")


async def test_listed_groups_only(everything: Stage, workers: Open) -> None:
    """A list is for all callers, a dict for each group of callers."""
    for rule, groups, group, status in [
        ('["Editors"]', "Admins", "Editors", 200),
        ('["Editors"]', "Admins", "Support", 403),
        ('{"Admins": ["Editors"], "Support": []}', "Admins", "Editors", 200),
        ('{"Admins": ["Editors"], "Support": []}', "Support", "Editors", 403),
        ('{"Admins": ["Editors"], "Support": []}', "Other", "Editors", 403),
        ("[]", "Admins", "Editors", 403),
        ('["Editor"]', "Admins", "Editors", 403),
        ('["editors"]', "Admins", "Editors", 403),
    ]:
        richard = everything.invited()
        function = await workers({"GROUP": "NONE", "ADMIN_QUERIES": f'{{"assignable": {rule}}}'}, everything)
        sent = f'{{"username": "{richard.sub}", "groupname": "{group}"}}'
        asked = event("/addUserToGroup", "POST", claims(groups), body=sent)
        assert (await function.ask(asked))[0] == status, rule
        assert everything.groups_of(richard) == ({group} if status == 200 else set())
        await function.stop()


@pytest.mark.parametrize(
    ("route", "more"),
    [
        ("confirmUserSignUp", {}),
        ("enableUser", {}),
        ("addUserToGroup", {"groupname": "Editors"}),
        ("removeUserFromGroup", {"groupname": "Editors"}),
        ("deleteUser", {}),
        ("updateUserAttributes", {"attributes": [{"Name": "email", "Value": "mallory@example.com"}]}),
        ("resetUserPassword", {}),
        ("setUserMfaPreference", {"totp": "DISABLED"}),
        ("createUser", {"resend": True}),
    ],
)
def test_nobody_changes_who_is_stronger(everything: Stage, route: str, more: dict[str, object]) -> None:
    """By name, and by the address that is another name of the same user."""
    support, admin = everything.member("Support"), everything.member("Admins", "Editors")
    before = everything.user(admin), everything.groups_of(admin)
    for username in (admin.sub, admin.email, admin.email.upper()):
        answer = everything.post(support, route, {"username": username, **more})
        assert refused(answer, username)
    assert (everything.user(admin), everything.groups_of(admin)) == before


def test_equals_may_change_each_other(everything: Stage) -> None:
    richard = everything.person("Admins")
    answer = everything.post(everything.member("Admins"), "deleteUser", {"username": richard.sub})
    assert (answer.status_code, answer.json()) == (200, {"message": f"Deleted {richard.sub}"})
    assert not everything.world.exists(richard)


def test_the_last_owner_stays(everything: Stage) -> None:
    """Whoever is disabled or was only invited does not count; a second one does."""
    first, second = everything.person("Owners"), everything.person("Owners")
    others = [name for name in everything.members("Owners") if name not in {first.sub, second.sub}]
    for name in others:
        everything.admin("AdminRemoveUserFromGroup", Username=name, GroupName="Owners")
    everything.invited("Owners")
    everything._known.clear()
    assert everything.post(first, "disableUser", {"username": second.email}).status_code == 200
    for route, more in [("disableUser", {}), ("deleteUser", {}), ("removeUserFromGroup", {"groupname": "Owners"})]:
        for username in (first.sub, first.email):
            answer = everything.post(first, route, {"username": username, **more})
            text = f"{first.sub} is the last member of Owners who can sign in"
            assert (answer.status_code, answer.json()) == (409, {"message": text})
    assert everything.user(first)["Enabled"] is True
    assert "Owners" in everything.groups_of(first)
    assert everything.post(first, "deleteUser", {"username": second.sub}).status_code == 200
    assert everything.post(first, "enableUser", {"username": first.sub}).status_code == 200


async def test_two_owners_remove_each_other(everything: Stage) -> None:
    """At the same moment, many times over: the group is never left empty."""
    for _ in range(6):
        pair = [everything.person("Owners"), everything.person("Owners")]
        assert all(person.token for person in pair)
        for name in everything.members("Owners") - {person.sub for person in pair}:
            everything.admin("AdminRemoveUserFromGroup", Username=name, GroupName="Owners")
        everything._known.clear()
        answers = await asyncio.gather(
            *(
                asyncio.to_thread(everything.post, one, "removeUserFromGroup", body(other, "Owners"))
                for one, other in (pair, pair[::-1])
            )
        )
        assert {answer.status_code for answer in answers} <= {200, 403, 409}
        assert everything.members("Owners")


async def test_the_caller_is_looked_up(everything: Stage, workers: Open) -> None:
    """With live groups the token's own groups are not believed; nor an account that is disabled or somebody else's."""
    admin, gone = everything.person("Admins"), everything.person("Admins")
    function = await workers({"GROUP": "Admins", "ADMIN_QUERIES": '{"live": true}'}, everything)

    async def status(person: Person, *groups: str, **more: str) -> int:
        given = claims(*groups, **{"username": person.sub, "sub": person.sub, **more})
        return (await function.ask(event("/listUsers", given=given)))[0]

    assert await status(admin) == 200
    assert await status(everything.member("Editors"), "Admins") == 403
    assert await status(admin, "Admins", sub="11111111-1111-1111-1111-111111111111") == 403
    assert await status(admin, "Admins", username="") == 401
    everything.admin("AdminDisableUser", Username=gone.sub)
    assert await status(gone, "Admins") == 403
    everything.admin("AdminDeleteUser", Username=gone.sub)
    assert await status(gone, "Admins") == 403


def test_a_user_is_created(everything: Stage) -> None:
    """An invitation with a temporary password; a second one only on request."""
    admin, email = everything.member("Admins"), f"new-{everything.person().sub}@example.com"
    attributes = [{"Name": "email", "Value": email}]
    answer = everything.post(admin, "createUser", {"username": email, "attributes": attributes})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["message"] == f"Created {email}"
    assert made["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert everything.admin("AdminGetUser", Username=email)["Username"] == made["User"]["Username"]
    assert everything.post(admin, "createUser", {"username": email}).status_code == 400
    assert everything.post(admin, "createUser", {"username": email, "resend": True}).status_code == 200


def test_attributes_are_changed(everything: Stage) -> None:
    admin, richard = everything.member("Admins"), everything.person()
    given = {"username": richard.sub, "attributes": [{"Name": "nickname", "Value": "Dick"}]}
    answer = everything.post(admin, "updateUserAttributes", given)
    assert (answer.status_code, answer.json()) == (200, {"message": f"Updated attributes of {richard.sub}"})
    assert {"Name": "nickname", "Value": "Dick"} in everything.user(richard)["UserAttributes"]


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        (None, "username and attributes are required"),
        ([], "username and attributes are required"),
        ({"Name": "a"}, "attributes must be a list of objects with the texts Name and Value"),
        ([{"Name": "nickname"}], "attributes must be a list of objects with the texts Name and Value"),
        ([{"Name": "nickname", "Value": 7}], "attributes must be a list of objects with the texts Name and Value"),
        ([{"Name": "nickname", "Value": "x", "Enabled": False}], "attributes must be a list"),
        ([{"Name": "sub", "Value": "x"}], ""),
        ([{"Name": "cognito:user_status", "Value": "x"}], ""),
        ([{"Name": "identities", "Value": "x"}], ""),
    ],
)
def test_attributes_that_are_refused(everything: Stage, attributes: object, text: str) -> None:
    richard = everything.person()
    before = everything.user(richard)
    given = {"username": richard.sub, "attributes": attributes}
    answer = everything.post(everything.member("Admins"), "updateUserAttributes", given)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(text)
    assert everything.user(richard) == before


def test_a_password_is_reset(everything: Stage) -> None:
    richard = everything.person()
    answer = everything.post(everything.member("Admins"), "resetUserPassword", {"username": richard.email})
    assert (answer.status_code, answer.json()) == (200, {"message": f"Reset password of {richard.email}"})
    assert everything.user(richard)["UserStatus"] == "RESET_REQUIRED"


def test_a_second_factor_is_switched_off(everything: Stage) -> None:
    """For somebody who lost the telephone."""
    admin, richard = everything.member("Admins"), everything.person()
    answer = everything.post(admin, "setUserMfaPreference", {"username": richard.sub, "totp": "DISABLED"})
    assert (answer.status_code, answer.json()) == (200, {"message": f"Set MFA preference of {richard.sub}"})
    for given, text in [
        ({}, "one of sms, totp, email is required"),
        ({"totp": "off"}, "totp must be one of DISABLED, ENABLED, NOT_PREFERRED, PREFERRED"),
        ({"totp": ["DISABLED"]}, "totp must be one of DISABLED, ENABLED, NOT_PREFERRED, PREFERRED"),
    ]:
        answer = everything.post(admin, "setUserMfaPreference", {"username": richard.sub, **given})
        assert (answer.status_code, answer.json()) == (400, {"message": text})


def test_users_are_filtered(everything: Stage) -> None:
    """In Cognito's grammar, page by page; a token holds for its filter only."""
    admin, name = everything.member("Admins"), "Zebedee"
    made = [everything.person() for _ in range(3)]
    for person in made:
        attributes = [{"Name": "given_name", "Value": name}]
        everything.admin("AdminUpdateUserAttributes", Username=person.sub, UserAttributes=attributes)
    query = {"filter": f'given_name = "{name}"', "limit": "2"}
    first = everything.get(admin, "listUsers", **query).json()
    second = everything.get(admin, "listUsers", token=first["NextToken"], **query).json()
    shown = [user["Username"] for user in (*first["Users"], *second["Users"])]
    assert sorted(shown) == sorted(person.sub for person in made)
    assert everything.get(admin, "listUsers", token=first["NextToken"], filter='given_name = "x"').status_code == 400
    assert everything.get(admin, "listUsers", filter='given_name = "').status_code == 400
    for person in made:
        everything.admin("AdminDeleteUser", Username=person.sub)


def test_details_of_groups_are_hidden(everything: Stage) -> None:
    groups = everything.get(everything.member("Editors"), "listGroups").json()["Groups"]
    assert {"Owners", "Admins"} <= {group["GroupName"] for group in groups}
    assert all(group.keys().isdisjoint({"UserPoolId", "RoleArn"}) for group in groups)


def test_more_routes_are_not_there_unasked(stage: Stage) -> None:
    """And the function's role could not serve them."""
    richard = stage.person()
    answer = stage.post(stage.member("Admins"), "deleteUser", {"username": richard.sub})
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    assert stage.world.exists(richard)
    key = stage.world.function_key(FUNCTION)
    denied = stage.running.signed("AdminDeleteUser", key=key, UserPoolId=stage.pool, Username=richard.sub)
    assert denied.json()["__type"] == "AccessDeniedException"
    assert stage.world.exists(richard)
