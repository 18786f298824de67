"""Names of environments and apps, and what follows from them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.deploy.push import environments
from poolhouse.errors import UserError

HERE = Path("/srv/My Shop 2")


def made(name: str, app: str | None = None):
    return environments.environment(HERE, name, app, region="eu-central-1", account_id="123456789012")


def test_the_stack_is_named_after_folder_and_environment():
    """`--app` says another name; the bucket has it too, since names of buckets are everybody's."""
    assert made("dev").prefix == "my-shop-2-dev"
    assert made("dev", "shop").prefix == "shop-dev"
    assert environments.bucket_name(made("prod", "shop")) == "shop-poolhouse-123456789012-eu-central-1"


@pytest.mark.parametrize("name", ["", "Dev", "1st", "a_b", "a--b", "a-", "-a", "a" * 20, "dev ", "dé"])
def test_names_that_a_stack_cannot_have(name):
    """Refused with the rule."""
    with pytest.raises(UserError, match="lower-case letters"):
        made(name)


def test_a_folder_that_names_no_app():
    """The remedy is the option."""
    with pytest.raises(UserError, match="cannot be the name of an app") as caught:
        environments.app_name(Path("/srv/2024"))
    assert "--app" in caught.value.resolution


@pytest.mark.parametrize(("name", "kept"), [("dev", False), ("sandbox", False), ("prod", True), ("staging", True)])
def test_all_but_two_keep_their_users(name, kept):
    """They are protected against deletion as well."""
    assert environments.is_protected(name) is kept
    assert made(name).keeps_users is kept


@settings(deadline=None)
@given(st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8})?", fullmatch=True), st.integers(10**11, 10**12 - 1))
def test_buckets_have_names_that_s3_takes(app, account):
    """At most 63 letters, digits and hyphens, in the longest region too."""
    there = environments.environment(HERE, "dev", app, region="ap-southeast-7", account_id=str(account))
    assert len(environments.bucket_name(there)) <= 63
