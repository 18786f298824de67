"""`defineAuth` as define_auth(): argument by argument, as far as it is accepted; the rest is reported."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

from poolhouse.cli.editing_source import Code, flat, rendered
from poolhouse.define.auth import AuthDefinition
from poolhouse.define.delegable import DELEGABLE, delegable
from poolhouse.define.grants import GrantName
from poolhouse.errors import UserError

from .gen2 import Made
from .names import snake
from .report import Report
from .trial import AuthTrial
from .values import NotCarried, Values, options

_HOSTED: Final = ("callbackUrls", "logoutUrls", "scopes", "domainPrefix")
_WHOLE: Final = ("name", "groups", "multifactor", "accountRecovery", "passwordlessOptions")
_BY_MEMBER: Final = ("userAttributes", "triggers", "senders")


class Reading:
    """What a factory of users was told, taken over into `arguments`, ready to be written. `referred` are the numbers
    of the functions that they name.
    """

    factory: ClassVar[str]
    order: ClassVar[tuple[str, ...]]
    """The arguments that are written first."""

    def __init__(self, made: Made, values: Values, report: Report, trial: AuthTrial) -> None:
        self._file = made.file
        self._values = values
        self._report = report
        self._trial = trial
        self.referred: set[int] = set()

    @property
    def arguments(self) -> dict[str, Any]:
        first = {name: self._trial.written[name] for name in self.order if name in self._trial.written}
        return first | self._trial.written

    def made(self) -> AuthDefinition:
        """Raises UserError where what was taken over does not hold together."""
        return self._trial.made()

    def _take(self, keys: tuple[str, ...], value: Any, shown: str) -> bool:
        """Whether the value is carried over; a finding if not."""
        reason = self._refusal(keys, value)
        if reason is not None:
            self._report.left(self._file, shown, reason)
        return reason is None

    def _refusal(self, keys: tuple[str, ...], value: Any) -> str | None:
        spelled = options(value)
        try:
            return self._taken(keys, spelled, self._values.source(spelled))
        except NotCarried as reason:
            return f"It is {reason}."
        except UserError as error:
            return error.message

    def _taken(self, keys: tuple[str, ...], value: Any, written: Any) -> str | None:
        reason = self._trial.take(keys, self._values.real(value), written)
        if reason is None:
            self.referred |= self._values.referred(value)
        return reason

    def _access(self, given: Any) -> None:
        """Grant by grant."""
        if given is None:
            return
        rules = given["value"] if isinstance(given, Mapping) and given.get("$") == "rules" else None
        if not isinstance(rules, list):
            self._report.left(self._file, "access", "It does not give a list of rules.")
            return
        kept: list[Any] = []
        for index, rule in enumerate(rules, 1):
            whole = {"$": "rules", "value": [*kept, rule]}
            if self._take_grants(whole, f"the grant {index} of access"):
                kept.append(rule)

    def _offer_delegation(self) -> None:
        """Amplify has none, so none is written: whoever adopts decides whether it is asked who calls a function."""
        auth = self.made().auth
        names = [name for grant in auth.grants for name in grant.names if _is_delegable(name)]
        if not names:
            return
        kept = "A function acts on its own grant, whoever called it, as before."
        if not auth.groups:
            self._report.note(self._file, "delegation", f"{kept} A delegation names groups, and there is none.")
            return
        rule = Code(f"[allow.group({flat(auth.groups[0].name)}).to({flat(list(dict.fromkeys(names)))})]")
        self._report.note(
            self._file,
            "delegation",
            f"{kept} To have it asked who that was, add to {self.factory}(), for each group that may: "
            f"delegation=lambda allow: {rule}. Whoever has no rule may do nothing then.",
        )

    def _take_grants(self, whole: dict[str, Any], shown: str) -> bool:
        try:
            lines = self._values.source(whole["value"])
            text = Code(f"lambda allow: {rendered(lines, '    ', 60)}")
            reason = self._taken(("access",), whole, text)
        except NotCarried as error:
            reason = f"It refers to {error}."
        except UserError as error:
            reason = error.message
        if reason is not None:
            self._report.left(self._file, shown, reason)
        return reason is None


def _is_delegable(name: str) -> bool:
    found = delegable(cast("GrantName", name))
    return bool(found) and DELEGABLE.issuperset(found)


class AuthReading(Reading):
    """Takes the arguments of one call of defineAuth() over."""

    factory = "define_auth"
    order = ("login_with", "groups", "access")

    def __init__(self, made: Made, values: Values, report: Report) -> None:
        super().__init__(made, values, report, AuthTrial())
        props: Mapping[str, Any] = made.props if isinstance(made.props, Mapping) and "$" not in made.props else {}
        self._login(props.get("loginWith", {}))
        for name in _WHOLE:
            if name in props:
                self._take((snake(name),), props[name], name)
        for name in _BY_MEMBER:
            self._members(name, props.get(name, {}))
        self._access(props.get("access"))
        self._offer_delegation()
        for name in props.keys() - {"loginWith", "access", *_WHOLE, *_BY_MEMBER}:
            report.left(self._file, name, "define_auth() has no such option.")

    def _members(self, name: str, given: Any) -> None:
        if not isinstance(given, Mapping) or "$" in given:
            self._report.left(self._file, name, "It is computed.")
            return
        for key, value in given.items():
            spelled = key if key.startswith("custom:") else snake(key)
            self._take((snake(name), spelled), value, f"{name}.{key}")

    def _login(self, given: Any) -> None:
        """Whole where that is accepted, else way by way, and option by option."""
        if self._refusal(("login_with",), given) is None:
            return
        ways = dict(given) if isinstance(given, Mapping) and "$" not in given else {"": given}
        for way in sorted(ways, key=lambda way: way not in {"email", "phone"}):
            if self._refusal(("login_with", snake(way)), ways[way]) is not None:
                self._way(way, ways[way])

    def _way(self, way: str, value: Any) -> None:
        keys, shown = ("login_with", snake(way)), f"loginWith.{way}"
        if not isinstance(value, Mapping) or "$" in value:
            self._take(keys, value, shown)
            return
        together = {name: value[name] for name in _HOSTED if name in value} if way == "externalProviders" else None
        if not self._take(keys, True if together is None else together, shown):
            return
        for name in value.keys() - (together or {}).keys():
            self._take((*keys, snake(name)), value[name], f"{shown}.{name}")
