"""The check of answers that the operations' tests use."""

import msgspec
import pytest

from poolhouse.service_model import check_answer, operation

GET_USER = operation("cognito-idp", "AdminGetUser")
GOOD = {
    "Username": "ada",
    "UserAttributes": [{"Name": "email", "Value": "ada@example.com"}],
    "UserCreateDate": 1700000000.5,
    "Enabled": True,
    "UserStatus": "CONFIRMED",
}


def test_a_right_answer_has_no_problem():
    """Plain values, numbers as times and encoded lists fit the output shape."""
    raw = msgspec.Raw(b'[{"Name":"email","Value":"x"}]')
    assert check_answer(GET_USER, GOOD) == []
    assert check_answer(GET_USER, {**GOOD, "UserAttributes": raw, "UserCreateDate": 1700000000}) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Nope": 1}, "AdminGetUser.Nope: unknown member"),
        ({"Username": None}, "AdminGetUser.Username: NoneType is not a string"),
        ({"Enabled": "true"}, "AdminGetUser.Enabled: str is not a boolean"),
        ({"UserCreateDate": True}, "AdminGetUser.UserCreateDate: bool is not a timestamp"),
        ({"UserAttributes": {}}, "AdminGetUser.UserAttributes: dict is not a list"),
        ({"UserAttributes": [{"Key": "x"}]}, "AdminGetUser.UserAttributes[0].Key: unknown member"),
        ({"UserAttributes": msgspec.Raw(b'[{"Name":1}]')}, "AdminGetUser.UserAttributes[0].Name: int is not a string"),
    ],
)
def test_a_wrong_answer_has_its_problem_named(change, problem):
    """Each problem says where it is and what was expected."""
    assert check_answer(GET_USER, {**GOOD, **change}) == [problem]


def test_an_unknown_status_is_a_problem():
    """Enumerations bind answers too."""
    assert "is not one of UNCONFIRMED, CONFIRMED" in check_answer(GET_USER, {"UserStatus": "HAPPY"})[0]


def test_void_operations_answer_nothing():
    """An operation without output may only answer an empty object."""
    op = operation("cognito-idp", "AdminAddUserToGroup")
    assert check_answer(op, {}) == []
    assert check_answer(op, {"Ok": True}) == ["Ok: AdminAddUserToGroup answers nothing"]
