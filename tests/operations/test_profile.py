"""What signed-in users do with their own account."""

import asyncio

import pytest
from cases import each
from operations.stage import EMAIL, EMAIL_POOL, PASSWORD, Stage, build, refused, said

NEW = "new@example.com"
KEEP = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
MISMATCH = ("CodeMismatch", "Invalid verification code provided, please try again.")
EXPIRED = ("ExpiredCode", "Invalid code provided, please request a code again.")
LIMIT = ("LimitExceeded", "Attempt limit exceeded, please try after some time.")


class Me:
    """A confirmed, signed-in user, and what he can do."""

    def __init__(self, stage: Stage, token: str) -> None:
        self.stage, self.token = stage, token

    async def do(self, operation: str, **request) -> dict:
        return await self.stage.public(operation, AccessToken=self.token, **request)

    async def attributes(self) -> dict[str, str]:
        return {each["Name"]: each["Value"] for each in (await self.do("GetUser"))["UserAttributes"]}

    async def update(self, **values: str) -> list[dict]:
        listed = [{"Name": name, "Value": value} for name, value in values.items()]
        return (await self.do("UpdateUserAttributes", UserAttributes=listed))["CodeDeliveryDetailsList"]

    async def verify(self, code: str, name: str = "email") -> dict:
        return await self.do("VerifyUserAttribute", AttributeName=name, Code=code)

    async def ask(self, name: str = "email") -> dict:
        return (await self.do("GetUserAttributeVerificationCode", AttributeName=name))["CodeDeliveryDetails"]

    async def change(self, old: str | None, new: str) -> dict:
        previous = {} if old is None else {"PreviousPassword": old}
        return await self.do("ChangePassword", ProposedPassword=new, **previous)


async def enter(services, invoke, **pool) -> Me:
    stage = await build(services, invoke, **(pool or EMAIL_POOL))
    await stage.sign_up()
    await stage.confirm()
    return Me(stage, (await stage.tokens())["AccessToken"])


@pytest.fixture
async def me(services, invoke) -> Me:
    return await enter(services, invoke)


@pytest.fixture
async def keeping(services, invoke) -> Me:
    """In a pool that keeps the original address until the new one is proved."""
    return await enter(services, invoke, **EMAIL_POOL, UserAttributeUpdateSettings=KEEP)


async def test_get_user(me):
    """Name and readable attributes, flags as text; nothing about status."""
    answer = await me.do("GetUser")
    assert set(answer) == {"Username", "UserAttributes"}
    assert await me.attributes() == {"sub": answer["Username"], "email": EMAIL, "email_verified": "true"}


async def test_get_user_through_a_narrow_client(me):
    await me.stage.new_client(ReadAttributes=["name"])
    me.token = (await me.stage.tokens())["AccessToken"]
    assert set(await me.attributes()) == {"sub"}


async def test_delete_user(me):
    """The account, its tokens and its name are gone."""
    await me.do("DeleteUser")
    assert (await refused(me.do("GetUser"))).code == "NotAuthorizedException"
    assert (await refused(me.stage.by_password())).code == "UserNotFoundException"
    assert await me.stage.sign_up()


# --- ChangePassword ----------------------------------------------------------------------------------------


async def test_change_password(me):
    """The new one signs in, the old one does not, and tokens stay good."""
    assert await me.change(PASSWORD, "Another-Horse9") == {}
    assert "AuthenticationResult" in await me.stage.srp(password="Another-Horse9")
    assert (await refused(me.stage.srp())).message == "Incorrect username or password."
    assert await me.do("GetUser")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Wrong-Horse9", "Another-Horse9", "NotAuthorizedException"),
        (None, "Another-Horse9", "InvalidParameterException"),
        (PASSWORD, "short", "InvalidPasswordException"),
    ],
)
async def test_refused_change_of_password(me, old, new, code):
    assert (await refused(me.change(old, new))).code == code
    assert "AuthenticationResult" in await me.stage.srp()


async def test_five_changes_an_hour(me, clock):
    """A stolen token does not help to guess the password."""
    for _ in range(5):
        assert (await refused(me.change("Wrong-Horse9", "Another-Horse9"))).code == "NotAuthorizedException"
    assert said(await refused(me.change(PASSWORD, "Another-Horse9"))) == LIMIT
    clock.advance(minutes=59)
    assert said(await refused(me.change(PASSWORD, "Another-Horse9"))) == LIMIT
    clock.advance(minutes=1)
    me.token = (await me.stage.tokens())["AccessToken"]
    assert await me.change(PASSWORD, "Another-Horse9") == {}


async def test_parallel_changes(me):
    """One of several changes from the same old password wins."""
    calls = (me.change(PASSWORD, f"Another-Horse{number}") for number in range(4))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert outcomes.count({}) == 1


# --- attributes --------------------------------------------------------------------------------------------


async def test_update(me):
    assert await me.update(name="Ada", nickname="A") == []
    assert (await me.attributes())["name"] == "Ada"
    assert await me.update(name="") == []
    assert "name" not in await me.attributes()


