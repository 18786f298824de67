"""Sign-up, invitation, recovery: what people do with their own accounts."""

import pytest

from poolhouse.client import RequestRefused, confirm_reset_password, reset_password

NEW = "Another-Horse-7"


def test_a_sign_up_is_confirmed_by_its_code(user, inbox, admin, pool, sign_in):
    ada = user("ada", status="UNCONFIRMED")
    admin.confirm_sign_up(ClientId=pool.client_id, Username=ada.username, ConfirmationCode=inbox.code(ada))
    assert sign_in(ada).claims["email"] == "ada@example.com"


def test_an_unconfirmed_user_cannot_sign_in(user, sign_in, pool):
    ada = user("ada", status="UNCONFIRMED")
    with pytest.raises(RequestRefused, match="not confirmed"):
        sign_in(ada)
    assert pool.status_of(ada) == "UNCONFIRMED"


def test_a_wrong_code_confirms_nobody(user, admin, pool):
    ada = user("ada", status="UNCONFIRMED")
    with pytest.raises(admin.exceptions.CodeMismatchException):
        admin.confirm_sign_up(ClientId=pool.client_id, Username=ada.username, ConfirmationCode="000000")
    assert pool.status_of(ada) == "UNCONFIRMED"


def test_a_forgotten_password_is_set_anew(user, inbox, sign_in, outputs):
    ada = user("ada")
    reset_password(outputs, ada.username)
    confirm_reset_password(outputs, ada.username, inbox.code(ada), NEW)
    assert sign_in(ada, NEW).access_token


def test_a_code_of_recovery_is_good_once(user, inbox, sign_in, outputs):
    ada = user("ada")
    reset_password(outputs, ada.username)
    code = inbox.code(ada)
    confirm_reset_password(outputs, ada.username, code, NEW)
    with pytest.raises(RequestRefused):
        confirm_reset_password(outputs, ada.username, code, "Third-Horse-8")
    assert sign_in(ada, NEW).access_token


def test_a_code_of_recovery_expires(user, inbox, sign_in, outputs, clock):
    ada = user("ada")
    reset_password(outputs, ada.username)
    code = inbox.code(ada)
    clock.advance(hours=2)
    with pytest.raises(RequestRefused, match="ExpiredCode"):
        confirm_reset_password(outputs, ada.username, code, NEW)
    assert sign_in(ada).access_token


def test_who_exists_is_not_told(outputs, inbox):
    reset_password(outputs, "nobody@example.com")
    assert inbox.messages("nobody@example.com") == []


def test_attributes_are_kept(user, pool):
    ada = user("ada", attributes={"name": "Ada Lovelace"})
    assert pool.attributes_of(ada)["name"] == "Ada Lovelace"


def test_a_disabled_user_cannot_sign_in(user, sign_in):
    with pytest.raises(RequestRefused, match="disabled"):
        sign_in(user("ada", enabled=False))
