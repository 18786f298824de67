"""Finds secrets in what a test made the product write: logs, tracebacks, the output of functions.

Passwords of tests are made to be found: every one holds `-Horse`, and nothing else in the suite does.
"""

import re

_SECRETS = {
    "a password": re.compile(r"\b\w+-Horse-?\d+"),
    "a signed token": re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{40,}"),
    "a root secret": re.compile(r"test-root-secret"),
    "a private key": re.compile(r"PRIVATE KEY"),
}


def leaks(text: str) -> list[str]:
    """The secrets in `text`, each with some of what stands before it; nothing of the secret itself."""
    return [
        f"{what} after {text[max(0, found.start() - 60) : found.start()]!r}"
        for what, pattern in _SECRETS.items()
        for found in pattern.finditer(text)
    ]
