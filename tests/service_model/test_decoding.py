"""Decoding of requests: what is accepted, and AWS's words for what is not."""

import msgspec
import pytest
from cases import each
from service_model.samples import minimal_input

from poolhouse.errors import InvalidParameterException, SerializationException
from poolhouse.service_model import Operation, decode, from_params, operation, operations, prepare

ALL = [op for service in ("cognito-idp", "cognito-identity", "sts") for op in operations(service)]


def idp(name: str) -> Operation:
    found = operation("cognito-idp", name)
    assert found is not None
    return found


def refusal(name: str, **params) -> str:
    with pytest.raises(InvalidParameterException) as caught:
        decode(idp(name), msgspec.json.encode(params))
    return caught.value.message


@each("op", ALL)
def test_every_operation_decodes_its_smallest_input(op):
    """With required members only, each request is accepted and carries them."""
    params = minimal_input(op)
    decoded = decode(op, msgspec.json.encode(params))
    assert type(decoded) is op.input
    assert all(getattr(decoded, member) is not None for member in params)


def test_a_missing_required_member_is_null():
    """ListUserPools without MaxResults is refused in AWS's words."""
    assert refusal("ListUserPools") == (
        "1 validation error detected: Value null at 'maxResults' failed to satisfy constraint: Member must not be null"
    )


def test_violations_are_collected():
    """Two violations come back in one message, joined by a semicolon."""
    assert refusal("ListUsers", UserPoolId="nope", Limit=61) == (
        "2 validation errors detected: "
        r"Value 'nope' at 'userPoolId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; "
        "Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60"
    )


def test_a_password_is_never_echoed():
    """The pattern violation of a password names the member and not the value."""
    message = refusal("SignUp", ClientId="c", Username="ada", Password="a b")
    assert message == (
        "1 validation error detected: Value at 'password' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\S]+"
    )


def test_an_unknown_flow_lists_the_known_ones():
    """A value outside an enumeration is refused with the set of allowed values."""
    message = refusal("InitiateAuth", ClientId="c", AuthFlow="FOO")
    assert message.startswith("1 validation error detected: Value 'FOO' at 'authFlow' failed to satisfy constraint: ")
    assert "Member must satisfy enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, " in message


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("AdminGetUser", {"UserPoolId": "a_b", "Username": "s3cret "}),
        ("ConfirmSignUp", {"ClientId": "c", "Username": "u", "ConfirmationCode": "s3cret "}),
        ("GetUser", {"AccessToken": "s3cret "}),
        ("AdminCreateUser", {"UserPoolId": "a_b", "Username": "u", "UserAttributes": [{"Name": "n", "Value": "s3cret" * 400}]}),
        ("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH", "AuthParameters": {"PASSWORD": "s3cret", "x": None}}),
        ("UpdateUserPoolClient", {"UserPoolId": "a_b", "ClientId": "s3cret!"}),
        ("CreateIdentityProvider", {"UserPoolId": "a_b", "ProviderName": "p", "ProviderType": "OIDC", "ProviderDetails": {"client_secret": "s3cret", "x": None}, "AttributeMapping": {}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_secret_values_are_not_echoed(name, params):
    """No secret, in a scalar, a map or a list, comes back in a message."""
    message = refusal(name, **params)
    assert "s3cret" not in message
    assert "Value at '" in message


def test_lists_that_hold_secrets_are_not_echoed():
    """A list that is too long is not printed when its entries hold a secret, and is otherwise."""
    risk = {"UserPoolId": "a_b", "CustomAttributes": []}
    assert "Value '[]' at 'customAttributes'" in refusal("AddCustomAttributes", **risk)
    attributes = [{"Name": "", "Value": "s3cret"}] * 3
    assert "s3cret" not in refusal(
        "AdminUpdateUserAttributes", UserPoolId="a_b", Username="u", UserAttributes=attributes
    )


def test_structures_in_lists_have_numbered_paths():
    """A violation inside the second structure of a list is addressed by position, counted from one."""
    message = refusal("SignUp", ClientId="c", Username="u", UserAttributes=[{"Name": "ok"}, {"Name": ""}, {}])
    assert message.startswith("3 validation errors detected: ")
    assert "Value '' at 'userAttributes.2.member.name' failed" in message
    assert (
        "Value null at 'userAttributes.3.member.name' failed to satisfy constraint: Member must not be null" in message
    )


def test_scalars_in_lists_are_reported_with_the_list():
    """AWS prints the whole list and nests the constraint of the entry."""
    message = refusal("CreateUserPoolClient", UserPoolId="a_b", ClientName="web", ExplicitAuthFlows=["FOO", "BAR"])
    assert message.startswith(
        "1 validation error detected: Value '[FOO, BAR]' at 'explicitAuthFlows' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: [ADMIN_NO_SRP_AUTH, "
    )


def test_keys_and_values_of_maps_are_reported_with_the_map():
    """AWS prints the whole map and nests the constraint of the key or the value."""
    message = refusal("CreateUserPool", PoolName="p", UserPoolTags={"": "x" * 257})
    assert "Value '{=xxx" in message
    assert "Map keys must satisfy constraint: [Member must have length greater than or equal to 1]" in message
    assert "Map value must satisfy constraint: [Member must have length less than or equal to 256]" in message


def test_long_values_and_long_lists_of_violations_are_cut():
    """Neither a huge value nor ten thousand violations make a huge message."""
    assert len(refusal("DescribeUserPool", UserPoolId="x" * 100_000)) < 1000
    message = refusal("SignUp", ClientId="c", Username="u", UserAttributes=[{"Name": ""}] * 10_000)
    assert message.startswith("50 validation errors detected: ")


def test_null_is_absent():
    """A null optional member is as if it were not sent; a null required one is missing."""
    assert decode(idp("ListUsers"), b'{"UserPoolId":"a_b","Limit":null,"Filter":null}').Limit is None
    assert "Value null at 'userPoolId'" in refusal("ListUsers", UserPoolId=None)


def test_unknown_members_are_ignored():
    """A client that is newer than the model is served."""
    decoded = decode(idp("DescribeUserPool"), b'{"UserPoolId":"a_b","Later":{"x":[1,2]}}')
    assert decoded == idp("DescribeUserPool").input(UserPoolId="a_b")


def test_the_last_of_equal_members_counts():
    """A repeated member is read as JSON readers do, whatever the first value was."""
    body = b'{"UserPoolId":%s,"UserPoolId":"a_b"}'
    assert [decode(idp("DescribeUserPool"), body % first).UserPoolId for first in (b'"c_d"', b"5", b'"!"')] == [
        "a_b"
    ] * 3
    with pytest.raises(InvalidParameterException):
        decode(idp("DescribeUserPool"), b'{"UserPoolId":"a_b","UserPoolId":"!"}')


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nope", b"{} {}", b'{"UserPoolId":NaN}', b'{"UserPoolId":"a_b",}', b"\xef\xbb\xbf{}",
        b"null", b"[]", b'"x"', b"7", b'{"UserPoolId":"\xff"}', b'{"UserPoolId":"a_b","x":"\xff"}',
        b'{"UserPoolId":"\\ud800"}', b'{"UserPoolId":"\xed\xa0\x80"}', b'{"UserPoolId":5,"x":1e9999}', b'{"UserPoolId":' + b"9" * 5000 + b"}",
        b'{"UserPoolId":"a_b","x":' + b"[" * 100_000, b'{"UserPoolId":5,"x":' + b'{"a":' * 100_000,
        b'{"UserPoolId":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda body: repr(body[:40]),
)  # fmt: skip
def test_what_is_not_a_json_object_cannot_be_read(body):
    """Malformed JSON, other values than objects, bad Unicode and bottomless nesting are refused alike."""
    with pytest.raises(SerializationException) as caught:
        decode(idp("DescribeUserPool"), body)
    assert caught.value.message


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"UserPoolId": {}}, "Start of structure or map found where not expected."),
        ({"UserPoolId": []}, "Start of list found where not expected"),
        ({"UserPoolId": 5}, "NUMBER_VALUE can not be converted to a String"),
        ({"UserPoolId": True}, "TRUE_VALUE can not be converted to a String"),
        ({"Limit": "5"}, "STRING_VALUE can not be converted to an Integer"),
        ({"Limit": 5.5}, "DECIMAL_VALUE can not be converted to an Integer"),
        ({"Limit": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ({"AttributesToGet": "email"}, "Expected list or null"),
        ({"AttributesToGet": {}}, "Start of structure or map found where not expected."),
    ],
)
def test_wrong_json_types_cannot_be_read(params, message):
    """A wrong type is reported before any broken constraint, and its value is not echoed."""
    with pytest.raises(SerializationException) as caught:
        decode(idp("ListUsers"), msgspec.json.encode({"Filter": "x" * 999, **params}))
    assert caught.value.message == message


