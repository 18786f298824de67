"""Where a message can go: an e-mail address or a phone number of a user, and how little of it answers show."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from poolhouse.store.settings import ContactAttribute

Medium = Literal["EMAIL", "SMS"]
MEDIUMS: Final[Mapping[ContactAttribute, Medium]] = {"email": "EMAIL", "phone_number": "SMS"}
ATTRIBUTES: Final[Mapping[Medium, ContactAttribute]] = {"EMAIL": "email", "SMS": "phone_number"}
_SHOWN_DIGITS: Final = 4


class Contact(NamedTuple):
    """An address and the attribute that it is, or is to become, the value of."""

    attribute: ContactAttribute
    address: str

    @property
    def medium(self) -> Medium:
        return MEDIUMS[self.attribute]

    @property
    def masked(self) -> str:
        return masked(self.medium, self.address)


def of(attributes: Mapping[str, str], attribute: ContactAttribute) -> Contact | None:
    """The contact that a user has, verified or not."""
    address = attributes.get(attribute)
    return Contact(attribute, address) if address else None


def masked(medium: Medium, address: str) -> str:
    """An address as an answer may show it: `a***@e***`, or the last four digits behind as many stars as digits."""
    if medium == "SMS":
        digits = address.removeprefix("+")
        return f"+{'*' * max(0, len(digits) - _SHOWN_DIGITS)}{digits[-_SHOWN_DIGITS:]}"
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain[:1]}***"
