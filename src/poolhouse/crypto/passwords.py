"""What a pool's password policy asks of a new password. The history and the age of passwords are not its matter."""

import string
from typing import Final, NamedTuple

_UPPER: Final = frozenset(string.ascii_uppercase)
_LOWER: Final = frozenset(string.ascii_lowercase)
_DIGITS: Final = frozenset(string.digits)
SYMBOLS: Final = frozenset(r"""^$*.[]{}()?"!@#%&/\,><':;|_~`=+- """)
"""AWS's list of special characters, the blank included: user guide, "Adding user pool password requirements"."""


class Policy(NamedTuple):
    """A pool's PasswordPolicyType; the defaults are those of a pool that names none."""

    minimum_length: int = 8
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True


def violation(password: str, policy: Policy) -> str | None:
    """The first rule that the password breaks, in AWS's words and order, or None. Letters and digits are ASCII's."""
    if len(password) < policy.minimum_length:
        return "Password not long enough"
    used = set(password)
    for required, characters, name in (
        (policy.require_uppercase, _UPPER, "uppercase"),
        (policy.require_lowercase, _LOWER, "lowercase"),
        (policy.require_numbers, _DIGITS, "numeric"),
        (policy.require_symbols, SYMBOLS, "symbol"),
    ):
        if required and used.isdisjoint(characters):
            return f"Password must have {name} characters"
    return None
