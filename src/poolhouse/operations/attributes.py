"""The schema of a pool: which attributes exist, what may be written to them, and which of them a client may see.

Pure rules; the words are those that AWS's clients know.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Protocol

from poolhouse.errors import InvalidParameterException, NotAuthorizedException
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.settings import (
    ClientSettings,
    NumberAttributeConstraintsType,
    PoolSettings,
    SchemaAttributeType,
    StringAttributeConstraintsType,
)

_TEXT: Final = StringAttributeConstraintsType(MinLength="0", MaxLength="2048")
# No blank, control character or separator of mail headers.
_ATOM: Final = r"""[^\s\x00-\x1f\x7f@<>()\[\],;:\\"%s]"""
_EMAIL: Final = re.compile(rf"{_ATOM % ''}{{1,64}}@{_ATOM % '.'}+(\.{_ATOM % '.'}+)+")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,64}(\.[0-9]{1,64})?")
# The answer to a challenge is a map, to which no model applies what it says of attributes.
_LONGEST_VALUE: Final = 2048
# A sign-in name has to fit into the Username of a request.
_LONGEST_NAME: Final = 128


class Given(Protocol):
    """An AttributeType of a request."""

    @property
    def Name(self) -> str: ...  # noqa: N802 - AWS's member

    @property
    def Value(self) -> str | None: ...  # noqa: N802 - AWS's member


def _standard() -> dict[str, SchemaAttributeType]:
    texts = (
        "name given_name family_name middle_name nickname preferred_username profile picture website email gender "
        "zoneinfo locale phone_number address"
    )
    entries = [
        SchemaAttributeType(
            "sub",
            Mutable=False,
            Required=True,
            StringAttributeConstraints=StringAttributeConstraintsType(MinLength="1", MaxLength="2048"),
        ),
        *(SchemaAttributeType(name, StringAttributeConstraints=_TEXT) for name in texts.split()),
        SchemaAttributeType(
            "birthdate", StringAttributeConstraints=StringAttributeConstraintsType(MinLength="10", MaxLength="10")
        ),
        SchemaAttributeType("email_verified", AttributeDataType="Boolean"),
        SchemaAttributeType("phone_number_verified", AttributeDataType="Boolean"),
        SchemaAttributeType(
            "updated_at",
            AttributeDataType="Number",
            NumberAttributeConstraints=NumberAttributeConstraintsType(MinValue="0"),
        ),
        SchemaAttributeType("identities", StringAttributeConstraints=StringAttributeConstraintsType()),
    ]
    return {entry.Name: entry for entry in entries}


STANDARD: Final[Mapping[str, SchemaAttributeType]] = MappingProxyType(_standard())

_STANDARD_NAMES: Final = frozenset(STANDARD)
# Facts that only the product itself, or an administrator, may state.
NOT_BY_CLIENTS: Final = frozenset({"sub", "identities", "email_verified", "phone_number_verified"})
_NEVER: Final = frozenset({"sub", "identities"})


@lru_cache(maxsize=1024)
def schema(settings: PoolSettings) -> Mapping[str, SchemaAttributeType]:
    """Every attribute of the pool by its full name, the standard ones first."""
    return MappingProxyType({**STANDARD, **{entry.Name: entry for entry in settings.Schema}})


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """E.164."""
    return _PHONE.fullmatch(text) is not None


def given(entries: Iterable[Given] | None) -> dict[str, str]:
    """A request's attribute list as name -> value; a missing value is "". Raises InvalidParameterException."""
    attributes: dict[str, str] = {}
    for entry in entries or ():
        if entry.Name in attributes:
            raise InvalidParameterException(f"user.{entry.Name}: Attribute is given more than once.\n")
        attributes[entry.Name] = entry.Value or ""
    return attributes


