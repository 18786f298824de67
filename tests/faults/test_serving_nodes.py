"""Two `poolhouse serve` processes on one PostgreSQL: what one does, or a command beside both, holds on the other.

What is read with each request is asked once; what a process keeps for up to a second is waited for.
"""

import base64
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from app.running import project as copied
from botocore.exceptions import ClientError
from cli.command import SERVE, ready, run, started, wait_for
from cli.test_serve import cognito, pool_of
from fresh import free_port, new_database

PASSWORD = "Correct-Horse-9"
GENEROUS = 30.0
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
MUTATION = 'mutation { addUserToGroup(userId: "%s", groupName: "ADMINS") }'
_numbers = itertools.count(1)


class Nodes:
    """Both, each with a client of the SDK, and one project that both serve."""

    def __init__(self, project, database, urls):
        self.project, self.urls = project, urls
        self.given = SERVE | {"POOLHOUSE_PUBLIC_URL": urls[0], "POOLHOUSE_DATABASE": database}
        self.both = [cognito(url.rpartition(":")[2]) for url in urls]
        self.first, self.second = self.both
        self.pool = self.client = ""

    def begin(self):
        self.pool = pool_of(self.first)
        self.client = self.new_client()

    def new_client(self, **settings):
        wanted = {"UserPoolId": self.pool, "ClientName": "test", "ExplicitAuthFlows": FLOWS, **settings}
        return self.first.create_user_pool_client(**wanted)["UserPoolClient"]["ClientId"]

    def command(self, *arguments):
        done = run(*arguments, "--project", str(self.project), cwd=self.project, given=self.given)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def person(self):
        """Somebody with a password, made on the first node."""
        name = f"person-{next(_numbers)}@example.com"
        self.first.admin_create_user(UserPoolId=self.pool, Username=name, MessageAction="SUPPRESS")
        self.first.admin_set_user_password(UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True)
        return name

    def sign_in(self, node, name, password=PASSWORD, client=None):
        known = {"USERNAME": name, "PASSWORD": password}
        asked = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": known}
        return node.initiate_auth(ClientId=client or self.client, **asked)["AuthenticationResult"]

    def renew(self, node, token, client=None):
        answer = node.get_tokens_from_refresh_token(ClientId=client or self.client, RefreshToken=token)
        return answer["AuthenticationResult"]


@pytest.fixture(scope="module")
def nodes(tmp_path_factory, postgresql_server):
    """Both are started at once on an empty database: one makes the tables, the other waits for it."""
    project = copied(tmp_path_factory.mktemp("nodes") / "project")
    urls = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    made = Nodes(project, new_database(postgresql_server), urls)
    with ExitStack() as stack:
        for url in urls:
            arguments = ("serve", "--project", str(project), "--port", url.rpartition(":")[2])
            stack.enter_context(started(*arguments, cwd=project, given=made.given))
        assert all(ready(url, 120) for url in urls)
        made.begin()
        yield made