@each(
    "name, value, code",
    [
        ("sub", "x", "NotAuthorizedException"),
        ("email_verified", "true", "NotAuthorizedException"),
        ("identities", "[]", "NotAuthorizedException"),
        ("custom:nope", "x", "InvalidParameterException"),
        ("birthdate", "1815", "InvalidParameterException"),
        ("email", "nonsense", "InvalidParameterException"),
        ("phone_number", "12345", "InvalidParameterException"),
        ("cognito:user_status", "CONFIRMED", "InvalidParameterException"),
    ],
)
async def test_refused_update(me, name, value, code):
    """Nothing of an update with one bad attribute is stored."""
    before = await me.attributes()
    call = me.do(
        "UpdateUserAttributes",
        UserAttributes=[{"Name": "nickname", "Value": "N"}, {"Name": name, "Value": value}],
    )
    assert (await refused(call)).code == code
    assert await me.attributes() == before


async def test_new_address_at_once(me):
    """Without keep-original it is stored unverified, and its code verifies it."""
    [details] = await me.update(email=NEW)
    assert details == {"AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "n***@e***"}
    told = await me.attributes()
    assert (told["email"], told["email_verified"]) == (NEW, "false")
    assert await me.verify(await me.stage.code(NEW)) == {}
    assert (await me.attributes())["email_verified"] == "true"


async def test_new_address_after_its_code(keeping):
    """With keep-original the old one works until the code came back, and the new one from then on."""
    [details] = await keeping.update(email=NEW, nickname="N")
    assert details["Destination"] == "n***@e***"
    told = await keeping.attributes()
    assert (told["email"], told["email_verified"], told["nickname"]) == (EMAIL, "true", "N")
    assert "AuthenticationResult" in await keeping.stage.srp()
    assert (await refused(keeping.stage.srp(NEW))).code == "UserNotFoundException"
    await keeping.verify(await keeping.stage.code(NEW))
    told = await keeping.attributes()
    assert (told["email"], told["email_verified"]) == (NEW, "true")
    assert "AuthenticationResult" in await keeping.stage.srp(NEW)
    assert (await refused(keeping.stage.srp())).code == "UserNotFoundException"


async def test_new_address_of_somebody_else(keeping):
    await keeping.stage.sign_up(NEW)
    assert said(await refused(keeping.update(email=NEW))) == (
        "AliasExists",
        "An account with the given email already exists.",
    )
    assert len(await keeping.stage.mail(NEW)) == 1


async def test_new_address_that_was_taken_meanwhile(keeping):
    """Who proves it first has it."""
    await keeping.update(email=NEW)
    code = await keeping.stage.code(NEW)
    await keeping.stage.sign_up(NEW)
    assert (await refused(keeping.verify(code))).code == "AliasExistsException"
    assert (await keeping.attributes())["email"] == EMAIL


async def test_same_address_again(me):
    assert await me.update(email=EMAIL) == []
    assert (await me.attributes())["email_verified"] == "true"


async def test_phone_is_verified_on_request(me):
    """A number that the pool does not verify by itself gets its code when it is asked for."""
    number = "+14325550134"
    assert await me.update(phone_number=number) == []
    shown = {"AttributeName": "phone_number", "DeliveryMedium": "SMS", "Destination": "+*******0134"}
    assert await me.ask("phone_number") == shown
    assert await me.verify(await me.stage.code(number), "phone_number") == {}
    assert (await me.attributes())["phone_number_verified"] == "true"


async def test_phone_and_address_at_once(services, invoke):
    """Each has a code of its own, which does not verify the other; the originals stay until then."""
    both = ["email", "phone_number"]
    pool = {**EMAIL_POOL, "AutoVerifiedAttributes": both}
    kept = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": both}}
    me = await enter(services, invoke, **pool, **kept)
    number = "+14325550134"
    sent = await me.update(email="new@example.com", phone_number=number)
    assert [each["DeliveryMedium"] for each in sent] == ["EMAIL", "SMS"]
    assert "phone_number" not in await me.attributes()
    assert (await me.attributes())["email"] == EMAIL
    by_mail, by_sms = await me.stage.code("new@example.com"), await me.stage.code(number)
    if by_mail != by_sms:
        assert (await refused(me.verify(by_sms, "email"))).code == "CodeMismatchException"
    await me.verify(by_sms, "phone_number")
    await me.verify(by_mail, "email")
    after = await me.attributes()
    assert (after["email"], after["phone_number"]) == ("new@example.com", number)
    assert (after["email_verified"], after["phone_number_verified"]) == ("true", "true")


async def test_code_is_replaced(keeping):
    """Asking again sends another code to the address that waits."""
    await keeping.update(email=NEW)
    old = await keeping.stage.code(NEW)
    assert (await keeping.ask())["Destination"] == "n***@e***"
    new = await keeping.stage.code(NEW)
    if old != new:
        assert said(await refused(keeping.verify(old))) == MISMATCH
    assert await keeping.verify(new) == {}


async def test_code_for_the_present_address(me):
    await me.stage.admin(
        "AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=[{"Name": "email_verified", "Value": "false"}]
    )
    assert (await me.ask())["Destination"] == "a***@e***"
    await me.verify(await me.stage.code())
    assert (await me.attributes())["email_verified"] == "true"


async def test_code_of_an_address_that_was_replaced(me):
    """It proved the old address; it does not verify the new one."""
    await me.ask()
    code = await me.stage.code()
    unproved = [{"Name": "email", "Value": NEW}, {"Name": "email_verified", "Value": "false"}]
    await me.stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=unproved)
    assert said(await refused(me.verify(code))) == EXPIRED
    assert (await me.attributes())["email_verified"] != "true"


