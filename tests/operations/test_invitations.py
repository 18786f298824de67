"""AdminCreateUser: who is made, what is refused, and the invitation."""

import dataclasses
import json

import pytest
from cases import each
from hypothesis import strategies as st
from pool_rows import (
    BY_EMAIL,
    FOLDED,
    PLAIN,
    ROOT,
    add_pool,
    add_user,
    attributes,
    everything,
    examples,
    held,
    read,
    waiting_letters,
)

import poolhouse.operations.families  # noqa: F401 - registers the operations
from poolhouse import service_model
from poolhouse.crypto import passwords, srp
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import (
    CodeDeliveryFailureException,
    InvalidParameterException,
    InvalidPasswordException,
    UnsupportedUserStateException,
    UsernameExistsException,
    UserNotFoundException,
)
from poolhouse.operations import credentials
from poolhouse.operations.gate import call
from poolhouse.store import pools, users

GOOD = "Correct-Horse-7"


@pytest.fixture
async def pool(database):
    return await add_pool(database, **BY_EMAIL)


@pytest.fixture
async def plain(database):
    return await add_pool(database, "plainpool", **PLAIN)


@pytest.fixture
def letters(database, services):
    async def letters():
        return await waiting_letters(database, services)

    return letters


async def test_create_by_email(invoke, pool, database, services, letters):
    """The username is the sub; the invitation holds a password that conforms and opens the account."""
    request = {
        "UserPoolId": pool.id,
        "Username": "Ada@Example.com",
        "UserAttributes": attributes(email_verified="True"),
    }
    made = (await invoke("AdminCreateUser", request))["User"]
    assert (made["UserStatus"], made["Enabled"]) == ("FORCE_CHANGE_PASSWORD", True)
    shown = {entry["Name"]: entry["Value"] for entry in json.loads(bytes(made["Attributes"]))}
    assert shown == {"sub": made["Username"], "email": "Ada@Example.com", "email_verified": "true"}
    [(destination, purpose, content)] = await letters()
    assert (destination, purpose) == ("Ada@Example.com", "invitation")
    assert "Ada@Example.com" in content.body
    assert content.code in content.body
    assert passwords.violation(content.code, credentials.policy(pool.settings)) is None
    user = await read(database, users.get, pool, "ada@example.com")
    assert srp.matches(credentials.unseal(services.vault, user), "testpool1", user.username, content.code)


async def test_create_plain(invoke, plain, database, services, letters):
    """Without an e-mail address there is no message; the given password and its expiry are set."""
    request = {
        "UserPoolId": plain.id,
        "Username": "ada",
        "TemporaryPassword": GOOD,
        "UserAttributes": attributes(given_name="Ada", custom_tenant="t1", custom_rank="9"),
    }
    made = (await invoke("AdminCreateUser", request))["User"]
    user = await read(database, users.get, plain, "ada")
    assert made["Username"] == "ada" != user.sub
    assert srp.matches(credentials.unseal(services.vault, user), "plainpool", "ada", GOOD)
    assert user.temporary_until - user.created == 7 * 86_400_000_000
    assert await letters() == []


async def test_credential_belongs_to_its_user(invoke, plain, database, services):
    """A verifier that was copied to another row is refused."""
    for name in ("ada", "eve"):
        given = attributes(given_name=name)
        await invoke("AdminCreateUser", {"UserPoolId": plain.id, "Username": name, "UserAttributes": given})
    ada, eve = [await read(database, users.get, plain, name) for name in ("ada", "eve")]
    with pytest.raises(BrokenSeal):
        credentials.unseal(services.vault, eve._replace(credential=ada.credential))


