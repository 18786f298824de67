"""What the log says beside a refusal: what to do, and how long a code is past. The client's words stay AWS's."""

import pytest

from poolhouse.access.principals import Anonymous, Root
from poolhouse.errors import ExpiredCodeException, ResourceNotFoundException
from poolhouse.protocols.hints import hint

ANYBODY = Anonymous()


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "is too old, used or replaced by a later one"),
        (0, "expired 0 seconds ago"),
        (1, "expired 1 second ago"),
        (119, "expired 119 seconds ago"),
        (120, "expired 2 minutes ago"),
        (7199, "expired 119 minutes ago"),
        (7200, "expired 2 hours ago"),
        (172_800, "expired 2 days ago"),
    ],
)
def test_an_expired_code(seconds, told):
    error = ExpiredCodeException(seconds_ago=seconds)
    assert hint(error, ANYBODY)["hint"].startswith(f"the code {told}: ask for another with ForgotPassword")
    assert str(error) == error.message == ExpiredCodeException.default


def test_a_pool_of_another_region():
    root = Root("000000000000", "eu-central-1")
    told = hint(ResourceNotFoundException("User pool us-east-1_abc does not exist."), root)
    assert "signed for eu-central-1 and the pool is of us-east-1" in told["hint"]
    assert hint(ResourceNotFoundException("User pool eu-central-1_abc does not exist."), root) == {}
    assert hint(ResourceNotFoundException("Group not found."), ANYBODY) == {}
