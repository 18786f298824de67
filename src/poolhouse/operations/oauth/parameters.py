"""Parameters of OAuth requests as they come: bounded, each at most once. What they mean is decided elsewhere."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from poolhouse.errors import OAuthError

MOST_BYTES: Final = 32_768
_MOST_FIELDS: Final = 64
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_+]{1,128}")


class Parameters(dict[str, str]):
    """Name -> value, without the empty ones (RFC 6749 section 3.1); `repeated` names those that came twice."""

    repeated: frozenset[str] = frozenset()

    def once(self) -> "Parameters":
        """Raises OAuthError when any parameter came twice."""
        if self.repeated:
            raise OAuthError("invalid_request", f"A parameter is repeated: {min(self.repeated)}")
        return self


def parse(text: str | bytes) -> Parameters:
    """From a query or a form body. Raises OAuthError for one that is too large or no text."""
    try:
        form = text if isinstance(text, str) else text.decode("ascii")
        if len(form) > MOST_BYTES:
            raise OAuthError("invalid_request", "The request is too large.")
        pairs = parse_qsl(form, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise OAuthError("invalid_request", "The parameters cannot be read.") from error
    found = Parameters({name: value for name, value in pairs if value})
    names = [name for name, _ in pairs]
    found.repeated = frozenset(name for name in names if names.count(name) > 1)
    return found


def client_id(parameters: Mapping[str, str]) -> str | None:
    """None for a missing one and for text that is no client's id."""
    given = parameters.get("client_id", "")
    return given if _CLIENT_ID.fullmatch(given) else None
