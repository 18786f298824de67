"""Attributes of users as a form asks for them."""

from typing import NamedTuple

from poolhouse.operations.attributes import schema
from poolhouse.store.pools import Pool


class Field(NamedTuple):
    """An attribute. `kind` is AWS's data type; `least` and `most` bound a number, "" where nothing does."""

    name: str
    kind: str
    required: bool
    mutable: bool
    least: str
    most: str


def of_pool(pool: Pool) -> dict[str, Field]:
    """Every attribute of the pool's schema by name, in its order."""
    found = {}
    for name, entry in schema(pool.settings).items():
        bounds = entry.NumberAttributeConstraints
        least, most = (bounds.MinValue or "", bounds.MaxValue or "") if bounds else ("", "")
        found[name] = Field(name, entry.AttributeDataType, entry.Required, entry.Mutable, least, most)
    return found
