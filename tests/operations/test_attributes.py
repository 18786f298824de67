"""The schema's rules as functions: what sign-up, administrators and users' own calls share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.operations import attributes
from poolhouse.operations.usernames import new_name
from poolhouse.store.settings import ClientSettings, NumberAttributeConstraintsType, PoolSettings, SchemaAttributeType

POOL = PoolSettings(
    Schema=(
        SchemaAttributeType("custom:when", AttributeDataType="DateTime"),
        SchemaAttributeType("custom:flag", AttributeDataType="Boolean"),
        SchemaAttributeType(
            "custom:rank",
            AttributeDataType="Number",
            NumberAttributeConstraints=NumberAttributeConstraintsType("-1", "1.5"),
        ),
        SchemaAttributeType("dev:custom:note", DeveloperOnlyAttribute=True),
    )
)


@pytest.mark.parametrize(
    "text", ["a@b.co", "a.b+c@sub.example.com", "o'hara@example.com", "jörg@müller.de", "x" * 64 + "@example.com"]
)
def test_addresses(text):
    assert attributes.is_email(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.co", "a@b", "a@b..co", "a@.co", "a@b.co.", "a@b@c.de", "a b@c.de", "a@b.co\n", "a@b.co,c@d.ef",
     "<a@b.co>", "a@b.co\r\nBcc: x@y.zz", "x" * 65 + "@example.com", '"a"@b.co', "a;b@c.de", "a\x01@b.co", "a@b\x7f.co"],
)  # fmt: skip
def test_no_addresses(text):
    """Nothing that a mail header could take for two recipients or for another header."""
    assert not attributes.is_email(text)


@pytest.mark.parametrize(("text", "fits"), [("+491", True), ("+" + "1" * 15, True), ("+" + "1" * 16, False), ("491", False),
                                            ("+0491", False), ("+49 1", False), ("+٤٩", False), ("+491\n", False)])  # fmt: skip
def test_phone_numbers(text, fits):
    assert attributes.is_phone_number(text) == fits


@pytest.mark.parametrize(
    ("name", "value"),
    [("custom:when", "2026-11-21T03:00:00Z"), ("custom:flag", "false"), ("custom:rank", "-1"), ("custom:rank", "1.5"),
     ("updated_at", "0"), ("birthdate", "1815-12-10"), ("address", ""), ("dev:custom:note", "n")],
)  # fmt: skip
def test_values_that_fit(name, value):
    assert attributes.created(POOL, {name: value}) == ({name: value} if value else {})


@pytest.mark.parametrize(
    ("name", "value"),
    [("custom:when", "tomorrow"), ("custom:flag", "1"), ("custom:rank", "-1.01"), ("custom:rank", "1e0"), ("updated_at", "-1"),
     ("custom:rank", "٣"), ("custom:rank", "9" * 65), ("birthdate", "10.12.1815x"), ("name", "x" * 2049), ("custom:note", "n")],
)  # fmt: skip
def test_values_that_do_not_fit(name, value):
    with pytest.raises(InvalidParameterException, match="Attributes did not conform to the schema: "):
        attributes.created(POOL, {name: value})


@given(st.dictionaries(st.text(max_size=32), st.text()))
def test_any_attributes_are_checked_or_refused(given_attributes):
    """Whatever comes in, what comes out is in the schema and was given."""
    try:
        kept = attributes.created(POOL, given_attributes)
    except InvalidParameterException:
        return
    assert kept.keys() <= attributes.schema(POOL).keys() - {"sub", "identities"}
    assert kept.keys() <= given_attributes.keys()


def test_update_keeps_a_verification_of_the_same_address():
    before = {"sub": "s", "email": "a@b.co", "email_verified": "true"}
    assert attributes.updated(POOL, before, {"email": "a@b.co", "name": "A"}) == {**before, "name": "A"}
    assert attributes.updated(POOL, before, {"email": "c@d.ef"})["email_verified"] == "false"
    assert attributes.updated(POOL, before, {"email": ""}) == {"sub": "s"}


@pytest.mark.parametrize("name", ["sub", "email_verified", "phone_number_verified", "identities", "dev:custom:note"])
def test_what_clients_never_write(name):
    """Not even when the client lists it."""
    client = ClientSettings(WriteAttributes=None if name == "dev:custom:note" else (name,))
    with pytest.raises(NotAuthorizedException, match="A client attempted to write unauthorized attribute"):
        attributes.check_client_may_write(client, POOL, [name])


def test_what_clients_write():
    required = PoolSettings(Schema=(SchemaAttributeType("name", Required=True),))
    attributes.check_client_may_write(ClientSettings(WriteAttributes=("email",)), required, ["email", "name"])
    with pytest.raises(NotAuthorizedException):
        attributes.check_client_may_write(ClientSettings(WriteAttributes=("email",)), required, ["nickname"])
    attributes.check_client_may_write(ClientSettings(), required, ["nickname", "no-such-attribute"])


def test_what_clients_read():
    assert attributes.readable(ClientSettings(ReadAttributes=("email",))) == {"email", "sub"}
    assert {"email_verified", "sub", "name"} <= attributes.readable(ClientSettings())
    assert "dev:custom:note" not in attributes.readable(ClientSettings())


@pytest.mark.parametrize(
    ("kinds", "name", "text"),
    [
        (("email",), "+4912", "Username should be an email."),
        (("phone_number",), "a@b.co", "Username should be a phone number."),
        (("email", "phone_number"), "ada", "Username should be either an email or a phone number."),
    ],
)
def test_username_attributes_refuse_other_names(kinds, name, text):
    with pytest.raises(InvalidParameterException) as refusal:
        new_name(PoolSettings(UsernameAttributes=kinds), name, {})
    assert str(refusal.value) == text


def test_new_names():
    """By e-mail the username is the sub; otherwise it is what was typed, and the sub is nobody's choice."""
    by_email = new_name(PoolSettings(UsernameAttributes=("email", "phone_number")), "a@b.co", {"name": "A"})
    assert by_email.username == by_email.sub
    assert by_email.attributes == {"name": "A", "email": "a@b.co"}
    plain = new_name(PoolSettings(), "ada", {})
    assert (plain.username, plain.attributes) == ("ada", {})
    assert plain.sub not in {by_email.sub, "ada"}
    assert len(plain.sub) == 36


def test_a_sign_in_name_fits_into_a_request():
    settings = PoolSettings(UsernameAttributes=("email",))
    long = "a@" + "b" * 123 + ".co"
    assert attributes.created(settings, {"email": long})["email"] == long
    with pytest.raises(InvalidParameterException, match="shorter than or equal to 128"):
        attributes.created(settings, {"email": "a" + long})
