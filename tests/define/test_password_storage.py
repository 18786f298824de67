"""define_auth(password_storage=...): what it makes, and what it refuses."""

import pytest

from poolhouse import errors

EMAIL = "login_with={'email': True}"


def test_verifiers_unless_asked(project):
    """SRP verifiers are the default; argon2id is asked for by its name."""
    assert project.auth(EMAIL).auth.password_storage == "srp"
    assert project.auth(f"{EMAIL}, password_storage='argon2id'").auth.password_storage == "argon2id"


@pytest.mark.parametrize("value", ["'bcrypt'", "'argon2'", "None", "True", "''"])
def test_other_kinds(project, value):
    """Told with the kinds that exist."""
    with pytest.raises(errors.DefinitionError, match="password_storage cannot be") as caught:
        project.auth(f"{EMAIL}, password_storage={value}")
    assert "argon2id" in caught.value.resolution