def created(settings: PoolSettings, attributes: Mapping[str, str], *, complete: bool = True) -> dict[str, str]:
    """The attributes of a new user, checked: known, settable, well-formed, and `complete`: none missing that the pool
    requires. An invited user adds those when he chooses his password.

    Empty values count as not given. Raises InvalidParameterException.
    """
    kept = _checked(settings, {name: value for name, value in attributes.items() if value or name in _NEVER})
    for name, entry in schema(settings).items():
        if complete and entry.Required and name not in kept and name != "sub":
            raise _unfit(f"{name}: The attribute is required")
    return kept


def updated(settings: PoolSettings, before: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """The complete attributes after an update; "" removes one. Raises InvalidParameterException.

    A contact that changes is unverified unless the same update says otherwise.
    """
    entries = schema(settings)
    for name in changes:
        if name in entries and (not entries[name].Mutable or name in _NEVER):
            raise _fixed(name)
    written = _checked(settings, {name: value for name, value in changes.items() if value})
    after = {**before, **written}
    for contact, flag in VERIFIABLE.items():
        if contact in written and before.get(contact) != written[contact] and flag not in changes:
            after[flag] = "false"
    return _without(settings, after, [name for name, value in changes.items() if not value])


def removed(settings: PoolSettings, before: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The complete attributes after a removal. Raises InvalidParameterException."""
    entries = schema(settings)
    names = list(names)
    for name in names:
        if name not in entries:
            raise InvalidParameterException(
                f"Invalid user attributes: user.{name}: Attribute does not exist in the schema.\n"
            )
        if not entries[name].Mutable or name in _NEVER:
            raise _fixed(name)
    return _without(settings, before, names)


def _without(settings: PoolSettings, before: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    entries = schema(settings)
    after = dict(before)
    for name in names:
        if name not in entries:
            raise _unfit(f"{name}: Attribute does not exist in the schema.")
        if entries[name].Required or (name in settings.UsernameAttributes and _only_name(settings, after, name)):
            raise InvalidParameterException(f"user.{name}: Attribute is required and cannot be deleted.\n")
        after.pop(name, None)
        if name in VERIFIABLE:
            after.pop(VERIFIABLE[name], None)
    return after


def _only_name(settings: PoolSettings, attributes: Mapping[str, str], name: str) -> bool:
    """Whether the user could not sign in any more without this username attribute."""
    return not any(attributes.get(other) for other in settings.UsernameAttributes if other != name)


def _checked(settings: PoolSettings, attributes: Mapping[str, str]) -> dict[str, str]:
    entries = schema(settings)
    checked = {}
    for name, value in attributes.items():
        if name not in entries:
            raise _unfit(f"{name}: Attribute does not exist in the schema.")
        if name in _NEVER:
            raise _fixed(name)
        checked[name] = _typed(entries[name], value)
        _check_name(settings, name, value)
    return checked


def _typed(entry: SchemaAttributeType, value: str) -> str:
    if "\0" in value:
        raise _unfit(f"{entry.Name}: Attribute value contains a null character.")
    if len(value) > _LONGEST_VALUE:
        raise _unfit(f"{entry.Name}: String must be shorter than or equal to {_LONGEST_VALUE}.")
    if entry.AttributeDataType == "String":
        _check_length(entry, value)
    elif entry.AttributeDataType == "Number":
        _check_number(entry, value)
    elif entry.AttributeDataType == "Boolean":
        if value.lower() not in {"true", "false"}:
            raise _unfit(f"{entry.Name}: Attribute value must be true or false.")
        return value.lower()
    elif not _is_time(value):
        raise _unfit(f"{entry.Name}: Attribute value is not a date and time.")
    return value


def _check_length(entry: SchemaAttributeType, value: str) -> None:
    bounds = entry.StringAttributeConstraints or StringAttributeConstraintsType()
    if bounds.MinLength is not None and len(value) < int(bounds.MinLength):
        raise _unfit(f"{entry.Name}: String must be longer than or equal to {bounds.MinLength}.")
    if bounds.MaxLength is not None and len(value) > int(bounds.MaxLength):
        raise _unfit(f"{entry.Name}: String must be shorter than or equal to {bounds.MaxLength}.")


def _check_number(entry: SchemaAttributeType, value: str) -> None:
    if not _NUMBER.fullmatch(value):
        raise _unfit(f"{entry.Name}: Attribute value is not a number.")
    bounds = entry.NumberAttributeConstraints or NumberAttributeConstraintsType()
    if bounds.MinValue is not None and Decimal(value) < Decimal(bounds.MinValue):
        raise _unfit(f"{entry.Name}: Number must be greater than or equal to {bounds.MinValue}.")
    if bounds.MaxValue is not None and Decimal(value) > Decimal(bounds.MaxValue):
        raise _unfit(f"{entry.Name}: Number must be less than or equal to {bounds.MaxValue}.")


def _is_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _check_name(settings: PoolSettings, name: str, value: str) -> None:
    """Contacts are well-formed; what can sign in is short enough and cannot be taken for another kind of name."""
    if name == "email" and not is_email(value):
        raise InvalidParameterException("Invalid email address format.")
    if name == "phone_number" and not is_phone_number(value):
        raise InvalidParameterException("Invalid phone number format.")
    if name in settings.UsernameAttributes or name in settings.AliasAttributes:
        if len(value) > _LONGEST_NAME:
            raise _unfit(f"{name}: String must be shorter than or equal to {_LONGEST_NAME}.")
        if name == "preferred_username":
            check_free_name(settings, value, "Preferred username")


def check_free_name(settings: PoolSettings, text: str, what: str = "Username") -> None:
    """A freely chosen name does not look like an alias of another kind. Raises InvalidParameterException."""
    if "email" in settings.AliasAttributes and is_email(text):
        raise InvalidParameterException(
            f"{what} cannot be of email format, since user pool is configured for email alias."
        )
    if "phone_number" in settings.AliasAttributes and is_phone_number(text):
        raise InvalidParameterException(
            f"{what} cannot be of phone number format, since user pool is configured for phone number alias."
        )


def readable(client: ClientSettings) -> frozenset[str]:
    """What a client may read of its users: the attributes it names, or every standard one; `sub` always."""
    return _STANDARD_NAMES if client.ReadAttributes is None else frozenset(client.ReadAttributes) | {"sub"}


def check_client_may_write(client: ClientSettings, pool: PoolSettings, names: Iterable[str]) -> None:
    """A client writes the attributes it names, or every standard one, and always what the pool requires.

    What only the product or an administrator may state is never among them. Names that do not exist are left to the
    schema's own check. Raises NotAuthorizedException.
    """
    entries = schema(pool)
    allowed = _STANDARD_NAMES if client.WriteAttributes is None else frozenset(client.WriteAttributes)
    for name in names:
        if name in entries and (name in NOT_BY_CLIENTS or not (name in allowed or entries[name].Required)):
            raise NotAuthorizedException("A client attempted to write unauthorized attribute")


def check_client_lists(settings: PoolSettings, reads: Iterable[str] | None, writes: Iterable[str] | None) -> None:
    """A new client names attributes that exist and that clients may have. Raises InvalidParameterException."""
    entries = schema(settings)
    for name in reads or ():
        if not _open_to_clients(entries, name):
            raise InvalidParameterException("Invalid read attributes specified while creating a client")
    for name in writes or ():
        if name in NOT_BY_CLIENTS or not _open_to_clients(entries, name):
            raise InvalidParameterException("Invalid write attributes specified while creating a client")


def _open_to_clients(entries: Mapping[str, SchemaAttributeType], name: str) -> bool:
    return name in entries and not entries[name].DeveloperOnlyAttribute


def parse_bound(text: str | None, what: str) -> Decimal | None:
    """A bound of a schema constraint. Raises InvalidParameterException."""
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidParameterException(f"{what} must be a number.")
    return Decimal(text)


def _unfit(reason: str) -> InvalidParameterException:
    return InvalidParameterException(f"Attributes did not conform to the schema: {reason}\n")


def _fixed(name: str) -> InvalidParameterException:
    return InvalidParameterException(f"user.{name}: Attribute cannot be updated.\n")
