"""Whether the secrets of an environment are where its functions look for them: in the Parameter Store."""

from collections.abc import Sequence
from typing import Final

from poolhouse.define.manifest import Manifest
from poolhouse.deploy.context import Environment, secret_path
from poolhouse.deploy.functions import secret_names

from .refusals import explained
from .session import Account

_AT_ONCE: Final = 10


def missing(account: Account, environment: Environment, manifest: Manifest) -> list[str]:
    """Paths of the secrets that no parameter holds. Their values are not asked for."""
    names = {name for function in manifest.functions for name in secret_names(function)}
    paths = sorted(secret_path(environment, name) for name in names)
    found: list[str] = []
    for start in range(0, len(paths), _AT_ONCE):
        found += _missing(account, paths[start : start + _AT_ONCE])
    return found


def _missing(account: Account, paths: Sequence[str]) -> list[str]:
    with explained("ssm"):
        return list(account.ssm.get_parameters(Names=list(paths))["InvalidParameters"])