async def test_code_once(me):
    await me.ask()
    code = await me.stage.code()
    await me.verify(code)
    assert said(await refused(me.verify(code))) == EXPIRED


async def test_code_without_asking(me):
    assert said(await refused(me.verify("000000"))) == EXPIRED


async def test_code_of_another_purpose(services, invoke):
    """A sign-up code proves no later change."""
    stage = await build(services, invoke)
    await stage.sign_up()
    code = await stage.code()
    await stage.admin("AdminConfirmSignUp", Username=EMAIL)
    me = Me(stage, (await stage.tokens())["AccessToken"])
    assert said(await refused(me.verify(code))) == EXPIRED
    assert "email_verified" not in await me.attributes()


async def test_code_of_another_user(me):
    await me.stage.person("bob@example.com")
    bob = Me(me.stage, (await me.stage.tokens("bob@example.com"))["AccessToken"])
    await me.ask()
    await bob.ask()
    ada_code, bob_code = await me.stage.code(), await me.stage.code("bob@example.com")
    if ada_code != bob_code:
        assert said(await refused(bob.verify(ada_code))) == MISMATCH


async def test_code_expires(me, clock):
    await me.ask()
    code = await me.stage.code()
    clock.advance(hours=24)
    me.token = (await me.stage.tokens())["AccessToken"]
    assert said(await refused(me.verify(code))) == EXPIRED


async def test_sixteenth_try(me):
    await me.ask()
    code = await me.stage.code()
    for number in range(15):
        guess = f"{(int(code) + 1 + number) % 1_000_000:06d}"
        assert said(await refused(me.verify(guess))) == MISMATCH
    assert said(await refused(me.verify(code))) == LIMIT


async def test_sixth_code(me):
    for _ in range(5):
        await me.ask()
    assert said(await refused(me.ask())) == LIMIT


@pytest.mark.parametrize("kept", [{}, {"UserAttributeUpdateSettings": KEEP}])
async def test_sixth_change_of_address(services, invoke, clock, kept):
    """Codes for new addresses count with those that are asked for, so nobody floods mailboxes with them."""
    me = await enter(services, invoke, **EMAIL_POOL, **kept)
    for number in range(3):
        await me.update(email=f"new{number}@example.com")
    for _ in range(2):
        await me.ask()
    before = await me.attributes()
    assert said(await refused(me.update(email=NEW, nickname="A"))) == ("TooManyRequests", "Rate exceeded")
    assert said(await refused(me.ask())) == LIMIT
    assert await me.attributes() == before
    assert await me.stage.mail(NEW) == []
    await me.update(nickname="A")
    clock.advance(minutes=59)
    assert (await refused(me.update(email=NEW))).code == "TooManyRequestsException"
    clock.advance(minutes=1)
    me.token = (await me.stage.tokens(before["sub"]))["AccessToken"]
    assert await me.update(email=NEW)


async def test_many_changes_of_address_at_once(me):
    """Five are made, each with its code."""
    addresses = [f"new{number}@example.com" for number in range(9)]
    outcomes = await asyncio.gather(*(me.update(email=each) for each in addresses), return_exceptions=True)
    made = [address for address, outcome in zip(addresses, outcomes, strict=True) if isinstance(outcome, list)]
    assert len(made) == 5
    assert {said(each)[0] for each in outcomes if not isinstance(each, list)} == {"TooManyRequests"}
    assert [address for address in addresses if await me.stage.mail(address)] == made
    assert (await me.attributes())["email"] in made


@pytest.mark.parametrize("name", ["name", "sub", "email_verified"])
async def test_attribute_that_has_no_code(me, name):
    assert (await refused(me.ask(name))).code == "InvalidParameterException"
    assert (await refused(me.verify("123456", name))).code == "InvalidParameterException"


async def test_delete_attributes(me):
    await me.update(name="Ada", nickname="A")
    assert await me.do("DeleteUserAttributes", UserAttributeNames=["name"]) == {}
    assert "name" not in await me.attributes()
    for name in ("sub", "custom:nope", "email", "email_verified"):
        error = await refused(me.do("DeleteUserAttributes", UserAttributeNames=["nickname", name]))
        assert error.code in {"InvalidParameterException", "NotAuthorizedException"}
    assert (await me.attributes())["nickname"] == "A"