@each(
    "change, error, text",
    [
        ({"Username": "ada"}, InvalidParameterException, "Username should be an email."),
        ({"TemporaryPassword": "Short-1"}, InvalidPasswordException, "password policy: Password not long enough"),
        ({"TemporaryPassword": "lower-case-7"}, InvalidPasswordException, "Password must have uppercase characters"),
        ({"UserAttributes": attributes(sub="x")}, InvalidParameterException, "user.sub: Attribute cannot be updated."),
        ({"UserAttributes": attributes(identities="[]")}, InvalidParameterException, "user.identities: "),
        (
            {"UserAttributes": attributes(custom_no="x")},
            InvalidParameterException,
            "custom:no: Attribute does not exist",
        ),
        ({"UserAttributes": attributes(birthdate="1.1.80")}, InvalidParameterException, "birthdate: String must be"),
        ({"UserAttributes": attributes(phone_number="123")}, InvalidParameterException, "Invalid phone number format."),
        ({"UserAttributes": attributes(email_verified="yes")}, InvalidParameterException, "must be true or false"),
        ({"UserAttributes": attributes(name="a\0b")}, InvalidParameterException, "null character"),
        (
            {"UserAttributes": attributes(email="other@example.com")},
            InvalidParameterException,
            "differs from the username",
        ),
        ({"UserAttributes": attributes(name="a") * 2}, InvalidParameterException, "more than once"),
        ({"DesiredDeliveryMediums": ["SMS"]}, InvalidParameterException, "the user has no phone_number"),
        ({"MessageAction": "RESEND"}, UserNotFoundException, "User does not exist."),
    ],
)
async def test_create_refused(invoke, pool, database, letters, change, error, text):
    """Refused means that there is no user and no message."""
    request = {"UserPoolId": pool.id, "Username": "ada@example.com"} | change
    with pytest.raises(error, match=text):
        await invoke("AdminCreateUser", request)
    assert await everything(database, pool) == []
    assert await read(database, pools.count_users, pool.id) == 0
    assert await letters() == []


async def test_required_attribute_may_come_later(invoke, plain, database):
    """AWS lets the invited user supply it together with the new password."""
    await invoke("AdminCreateUser", {"UserPoolId": plain.id, "Username": "ada"})
    (ada,) = await everything(database, plain)
    assert "given_name" not in users.attributes_of(ada)


@pytest.mark.parametrize("name", ["ada@example.com", "ADA@EXAMPLE.COM", "sub"])
async def test_create_twice(invoke, pool, database, name):
    """By any spelling of the address, and by the sub of the first one."""
    ada = await add_user(database, pool, "id-1", email="Ada@example.com")
    given = {"UserPoolId": pool.id, "Username": ada.sub if name == "sub" else name}
    with pytest.raises((UsernameExistsException, InvalidParameterException)) as refusal:
        await invoke("AdminCreateUser", given)
    assert str(refusal.value) == ("Username should be an email." if name == "sub" else "User account already exists")
    assert await everything(database, pool) == [ada]


@pytest.mark.parametrize("name", [" ada", "a da", "ada\t", "", "x" * 129, "ada\u202e\u0000"])
async def test_unfit_usernames(invoke, plain, database, name):
    request = {"UserPoolId": plain.id, "Username": name, "UserAttributes": attributes(given_name="Ada")}
    with pytest.raises(InvalidParameterException):
        await invoke("AdminCreateUser", request)
    assert await everything(database, plain) == []


@pytest.mark.parametrize("name", ["null", "undefined", "__proto__", "a.da", "\U0001f600", "a';--"])
async def test_odd_usernames_are_just_names(invoke, plain, name):
    request = {"UserPoolId": plain.id, "Username": name, "UserAttributes": attributes(given_name="Ada")}
    assert (await invoke("AdminCreateUser", request))["User"]["Username"] == name
    assert (await invoke("AdminGetUser", {"UserPoolId": plain.id, "Username": name}))["Username"] == name


async def test_resend(invoke, pool, database, services, letters, clock):
    """The same person, a new password; the old one is dead."""
    name = {"UserPoolId": pool.id, "Username": "ada@example.com"}
    await invoke("AdminCreateUser", name)
    before = await read(database, users.get, pool, "ada@example.com")
    clock.advance(seconds=60)
    await invoke("AdminCreateUser", name | {"MessageAction": "RESEND"})
    after = await read(database, users.get, pool, "ada@example.com")
    assert (after.sub, after.attributes, after.id) == (before.sub, before.attributes, before.id)
    assert after.temporary_until - before.temporary_until == 60_000_000
    (_, _, first), (_, _, second) = await letters()
    verifier = credentials.unseal(services.vault, after)
    assert not srp.matches(verifier, "testpool1", after.username, first.code)
    assert srp.matches(verifier, "testpool1", after.username, second.code)