def refused(call, *arguments, **request):
    """The code of a refusal."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **request)
    return caught.value.response["Error"]["Code"]


def knows(node, tokens):
    try:
        return bool(node.get_user(AccessToken=tokens["AccessToken"])["Username"])
    except node.exceptions.NotAuthorizedException:
        return False


def seen(condition, what):
    """Waited for far longer than the second that is promised: it is printed, since a busy machine says nothing."""
    began = time.monotonic()
    assert wait_for(condition, GENEROUS), what
    print(f"{what}: {time.monotonic() - began:.2f} s")


def kid(tokens):
    head = tokens["AccessToken"].partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def published(nodes, url):
    return {key["kid"] for key in httpx.get(f"{url}/{nodes.pool}/.well-known/jwks.json", timeout=20).json()["keys"]}


def test_rotated_keys_sign_everywhere(nodes):
    """`keys rotate` beside both: each soon signs with the new key and publishes it, and takes what the other one signed
    with it, and what was signed before.
    """
    name = nodes.person()
    old = nodes.sign_in(nodes.first, name)
    nodes.command("keys", "rotate", "--yes", "--pool", nodes.pool)
    signed = []

    def both_sign_anew():
        signed[:] = [nodes.sign_in(node, name) for node in nodes.both]
        return all(kid(tokens) != kid(old) for tokens in signed)

    seen(both_sign_anew, "a rotated key")
    assert kid(signed[0]) == kid(signed[1])
    assert [knows(node, tokens) for node in nodes.both for tokens in (old, *signed)] == [True] * 6
    seen(lambda: all({kid(old), kid(signed[0])} <= published(nodes, url) for url in nodes.urls), "its publication")


def test_guesses_are_counted_together(nodes):
    """Of twenty at once, half on each node, no more are looked at than one node would; then even the right password is
    refused on both.
    """
    name = nodes.person()
    with ThreadPoolExecutor(8) as threads:
        guesses = [threads.submit(nodes.sign_in, nodes.both[number % 2], name, "Wrong-Horse-1") for number in range(20)]
    told = [str(guess.exception()) for guess in guesses]
    assert sum("Incorrect" in text for text in told) <= 6, told
    for node in nodes.both:
        assert refused(nodes.sign_in, node, name) == "NotAuthorizedException"


def test_a_sign_out_and_a_revocation_hold_everywhere(nodes):
    """A token that a node took a moment before is refused there when another one ended it, in the very next request."""
    name = nodes.person()
    tokens = nodes.sign_in(nodes.first, name)
    assert all(knows(node, tokens) for node in nodes.both)
    nodes.second.admin_user_global_sign_out(UserPoolId=nodes.pool, Username=name)
    assert [knows(node, tokens) for node in nodes.both] == [False, False]
    again = nodes.sign_in(nodes.second, name)
    assert all(knows(node, again) for node in nodes.both)
    nodes.first.revoke_token(ClientId=nodes.client, Token=again["RefreshToken"])
    assert [knows(node, again) for node in nodes.both] == [False, False]
    for node in nodes.both:
        assert refused(nodes.renew, node, again["RefreshToken"]) == "NotAuthorizedException"


def test_one_node_renews_a_rotated_token(nodes):
    """The same refresh token at both at once is good once; what was made of it ends with the replay."""
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = nodes.new_client(ExplicitAuthFlows=FLOWS[:1], RefreshTokenRotation=rotation)
    token = nodes.sign_in(nodes.first, nodes.person(), client=client)["RefreshToken"]
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(nodes.renew, node, token, client) for node in nodes.both]
    (won,) = [one.result() for one in asked if one.exception() is None]
    assert refused(nodes.renew, nodes.second, token, client) in {
        "RefreshTokenReuseException",
        "NotAuthorizedException",
    }
    assert not any(knows(node, won) for node in nodes.both)


def test_settings_of_pool_and_client_hold_everywhere(nodes):
    """Changed on the first node; the second one's next request follows."""
    name, client = nodes.person(), nodes.new_client()
    assert nodes.sign_in(nodes.second, name, client=client)
    changed = {"UserPoolId": nodes.pool, "ClientId": client, "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]}
    nodes.first.update_user_pool_client(**changed)
    assert refused(nodes.sign_in, nodes.second, name, client=client) == "InvalidParameterException"
    nodes.first.delete_user_pool_client(UserPoolId=nodes.pool, ClientId=client)
    assert refused(nodes.sign_in, nodes.second, name, client=client) == "ResourceNotFoundException"
    other = nodes.first.create_user_pool(PoolName="other")["UserPool"]["Id"]
    weak = {"UserPoolId": other, "Username": "ada", "Password": "only-small-Horse", "Permanent": True}
    nodes.second.admin_create_user(UserPoolId=other, Username="ada", MessageAction="SUPPRESS")
    assert refused(nodes.second.admin_set_user_password, **weak) == "InvalidPasswordException"
    policy = {"PasswordPolicy": {"MinimumLength": 8, "RequireNumbers": False}}
    nodes.first.update_user_pool(UserPoolId=other, Policies=policy)
    nodes.second.admin_set_user_password(**weak)


def test_pushed_definitions_are_enforced_everywhere(nodes):
    """A delegation that is pushed beside both nodes, and taken back: an admin's mutation is refused on both, then done."""
    admin, target = nodes.person(), nodes.person()
    nodes.first.admin_add_user_to_group(UserPoolId=nodes.pool, Username=admin, GroupName="ADMINS")
    token = nodes.sign_in(nodes.first, admin)["AccessToken"]

    def done(url):
        asked = {"query": MUTATION % target}
        answer = httpx.post(f"{url}/graphql", json=asked, headers={"authorization": token}, timeout=60)
        return "errors" not in answer.json()

    assert [done(url) for url in nodes.urls] == [True, True]
    resource = nodes.project / "amplify" / "auth" / "resource.py"
    before = resource.read_text()
    narrowed = 'delegation=lambda allow: [allow.group("ADMINS").to(["listUsers"])],\n    groups='
    resource.write_text(before.replace("groups=", narrowed, 1))
    try:
        nodes.command("push", "--target", "server", "--yes")
        seen(lambda: not any(done(url) for url in nodes.urls), "a pushed delegation")
    finally:
        resource.write_text(before)
        nodes.command("push", "--target", "server", "--yes", "--allow-destructive")
    seen(lambda: all(done(url) for url in nodes.urls), "its end")
