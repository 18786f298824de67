"""Tokens and their end."""

import pytest

from poolhouse.client import RequestRefused


def test_a_wrong_password(user, sign_in):
    with pytest.raises(RequestRefused, match="Incorrect username or password"):
        sign_in(user("ada"), "Wrong-Horse-1")


def test_five_wrong_passwords_lock_for_a_while(user, sign_in, clock):
    ada = user("ada")
    for _ in range(5):
        with pytest.raises(RequestRefused, match="Incorrect username or password"):
            sign_in(ada, "Wrong-Horse-1")
    with pytest.raises(RequestRefused, match="Password attempts exceeded"):
        sign_in(ada)
    clock.advance(minutes=20)
    assert sign_in(ada).access_token


def test_tokens_are_renewed(user, sign_in, clock):
    session = sign_in(user())
    first = session.access_token
    clock.advance(hours=2)
    assert session.access_token != first


def test_a_sign_in_ends_after_a_month(user, sign_in, clock):
    session = sign_in(user())
    clock.advance(days=31)
    with pytest.raises(RequestRefused, match="NotAuthorizedException"):
        session.refresh()


def test_signing_out_everywhere(user, sign_in, admin, pool):
    ada = user("ada")
    session = sign_in(ada)
    admin.admin_user_global_sign_out(UserPoolId=pool.id, Username=ada.sub)
    with pytest.raises(RequestRefused):
        session.refresh()


def test_the_token_is_that_of_the_user(user, sign_in, pool):
    ada = user("ada")
    claims = sign_in(ada).claims
    assert (claims["sub"], claims["email"]) == (ada.sub, "ada@example.com")


def test_members_get_credentials_of_the_identity_pool(user, sign_in, backend):
    credentials = sign_in(user(groups=["ADMINS"])).credentials()
    assert credentials
