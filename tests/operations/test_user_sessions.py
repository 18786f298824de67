"""AdminListUserSessions, AdminRevokeUserSession: sign-ins one by one."""

import re

import pytest
from operations.stage import EMAIL, Stage, build, refused, said


@pytest.fixture
async def stage(services, invoke) -> Stage:
    made = await build(services, invoke)
    await made.person()
    return made


async def sessions(stage: Stage) -> list[dict]:
    return (await stage.admin("AdminListUserSessions", Username=EMAIL))["Sessions"]


async def test_sign_ins_are_listed(stage, clock):
    """In AWS's form, the oldest first; what is over is not there."""
    begun = clock()
    await stage.tokens()
    clock.advance(seconds=5)
    await stage.tokens()
    first, second = await sessions(stage)
    assert re.fullmatch(r"tkn[a-z0-9]{25}", first["SessionId"])
    assert first["SessionId"] != second["SessionId"]
    assert (first["SessionType"], first["ClientId"]) == ("TOKEN", stage.client)
    assert (first["CreateDate"], second["CreateDate"]) == (begun // 1000 / 1000, begun // 1000 / 1000 + 5)
    clock.advance(seconds=31 * 86400)
    assert await sessions(stage) == []


async def test_one_sign_in_is_ended(stage, clock):
    """Its tokens are dead at once, the others' live on; the same name again is none of the user's."""
    first = await stage.tokens()
    clock.advance(seconds=1)
    second = await stage.tokens()
    known = await sessions(stage)
    await stage.admin("AdminRevokeUserSession", Username=EMAIL, SessionId=known[0]["SessionId"])
    assert [each["SessionId"] for each in await sessions(stage)] == [known[1]["SessionId"]]
    dead = await refused(stage.public("GetUser", AccessToken=first["AccessToken"]))
    assert said(dead) == ("NotAuthorized", "Access Token has been revoked")
    assert (await stage.public("GetUser", AccessToken=second["AccessToken"]))["Username"]
    again = stage.admin("AdminRevokeUserSession", Username=EMAIL, SessionId=known[0]["SessionId"])
    assert said(await refused(again)) == ("InvalidParameter", "The user has no such session.")


async def test_another_users_session(stage):
    await stage.person("eve@example.com")
    await stage.tokens()
    known = (await sessions(stage))[0]["SessionId"]
    error = await refused(stage.admin("AdminRevokeUserSession", Username="eve@example.com", SessionId=known))
    assert error.code == "InvalidParameterException"
    assert len(await sessions(stage)) == 1


@pytest.mark.parametrize("way", ["AdminUserGlobalSignOut", "AdminDisableUser"])
async def test_signing_out_everywhere_leaves_none(stage, way):
    await stage.tokens()
    await stage.admin(way, Username=EMAIL)
    assert await sessions(stage) == []


async def test_linked_sessions_are_refused_in_words(stage):
    await stage.tokens()
    known = (await sessions(stage))[0]["SessionId"]
    asked = {"Username": EMAIL, "SessionId": known, "RevokeAssociatedSessions": "LINKED"}
    assert (await refused(stage.admin("AdminRevokeUserSession", **asked))).code == "InvalidParameterException"
    assert len(await sessions(stage)) == 1
    await stage.admin("AdminRevokeUserSession", **asked | {"RevokeAssociatedSessions": "NONE"})
    assert await sessions(stage) == []


async def test_unknown_user(stage):
    for name, members in (("AdminListUserSessions", {}), ("AdminRevokeUserSession", {"SessionId": "tkn" + "0" * 25})):
        assert (await refused(stage.admin(name, Username="nobody", **members))).code == "UserNotFoundException"


async def test_many_pages(stage):
    for _ in range(63):
        await stage.tokens()
    first = await stage.admin("AdminListUserSessions", Username=EMAIL)
    rest = await stage.admin("AdminListUserSessions", Username=EMAIL, NextToken=first["NextToken"])
    ids = [each["SessionId"] for each in (*first["Sessions"], *rest["Sessions"])]
    assert (len(first["Sessions"]), len(ids), len(set(ids)), "NextToken" in rest) == (60, 63, 63, False)
    await stage.admin("AdminRevokeUserSession", Username=EMAIL, SessionId=ids[-1])
    rest = await stage.admin("AdminListUserSessions", Username=EMAIL, NextToken=first["NextToken"])
    assert len(rest["Sessions"]) == 2
