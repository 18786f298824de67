"""`referenceAuth` as reference_auth(): the ids and roles together, or nothing; the grants one by one."""

from collections.abc import Mapping
from typing import Any, Final

from poolhouse.define.reference import reference_auth
from poolhouse.errors import UserError

from .gen2 import Made
from .gen2_auth import Reading
from .names import snake
from .report import Report
from .trial import AuthTrial
from .values import NotCarried, Values

_OPTIONS: Final = (
    "userPoolId",
    "userPoolClientId",
    "identityPoolId",
    "authRoleArn",
    "unauthRoleArn",
    "groups",
    "name",
)


class ReferenceReading(Reading):
    """Takes the arguments of one call over into `arguments`. `accepted` says whether there is a pool at all."""

    factory = "reference_auth"
    order = ("user_pool_id", "user_pool_client_id", "identity_pool_id", "auth_role_arn", "unauth_role_arn", "groups")

    def __init__(self, made: Made, values: Values, report: Report) -> None:
        super().__init__(made, values, report, AuthTrial(reference_auth))
        props: Mapping[str, Any] = made.props if isinstance(made.props, Mapping) and "$" not in made.props else {}
        self.accepted = self._whole({name: props[name] for name in _OPTIONS if name in props})
        if not self.accepted:
            return
        self._access(props.get("access"))
        self._offer_delegation()
        for name in props.keys() - {"access", *_OPTIONS}:
            report.left(self._file, name, "reference_auth() has no such option.")

    def _whole(self, given: Mapping[str, Any]) -> bool:
        """One of them alone describes nothing, so a value that cannot be carried over leaves all of it."""
        try:
            real = {snake(name): self._values.real(value) for name, value in given.items()}
            written = {snake(name): self._values.source(value) for name, value in given.items()}
            self._trial.begin(real, written)
        except NotCarried as reason:
            self._report.left(self._file, "referenceAuth()", f"One of its values is {reason}.")
        except UserError as error:
            self._report.left(self._file, "referenceAuth()", f"{error.message} {error.resolution}")
        else:
            return True
        return False
