"""Users of the plugin: what `user` makes, who can sign in, and with which second factor."""

import pytest
from botocore.exceptions import ClientError

from poolhouse.client import NewPasswordRequired, RequestRefused
from poolhouse.errors import UserError
from poolhouse.testing import Backend

TOTP = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
MAIL = {"EmailMfaConfiguration": {}}


def test_a_user_is_what_was_asked_for(user, pool, sign_in) -> None:
    """Name, groups, attributes and password; the address is verified."""
    ada = user("ada", groups=["ADMINS"], attributes={"name": "Ada"}, password="Another-Horse-7")
    assert (ada.username, ada.email, ada.groups) == ("ada@example.com", "ada@example.com", ("ADMINS",))
    assert pool.attributes_of(ada)["name"] == "Ada"
    assert pool.attributes_of(ada)["email_verified"] == "true"
    assert pool.groups_of(ada) == ["ADMINS"]
    assert pool.members("ADMINS") == [ada.sub]
    assert sign_in(ada).groups == ("ADMINS",)


def test_users_without_a_name_are_different(user, pool) -> None:
    """They count from one in every test."""
    made = [user(), user()]
    assert [each.username for each in made] == ["user-1@example.com", "user-2@example.com"]
    assert pool.status_of(made[0]) == "CONFIRMED"


@pytest.mark.parametrize("status", ["CONFIRMED", "UNCONFIRMED", "FORCE_CHANGE_PASSWORD", "RESET_REQUIRED"])
def test_a_user_has_the_status_that_was_asked_for(user, pool, status) -> None:
    """The pool says so."""
    assert pool.status_of(user(status=status)) == status


def test_an_invited_user_chooses_a_password(user, sign_in) -> None:
    """As the Python client does it."""
    with pytest.raises(NewPasswordRequired) as asked:
        sign_in(user("new", status="FORCE_CHANGE_PASSWORD"))
    assert asked.value.answer("Another-Horse-7").claims["email"] == "new@example.com"


def test_a_disabled_user_cannot_sign_in(user, sign_in) -> None:
    """The server says why."""
    with pytest.raises(RequestRefused, match="disabled"):
        sign_in(user(enabled=False))


def test_a_misspelt_group_is_told_with_the_right_ones(user) -> None:
    """What, and what to do."""
    with pytest.raises(UserError, match=r"There is no group ADMIN\. The backend has: ADMINS\."):
        user(groups=["ADMIN"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"status": "CONFIRM"}, "status cannot be 'CONFIRM'. Use one of: 'CONFIRMED', 'UNCONFIRMED'"),
        ({"mfa": "EMAILS"}, "mfa cannot be 'EMAILS'. Use one of: 'TOTP', 'EMAIL', 'SMS'."),
        ({"groups": "ADMINS"}, "groups is a list of names, not 'ADMINS'. Write groups=['ADMINS']."),
    ],
)
def test_a_misspelt_option_makes_nobody(user, admin, pool, wrong, words) -> None:
    """A word that nothing reads would give another user than the test is about."""
    with pytest.raises(UserError) as caught:
        user(**wrong)
    assert words in str(caught.value)
    assert admin.list_users(UserPoolId=pool.id)["Users"] == []


def test_a_password_against_the_policy_is_refused_by_the_server(user) -> None:
    """Nothing is hidden from the test."""
    with pytest.raises(ClientError, match="InvalidPasswordException"):
        user(password="short")


def test_an_authenticator_app_answers_every_sign_in(user, sign_in, admin, pool, clock) -> None:
    """Each time with a new code, for which the clock moves when it must."""
    admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **TOTP)
    ada = user(mfa="TOTP")
    began = clock.time()
    sessions = [sign_in(ada) for _ in range(3)]
    assert {session.claims["sub"] for session in sessions} == {ada.sub}
    assert clock.time() - began >= 60
    assert admin.admin_get_user(UserPoolId=pool.id, Username=ada.sub)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_a_pool_that_demands_a_second_factor_gets_one(user, sign_in, admin, pool) -> None:
    """The first sign-in sets it up."""
    admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", **TOTP)
    ada = user(mfa="TOTP")
    assert sign_in(ada).claims["sub"] == ada.sub


def test_codes_by_mail_are_read_from_the_inbox(user, sign_in, admin, pool, inbox) -> None:
    """The code that was sent for this sign-in."""
    admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **MAIL)
    ada = user(mfa="EMAIL")
    assert sign_in(ada).claims["sub"] == ada.sub
    assert [message.destination for message in inbox.messages(ada)] == [ada.email]


def test_every_test_begins_with_the_pool_of_the_definitions(poolhouse_server, poolhouse_backend: Backend) -> None:
    """What a test changed is undone: users, settings and groups."""
    pool, admin = poolhouse_backend.pool, poolhouse_backend.admin
    admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", **TOTP)
    admin.create_group(UserPoolId=pool.id, GroupName="EXTRA")
    poolhouse_backend.user()
    poolhouse_server.reset()
    assert admin.list_users(UserPoolId=pool.id)["Users"] == []
    assert pool.groups() == ["ADMINS"]
    assert admin.describe_user_pool(UserPoolId=pool.id)["UserPool"].get("MfaConfiguration", "OFF") == "OFF"