def test_maps_are_not_lists():
    """Where a map belongs, a list and a scalar are refused."""
    for wrong, message in (([], "Start of list found where not expected"), ("x", "Expected map or null")):
        with pytest.raises(SerializationException, match=message):
            decode(idp("CreateUserPool"), msgspec.json.encode({"PoolName": "p", "UserPoolTags": wrong}))


def test_python_values_follow_the_same_rules():
    """Console and command line pass dicts and get the same structs and messages."""
    assert from_params(idp("ListUsers"), {"UserPoolId": "a_b", "Limit": 0}).Limit == 0
    with pytest.raises(InvalidParameterException, match="Value '61' at 'limit'"):
        from_params(idp("ListUsers"), {"UserPoolId": "a_b", "Limit": 61})
    with pytest.raises(SerializationException):
        from_params(idp("ListUsers"), {"UserPoolId": "\ud800"})


def test_images_are_base64():
    """Binary members are base64 on the wire and bytes inside; anything else cannot be read."""
    ok = decode(idp("SetUICustomization"), b'{"UserPoolId":"a_b","ImageFile":"YQ=="}')
    assert ok.ImageFile == b"a"
    with pytest.raises(SerializationException, match="STRING_VALUE can not be converted to a String"):
        decode(idp("SetUICustomization"), b'{"UserPoolId":"a_b","ImageFile":"?"}')
    big = from_params(idp("SetUICustomization"), {"UserPoolId": "a_b", "ImageFile": bytes(131072)})
    assert len(big.ImageFile) == 131072
    with pytest.raises(InvalidParameterException, match="Member must have length less than or equal to 131072"):
        from_params(idp("SetUICustomization"), {"UserPoolId": "a_b", "ImageFile": bytes(131073)})


def test_preparing_changes_nothing_but_the_first_wait():
    """Decoders can be made at start-up, for all operations at once and more than once."""
    prepare(ALL)
    prepare(ALL)
    assert decode(idp("DescribeUserPool"), b'{"UserPoolId":"a_b"}').UserPoolId == "a_b"
