"""Temporary credentials carry everything in their token and open for their own vault only."""

import re

import pytest
from access.signing import GRANT, VAULT
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.access.credentials import SessionGrant, issue, open_session
from poolhouse.crypto.vault import Vault
from poolhouse.errors import ExpiredTokenException, UnrecognizedClientException

HOUR = 3600 * 1_000_000
TOKEN = issue(VAULT, GRANT, 0, 3600).session_token


def test_a_session_opens_as_it_was_issued():
    """Key id, secret, expiration, role and identity."""
    made = issue(VAULT, GRANT, 5, 3600)
    opened = open_session(VAULT, made.session_token, 6)
    assert (opened.access_key_id, opened.secret_access_key, opened.expiration, opened.grant) == (
        made[0],
        made[1],
        HOUR + 5,
        GRANT,
    )
    assert re.fullmatch("ASIA[A-Z2-7]{16}", made.access_key_id)
    assert re.fullmatch("[A-Za-z0-9+/]{40}", made.secret_access_key)


def test_what_is_known_of_a_token_is_known_of_one_vault():
    """A token that was opened before is as foreign to another vault, and past for its own when its time is over."""
    made, foreign = issue(VAULT, GRANT, 0, 60), Vault(bytes(32))
    for _ in range(2):
        assert open_session(VAULT, made.session_token, 1).grant == GRANT
        with pytest.raises(UnrecognizedClientException):
            open_session(foreign, made.session_token, 1)
        with pytest.raises(ExpiredTokenException):
            open_session(VAULT, made.session_token, 60_000_000)


def test_two_sessions_share_nothing():
    """Every triple is new."""
    one, two = issue(VAULT, GRANT, 0, 60), issue(VAULT, GRANT, 0, 60)
    assert not set(one[:3]) & set(two[:3])


def test_the_secret_is_not_readable_in_the_token():
    """Nor in the text of the tuple's token."""
    made = issue(VAULT, GRANT, 0, 60)
    assert made.secret_access_key not in made.session_token
    assert GRANT.role_arn not in made.session_token


def test_sessions_end_at_their_expiration():
    """One microsecond earlier they still open."""
    assert open_session(VAULT, TOKEN, HOUR - 1)
    with pytest.raises(ExpiredTokenException):
        open_session(VAULT, TOKEN, HOUR)


@given(st.integers(0, len(TOKEN) - 1), st.characters(exclude_categories=["Cs"]))
def test_a_changed_token_is_foreign(at, char):
    """Every position counts."""
    changed = TOKEN[:at] + char + TOKEN[at + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises(UnrecognizedClientException):
        open_session(VAULT, changed, 0)


@pytest.mark.parametrize("token", ["", "x", TOKEN + "=", TOKEN[:-1], "A" * 20_000, "ü"])
def test_other_texts_are_foreign(token):
    """Too short, too long, padded, not ASCII."""
    with pytest.raises(UnrecognizedClientException):
        open_session(VAULT, token, 0)


def test_another_master_key_and_another_purpose_are_foreign():
    """A token of another deployment, and a sealed value that was made for something else."""
    with pytest.raises(UnrecognizedClientException):
        open_session(Vault(b"x" * 32), TOKEN, 0)
    with pytest.raises(UnrecognizedClientException):
        open_session(VAULT, VAULT.seal_token("other", ("ASIA", "secret", HOUR, ("arn", "name", None, None))), 0)


@pytest.mark.parametrize(
    ("grant", "lifetime"),
    [
        (GRANT, 0),
        (SessionGrant("arn:aws:iam::0:role/x", "name"), 60),
        (SessionGrant(GRANT.role_arn, "a b"), 60),
        (SessionGrant(GRANT.role_arn, "name", None, '{"Statement": []}'), 60),
    ],
)
def test_a_malformed_grant_is_not_issued(grant, lifetime):
    """Lifetime, role, session name and session policy are checked before anything is sealed."""
    with pytest.raises(ValueError):
        issue(VAULT, grant, 0, lifetime)
