"""The Condition block of a policy statement: operators, set prefixes, `IfExists`. Knows no principal."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Literal

from .globs import ArnPattern, Context, Template, UnresolvedVariableError, atoms, require_known

Test = Callable[[str, Context], bool]
_Make = Callable[[str, bool], Test]
_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*:[^\s:][^\0]{0,255}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. `tests` are the policy's values: any of them may match, or none of them if `negated`."""

    key: str
    tests: tuple[Test, ...]
    negated: bool = False
    each: Literal["any", "all"] | None = None
    if_exists: bool = False
    null: frozenset[bool] | None = None

    def holds(self, context: Context, *, allows: bool) -> bool:
        """`allows` is the statement's effect: a variable without a value never makes an Allow wider."""
        values = context.get(self.key, ())
        if self.null is not None:
            return (not values) in self.null
        if not values:
            return self.if_exists or self.each == "all" or (self.negated and self.each is None)
        hits = [self._hit(value, context, allows=allows) for value in values]
        if self.each == "all":
            return all(hit != self.negated for hit in hits)
        if self.each == "any":
            return any(hit != self.negated for hit in hits)
        return any(hits) != self.negated

    def _hit(self, value: str, context: Context, *, allows: bool) -> bool:
        return any(matches_safely(test, value, context, when_unresolved=self.negated and allows) for test in self.tests)


def matches_safely(test: Test, value: str, context: Context, *, when_unresolved: bool) -> bool:
    try:
        return test(value, context)
    except UnresolvedVariableError:
        return when_unresolved


def _string(value: str, variables: bool) -> Test:
    return Template(atoms(value, variables=variables, wildcards=False)).matches


def _string_ignoring_case(value: str, variables: bool) -> Test:
    return Template(atoms(value, variables=variables, wildcards=False), fold=True).matches


def _like(value: str, variables: bool) -> Test:
    return Template(atoms(value, variables=variables)).matches


def _arn(value: str, variables: bool) -> Test:
    return ArnPattern(value, variables=variables).matches


def _bool(value: str, variables: bool) -> Test:  # noqa: ARG001 - one signature for all makers
    wanted = _true_or_false(value)
    return lambda given, _: given.lower() == wanted


def _true_or_false(value: str) -> str:
    if value.lower() not in ("true", "false"):
        raise ValueError(f"{value!r} is neither true nor false.")
    return value.lower()


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number.")
    return Decimal(text)


def _microseconds(text: str) -> Decimal:
    """ISO 8601, UTC where no offset is given, or seconds since 1970."""
    if _NUMBER.fullmatch(text):
        return Decimal(text) * 1_000_000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise ValueError(f"{text!r} is not a date.") from cause
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Decimal((aware - _EPOCH) // timedelta(microseconds=1))


def _ordered(read: Callable[[str], Decimal], compare: Callable[[Decimal, Decimal], bool]) -> _Make:
    def make(value: str, variables: bool) -> Test:  # noqa: ARG001 - one signature for all makers
        wanted = read(value)

        def test(given: str, context: Context) -> bool:  # noqa: ARG001 - one signature for all tests
            try:
                return compare(read(given), wanted)
            except ValueError:
                return False

        return test

    return make


def _ip(value: str, variables: bool) -> Test:  # noqa: ARG001 - one signature for all makers
    try:
        network = ip_network(value, strict=False)
    except ValueError as cause:
        raise ValueError(f"{value!r} is not an address range.") from cause

    def test(given: str, context: Context) -> bool:  # noqa: ARG001 - one signature for all tests
        address = _address(given)
        return address is not None and address in network

    return test


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An IPv4 client of a dual-stack socket appears as `::ffff:a.b.c.d` and is that IPv4 client."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_OPERATORS: dict[str, tuple[_Make, bool]] = {
    "StringEquals": (_string, False),
    "StringNotEquals": (_string, True),
    "StringEqualsIgnoreCase": (_string_ignoring_case, False),
    "StringNotEqualsIgnoreCase": (_string_ignoring_case, True),
    "StringLike": (_like, False),
    "StringNotLike": (_like, True),
    "ArnEquals": (_arn, False),
    "ArnNotEquals": (_arn, True),
    "ArnLike": (_arn, False),
    "ArnNotLike": (_arn, True),
    "Bool": (_bool, False),
    "IpAddress": (_ip, False),
    "NotIpAddress": (_ip, True),
    "NumericNotEquals": (_ordered(_number, operator.eq), True),
    "DateNotEquals": (_ordered(_microseconds, operator.eq), True),
    **{f"Numeric{name}": (_ordered(_number, compare), False) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": (_ordered(_microseconds, compare), False) for name, compare in _COMPARISONS.items()},
}
_SETS: dict[str, Literal["any", "all"]] = {"ForAnyValue": "any", "ForAllValues": "all"}


def parse_conditions(block: Any, *, variables: bool) -> tuple[Condition, ...]:
    """All conditions of a block; every one must hold. Raises ValueError."""
    if not isinstance(block, Mapping):
        raise ValueError("Condition must be an object of operators.")  # noqa: TRY004 - one error for a bad policy
    return tuple(
        _condition(name, key, values, variables=variables)
        for name, keys in block.items()
        for key, values in _keys(name, keys)
    )


def _keys(name: str, keys: Any) -> Sequence[tuple[str, list[str]]]:
    if not isinstance(keys, Mapping) or not keys:
        raise ValueError(f"Condition operator {name} must hold condition keys.")
    for key in keys:
        if not _KEY.fullmatch(key):
            raise ValueError(f"Condition key {key!r} is not of the form vendor:name.")
        require_known(key)
    return [(key, _values(key, values)) for key, values in keys.items()]


def _values(key: str, values: Any) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    if not listed or not all(isinstance(value, str | bool | int | float) for value in listed):
        raise ValueError(f"Condition key {key} must have one or more strings as its values.")
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in listed]


def _condition(name: str, key: str, values: list[str], *, variables: bool) -> Condition:
    prefix, colon, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    if colon and prefix not in _SETS:
        raise ValueError(f"Condition operator {name} is not known.")
    if rest == "Null" and not colon:
        return Condition(key.lower(), (), null=frozenset(_true_or_false(value) == "true" for value in values))
    if base not in _OPERATORS:
        raise ValueError(f"Condition operator {name} is not known.")
    make, negated = _OPERATORS[base]
    try:
        tests = tuple(make(value, variables) for value in values)
    except ValueError as cause:
        raise ValueError(f"Condition {name} on {key}: {cause}") from cause
    return Condition(key.lower(), tests, negated, _SETS.get(prefix), if_exists=base != rest)
