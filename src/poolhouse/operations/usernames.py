"""What a new user is called: the rules of plain, alias and username-attribute pools, for sign-up and administrators."""

from collections.abc import Mapping
from typing import NamedTuple

from poolhouse import service_model
from poolhouse.crypto import codes
from poolhouse.errors import InvalidParameterException
from poolhouse.store.names import fold
from poolhouse.store.settings import ContactAttribute, PoolSettings

from .attributes import check_free_name, is_email, is_phone_number

_WANTED: Mapping[tuple[str, ...], str] = {
    ("email",): "Username should be an email.",
    ("phone_number",): "Username should be a phone number.",
}
_EITHER = "Username should be either an email or a phone number."


class NewName(NamedTuple):
    """`attributes` are those of the request, with the username attribute that the name was."""

    username: str
    sub: str
    attributes: dict[str, str]


def new_name(settings: PoolSettings, username: str, attributes: Mapping[str, str]) -> NewName:
    """The name, the sub and the attributes of a new user who gave `username`. Raises InvalidParameterException.

    Where an e-mail or phone number signs in, it becomes that attribute, and the username is the sub.
    """
    sub = codes.new_uuid()
    if not settings.UsernameAttributes:
        check_free_name(settings, username)
        return NewName(username, sub, dict(attributes))
    kind = contact_kind(settings, username)
    stated = attributes.get(kind)
    if stated and fold(settings, stated) != fold(settings, username):
        raise InvalidParameterException(f"The {kind} in the attributes differs from the username.")
    return NewName(sub, sub, {**attributes, kind: username})


def check_as_request(pool_id: str, username: str, attributes: Mapping[str, str]) -> None:
    """For a user who comes from elsewhere: lengths and characters are those of AdminCreateUser.

    Raises InvalidParameterException.
    """
    operation = service_model.operation("cognito-idp", "AdminCreateUser")
    assert operation is not None
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    request = {"UserPoolId": pool_id, "Username": username, "UserAttributes": listed}
    service_model.from_params(operation, request)


def contact_kind(settings: PoolSettings, username: str) -> ContactAttribute:
    """Which username attribute of the pool a name is. Raises InvalidParameterException when it is none."""
    for kind, fits in (("email", is_email), ("phone_number", is_phone_number)):
        if kind in settings.UsernameAttributes and fits(username):
            return "email" if kind == "email" else "phone_number"
    raise InvalidParameterException(_WANTED.get(tuple(settings.UsernameAttributes), _EITHER))
