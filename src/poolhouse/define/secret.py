"""`secret("NAME")`: a reference to a value that never enters the Manifest."""

import re
from typing import Final

from poolhouse.errors import InvalidSecretNameError

from .manifest import SecretRef
from .places import here
from .words import shown

_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]+")


def secret(name: str) -> SecretRef:
    """Refer to a secret by name; its value is set with `poolhouse secret set NAME` and read when a function starts."""
    given: object = name
    if isinstance(given, str) and _NAME.fullmatch(given):
        return SecretRef(name=given)
    raise InvalidSecretNameError(
        f"A secret cannot be named {shown(name)}.",
        resolution="Use letters, digits, '_', '.' and '-' only, at least one of them.",
        location=str(here()),
    )
