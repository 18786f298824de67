"""Every error is declared once, with the name and the words that clients know."""

import inspect

import pytest

from poolhouse import errors, service_model
from poolhouse.errors import ServiceError, UserError
from poolhouse.operations.families import served

SERVICE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ServiceError)]
MENDED = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, UserError) and kind not in {errors.RefusedCommand, errors.MissingExtra}
]
WORDINGS = [kind for kind in SERVICE if not kind.__name__.endswith("Exception") and kind is not ServiceError]


@pytest.mark.parametrize("kind", SERVICE)
def test_a_code_is_a_class(kind):
    """`code` is AWS's exception name, also for a subclass that only fixes the words."""
    assert kind.code.endswith("Exception")
    assert getattr(errors, kind.code).code == kind.code
    assert kind.status in {400, 413, 500, 503}


@pytest.mark.parametrize("kind", WORDINGS)
def test_fixed_words(kind):
    """A class that fixes the words has them as default, in str() and in `message`."""
    assert kind().message == kind.default == str(kind()) != ""


def test_an_empty_message_stays_empty():
    """No message and an empty one are different."""
    assert errors.GroupNotFound("").message == ""


@pytest.mark.parametrize("kind", MENDED)
def test_user_errors_say_what_and_what_to_do(kind):
    """Place, message and remedy are all in the text."""
    error = kind("It broke.", resolution="Mend it.", location="a.py:3")
    assert str(error) == "a.py:3: It broke. Mend it."
    assert error.name == kind.__name__


def test_a_refused_command_is_named_after_the_operations_error():
    """AWS's name of it, its words, and what to do about it."""
    error = errors.RefusedCommand("UserNotFoundException", "User does not exist.", resolution="Look for it.")
    assert (error.name, str(error)) == ("UserNotFoundException", "User does not exist. Look for it.")


@pytest.mark.parametrize(
    ("package", "why"), [("asyncpg", "and 'asyncpg' is not installed."), (None, "which are not installed.")]
)
def test_a_missing_extra_says_how_to_install_it(package, why):
    """It is an ImportError too: whoever goes on without the package can."""
    with pytest.raises(ImportError) as caught:
        raise errors.MissingExtra("PostgreSQL", errors.extra_of("asyncpg.exceptions"), package=package)
    assert (caught.value.name, caught.value.extra) == ("MissingExtra", "postgres")
    assert str(caught.value) == (
        f"PostgreSQL needs the packages of 'poolhouse[postgres]', {why} Install them: pip install 'poolhouse[postgres]'"
    )


def test_only_internal_errors_are_our_fault():
    """No refusal has a 5xx status, which SDKs would retry."""
    assert [kind for kind in SERVICE if kind.status >= 500] == [errors.InternalErrorException] or all(
        kind.code == "InternalErrorException" for kind in SERVICE if kind.status >= 500 and kind is not ServiceError
    )


def test_served_operations_declare_what_the_gate_may_raise():
    """The codes of refusals before an operation are not mistaken for undeclared ones."""
    for service, name in served():
        assert service_model.operation(service, name) is not None
