"""What the forms ask for, by the settings of a pool, and how refusals read."""

import msgspec
import pytest

from poolhouse.errors import (
    CodeMismatchException,
    InvalidParameterException,
    InvalidPasswordException,
    LimitExceededException,
    PasswordAttemptsExceeded,
    UserDisabled,
)
from poolhouse.pages.hosted import words
from poolhouse.store.settings import PasswordPolicyType, PoolSettings


def pool(**members) -> PoolSettings:
    return msgspec.convert(members, PoolSettings)


@pytest.mark.parametrize(
    ("members", "new", "label", "type"),
    [
        ({}, True, "Username", "text"),
        ({"AliasAttributes": ["email"]}, False, "Username or e-mail", "text"),
        ({"AliasAttributes": ["email"]}, True, "Username", "text"),
        ({"UsernameAttributes": ["email"]}, True, "E-mail address", "email"),
        ({"UsernameAttributes": ["phone_number"]}, False, "Phone number", "tel"),
        ({"UsernameAttributes": ["email", "phone_number"]}, True, "E-mail address or phone number", "text"),
    ],
)
def test_name_field(members, new, label, type):  # noqa: A002 - the input's
    """The keyboard and the label fit what signs in."""
    field = words.username(pool(**members), new=new)
    assert (field.label, field.type, field.complete) == (label, type, "username")


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({}, []),
        ({"AutoVerifiedAttributes": ["email"]}, ["email"]),
        ({"AutoVerifiedAttributes": ["email"], "UsernameAttributes": ["email"]}, []),
        ({"Schema": [{"Name": "email", "Required": True}], "UsernameAttributes": ["email"]}, []),
        ({"Schema": [{"Name": "birthdate", "Required": True}]}, ["birthdate"]),
    ],
)
def test_sign_up_asks_for_what_is_needed(members, names):
    assert words.wanted_attributes(pool(**members)) == names


def test_custom_attribute_has_a_readable_label():
    field = words.attribute("custom:shoe_size", "attribute.")
    assert (field.name, field.label) == ("attribute.custom:shoe_size", "Shoe size")


@pytest.mark.parametrize(
    ("policy", "hint"),
    [
        (PasswordPolicyType(), "an upper-case letter, a lower-case letter, a number and a symbol."),
        (PasswordPolicyType(RequireSymbols=False, RequireNumbers=False, RequireUppercase=False), "with a lower-case"),
        (PasswordPolicyType(12, RequireUppercase=False, RequireLowercase=False), "At least 12 characters, with a num"),
        (PasswordPolicyType(20, *[False] * 4), "At least 20 characters."),
    ],
)
def test_password_hint(policy, hint):
    assert hint in words.password_hint(policy)


@pytest.mark.parametrize(
    ("error", "text", "status"),
    [
        (UserDisabled(), "User is disabled.", 400),
        (CodeMismatchException("user."), "That code is not right. Check it and try again.", 400),
        (
            InvalidPasswordException("Password did not conform with policy: Password not long enough"),
            "Password not",
            400,
        ),
        (InvalidParameterException("1 validation error detected: Value at 'x'"), "Something in this form", 400),
        (InvalidParameterException("Invalid user attributes: user.x: no"), "X: no", 400),
        (LimitExceededException(), "Attempt limit exceeded", 429),
        (PasswordAttemptsExceeded(), "Password attempts exceeded", 429),
    ],
)
def test_refusals_are_readable(error, text, status):
    assert words.explain(error).startswith(text)
    assert words.status(error) == status