async def test_resend_to_a_confirmed_user(invoke, pool, database, letters):
    ada = await add_user(database, pool, "id-1", email="ada@example.com")
    with pytest.raises(UnsupportedUserStateException):
        await invoke(
            "AdminCreateUser", {"UserPoolId": pool.id, "Username": "ada@example.com", "MessageAction": "RESEND"}
        )
    assert await everything(database, pool) == [ada]
    assert await letters() == []


async def test_suppress_sends_nothing(invoke, pool, letters):
    request = {"UserPoolId": pool.id, "Username": "ada@example.com", "MessageAction": "SUPPRESS"}
    await invoke("AdminCreateUser", request | {"DesiredDeliveryMediums": ["SMS"]})
    assert await letters() == []


async def test_nobody_delivers(services, pool, database):
    """A message that would never leave is refused, and with it the user."""
    operation = service_model.operation("cognito-idp", "AdminCreateUser")
    silent = dataclasses.replace(services, delivers=frozenset())
    request = {"UserPoolId": pool.id, "Username": "ada@example.com"}
    with pytest.raises(CodeDeliveryFailureException):
        await call(silent, ROOT, operation, service_model.from_params(operation, request), request_id="test")
    assert await everything(database, pool) == []
    suppressed = service_model.from_params(operation, request | {"MessageAction": "SUPPRESS"})
    assert (await call(silent, ROOT, operation, suppressed, request_id="test"))["User"]["Enabled"]


async def test_alias_moves_only_by_force(invoke, database):
    pool = await add_pool(database, AliasAttributes=["email"])
    ada = await add_user(database, pool, "ada", email="a@example.com", email_verified="true")
    given = attributes(email="a@example.com", email_verified="true")
    request = {"UserPoolId": pool.id, "Username": "bob", "UserAttributes": given}
    with pytest.raises(UsernameExistsException, match=r"An account with the given email already exists\."):
        await invoke("AdminCreateUser", request)
    assert await everything(database, pool) == [ada]
    await invoke("AdminCreateUser", request | {"ForceAliasCreation": True})
    assert (await invoke("AdminGetUser", {"UserPoolId": pool.id, "Username": "a@example.com"}))["Username"] == "bob"
    assert held(await invoke("AdminGetUser", {"UserPoolId": pool.id, "Username": "ada"}))["email_verified"] == "false"


@pytest.mark.parametrize("name", ["a@example.com", "+4912345"])
async def test_free_names_do_not_look_like_aliases(invoke, database, name):
    """Else whoever takes the name stands in for the owner of the address."""
    pool = await add_pool(database, AliasAttributes=["email", "phone_number", "preferred_username"])
    with pytest.raises(InvalidParameterException, match="cannot be of"):
        await invoke("AdminCreateUser", {"UserPoolId": pool.id, "Username": name})
    given = attributes(preferred_username=name)
    with pytest.raises(InvalidParameterException, match="cannot be of"):
        await invoke("AdminCreateUser", {"UserPoolId": pool.id, "Username": "eve", "UserAttributes": given})
    assert await everything(database, pool) == []


words = st.one_of(
    st.text(max_size=40), st.sampled_from(["ada", "a@b.co", "+491", "null", "__proto__", "x" * 2048, "\0", "é"])
)
names = st.sampled_from(
    ["email", "phone_number", "preferred_username", "name", "birthdate", "email_verified", "sub", "custom:x"]
)


async def test_whatever_is_sent_is_answered_or_refused(invoke, database):
    """Every text becomes a user who is found again, or one of AWS's errors; nothing breaks on either database."""
    pool = await add_pool(database, "fuzz", AliasAttributes=["email", "preferred_username"], **FOLDED)
    made = {}
    for name, values in examples(st.tuples(words, st.dictionaries(names, words, max_size=3)), 60):
        given = [{"Name": key, "Value": value} for key, value in values.items()]
        request = {"UserPoolId": pool.id, "Username": name, "UserAttributes": given, "MessageAction": "SUPPRESS"}
        try:
            user = (await invoke("AdminCreateUser", request))["User"]
        except (InvalidParameterException, UsernameExistsException):
            continue
        made[name] = bytes(user["Attributes"])
    assert made
    for name, stored in made.items():
        found = await invoke("AdminGetUser", {"UserPoolId": pool.id, "Username": name})
        assert (found["Username"], json.loads(bytes(found["UserAttributes"]))) == (name, json.loads(stored))
    assert await read(database, pools.count_users, pool.id) == len(made)
