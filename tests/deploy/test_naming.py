"""Logical ids and physical names: legal, readable, and never shared by two different things."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.deploy import naming

PARTS = st.lists(st.text(max_size=80), min_size=1, max_size=3)


@settings(deadline=None)
@given(PARTS, PARTS)
def test_logical_ids_are_legal_and_apart(one, other):
    first, second = naming.logical_id("Kind", *one), naming.logical_id("Kind", *other)
    assert re.fullmatch(r"[A-Za-z0-9]{1,255}", first)
    assert (first == second) == (one == other)


@settings(deadline=None)
@given(PARTS, PARTS, st.integers(12, 64))
def test_physical_names_are_legal_and_apart(one, other, limit):
    """Two lists of parts that read the same with hyphens between are the same name, as the parts of it are."""
    first, second = naming.physical_name(limit, *one), naming.physical_name(limit, *other)
    assert re.fullmatch(rf"[A-Za-z0-9_-]{{0,{limit}}}", first)
    assert first != second or "-".join(one) == "-".join(other)


def test_names_can_be_read():
    assert naming.logical_id("Function", "add-user_to group").startswith("FunctionAddUserToGroup")
    assert naming.logical_id("UserPool") == "UserPool"
    assert naming.physical_name(64, "shop", "dev", "add-user") == "shop-dev-add-user"
    assert re.fullmatch(
        r"shop-dev-custom-message-[0-9a-f]{8}", naming.physical_name(64, "shop", "dev", "custom message")
    )
