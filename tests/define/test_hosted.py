"""`login_with.external_providers` without providers, and `preferred_username`: what they make and what they refuse."""

import pytest

from poolhouse import errors
from poolhouse.define.manifest import HostedSignIn

URLS = "'callback_urls': ['https://app.example.com/'], 'logout_urls': ['myapp://bye']"


def login(more: str = "", urls: str = URLS) -> str:
    return f"login_with={{'email': True, 'external_providers': {{{urls}{more}}}}}"


def test_urls_alone_are_the_pools_own_pages(project):
    """Amplify's scopes and the code flow; the domain is named later."""
    assert project.auth(login()).auth.hosted == HostedSignIn(
        callback_urls=("https://app.example.com/",),
        logout_urls=("myapp://bye",),
        scopes=("phone", "email", "openid", "profile", "aws.cognito.signin.user.admin"),
        domain_prefix=None,
    )


def test_without_them_there_are_no_pages(project):
    """Nothing is turned on by itself."""
    auth = project.auth().auth
    assert (auth.hosted, auth.preferred_username) == (None, False)


def test_scopes_and_prefix(project):
    """In Amplify's spelling."""
    hosted = project.auth(
        login(", 'scopes': ['OPENID', 'COGNITO_ADMIN', 'OPENID'], 'domain_prefix': 'studio-1'")
    ).auth.hosted
    assert hosted.scopes == ("openid", "aws.cognito.signin.user.admin")
    assert hosted.domain_prefix == "studio-1"


@pytest.mark.parametrize("value", ["True", "False"])
def test_preferred_username(project, value):
    """On, or off."""
    options = f"login_with={{'email': True, 'preferred_username': {value}}}"
    assert str(project.auth(options).auth.preferred_username) == value


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (", 'scopes': ['EMAIL']", "without OPENID"),
        (", 'scopes': []", "must be a list of scopes"),
        (", 'scopes': 'OPENID'", "must be a list of scopes"),
        (", 'domain_prefix': 'Studio'", "cannot be 'Studio'"),
        (", 'domain_prefix': '-a'", "cannot be '-a'"),
        (", 'domain_prefix': 'a' * 64", "cannot be"),
        (", 'domain_prefix': 'my-cognito'", "'cognito', which is reserved"),
    ],
)
def test_mistakes_in_scopes_and_prefix(project, more, message):
    """Said where they are made."""
    error = project.refused(
        "auth/resource.py", f"auth = define_auth({login(more)})", errors.AmplifyAuthConstructInitializationError
    )
    assert message in error.message


def test_an_unknown_scope(project):
    """With what there is instead."""
    source = f"auth = define_auth({login(', ' + repr('scopes') + ': [' + repr('openid') + ']')})"
    error = project.refused("auth/resource.py", source, errors.DefinitionError)
    assert "OPENID" in error.resolution


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://example.com/", "https unless"),
        ("example.com", "must begin with"),
        ("javascript:alert(1)", "must begin with"),
        ("https://a.b/#x", "a fragment"),
        ("https://user@a.b/", "credentials"),
        ("https://a.b/ x", "white space"),
        ("https:///x", "name a host"),
        ("", "1 to 1024"),
        ("https://a.b/" + "x" * 1024, "1 to 1024"),
    ],
)
@pytest.mark.parametrize("member", ["callback_urls", "logout_urls"])
def test_urls_that_nobody_is_sent_to(project, member, url, message):
    """The same rule as for requests to the API."""
    other = "logout_urls" if member == "callback_urls" else "callback_urls"
    urls = f"'{member}': [{url!r}], '{other}': ['https://a.b/']"
    error = project.refused(
        "auth/resource.py", f"auth = define_auth({login(urls=urls)})", errors.AmplifyAuthConstructInitializationError
    )
    assert member in error.message
    assert message in error.message


@pytest.mark.parametrize("urls", ["'https://a.b/'", "[1]", "['https://a.b/'] * 101"])
def test_lists_of_urls(project, urls):
    """A list of at most a hundred texts."""
    source = f"auth = define_auth({login(urls=f'{chr(39)}callback_urls{chr(39)}: {urls}, {chr(39)}logout_urls{chr(39)}: [1]')})"
    error = project.refused("auth/resource.py", source, errors.AmplifyAuthConstructInitializationError)
    assert "callback_urls" in error.message


@pytest.mark.parametrize("name", ["google", "facebook", "login_with_amazon", "sign_in_with_apple", "oidc", "saml"])
def test_providers_are_refused_by_name(project, name):
    """Signing in elsewhere is not served, and never accepted and ignored."""
    source = f"auth = define_auth({login(f', {name!r}: {{}}')})"
    error = project.refused("auth/resource.py", source, errors.NotServedError)
    assert f"external_providers.{name}" in error.message


def test_preferred_username_is_on_or_off(project):
    """And needs a way to reach people beside it."""
    source = "auth = define_auth(login_with={'email': True, 'preferred_username': 'yes'})"
    assert "preferred_username" in project.refused("auth/resource.py", source, errors.DefinitionError).message
    alone = "auth = define_auth(login_with={'preferred_username': True})"
    assert project.refused("auth/resource.py", alone, errors.InvalidPasswordlessConfigError)
