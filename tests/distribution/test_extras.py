"""Which packages a part of the source may import: those that its extra brings. What slips in is found here."""

from fnmatch import fnmatchcase
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from distribution.alone import required
from distribution.imported import imports, modules, reached

from poolhouse.errors import extra_of

# The parts that do with less than `server`; the first pattern that fits counts. "" is the installation without extras.
PARTS = {
    "": (
        "poolhouse", "poolhouse.__main__", "poolhouse.cli", "poolhouse.testing", "poolhouse.testing.plugin",
        "poolhouse.config*", "poolhouse.define", "poolhouse.define.*", "poolhouse.errors", "poolhouse.errors.*",
        "poolhouse.outputs", "poolhouse.outputs.*",
    ),
    "client": ("poolhouse.client", "poolhouse.client.*"),
    "aws": ("poolhouse.cli.aws_*", "poolhouse.cli.commands", "poolhouse.deploy", "poolhouse.deploy.*"),
    "postgres": ("poolhouse.store.connecting", "poolhouse.store.connections", "poolhouse.store.postgresql"),
    "otel": ("poolhouse.telemetry._exporting",),
}  # fmt: skip
# What others import inside a function, when an address or a setting asks for it.
LATER = {
    "poolhouse.cli.backups": {"asyncpg"},
    "poolhouse.cli.doctor_database": {"asyncpg"},
    "poolhouse.store.migrations": {"asyncpg"},
    "poolhouse.store.outages": {"asyncpg"},
    "poolhouse.telemetry.traces": {"opentelemetry"},
}
WITH_PYTEST = "poolhouse.testing.plugin"  # pytest itself loads it
SERVING = ("poolhouse.app", "poolhouse.operations", "poolhouse.pages", "poolhouse.protocols", "poolhouse.store")
EXTRAS = [*PARTS, "server"]
ADDED_TO = {"otel": ["server"]}


@pytest.fixture(scope="module")
def brought(wheel: Path) -> dict[str, set[str]]:
    """The packages of each extra, by the names that are imported."""
    names = packages_distributions()
    asked = {extra: set(required(wheel, extra, *ADDED_TO.get(extra, ()))) for extra in EXTRAS}
    return {extra: {name for name, homes in names.items() if asked[extra] & set(homes)} for extra in EXTRAS}


def extra_for(module: str) -> str:
    fitting = (extra for extra, patterns in PARTS.items() if any(fnmatchcase(module, each) for each in patterns))
    return next(fitting, "server")


def others(names: frozenset[str]) -> set[str]:
    return {name.partition(".")[0] for name in names} - {"poolhouse"}


def test_the_installation_without_extras_is_one_package(wheel: Path):
    assert set(required(wheel)) == {"msgspec"}


@pytest.mark.parametrize("extra", EXTRAS)
def test_what_is_loaded_is_there(extra: str, brought: dict[str, set[str]]):
    """Whatever a module's own imports import counts as well."""
    starts = [module for module in modules() if extra_for(module) == extra]
    assert len(starts) > (200 if extra == "server" else 0)
    found = reached(starts).others
    if extra == "":
        assert found.pop("pytest") == WITH_PYTEST
    assert {name: module for name, module in found.items() if name not in brought[extra]} == {}


def test_what_is_imported_later_is_known(brought: dict[str, set[str]]):
    """A function may ask for more than its module's extra brings only where the table says so."""
    more = {module: others(imports(module).ever) - brought[extra_for(module)] for module in modules()}
    assert more.pop(WITH_PYTEST) == {"pytest"}
    assert {module: names for module, names in more.items() if names} == LATER


def test_a_push_to_aws_never_asks_for_the_server():
    """Nor for the database, at whatever moment: it would fail in the middle of a push."""
    found = reached((module for module in modules() if module.startswith("poolhouse.cli.aws_")), ever=True)
    assert len(found.own) > 100
    assert {module for module in found.own if module.startswith(SERVING)} == set()


def test_the_extra_that_is_named_brings_the_package(brought: dict[str, set[str]]):
    """What the command line says of a missing package mends it."""
    used = {name for module in modules() for name in others(imports(module).ever)} - {"pytest"} - brought[""]
    assert {name for name in used if name not in brought[extra_of(name)]} == set()
    at_aws = {name for module in modules() if extra_for(module) == "aws" for name in others(imports(module).ever)}
    assert {extra_of(name, for_aws=True) for name in at_aws - brought[""]} == {"aws"}
    assert {name for name in used if name not in brought[extra_of(name, for_aws=True)]} == set()
