"""`poolhouse dev --tls` and `serve --tls-cert --tls-key` as processes."""

import json
import re
import socket
import ssl
import stat
from pathlib import Path

import boto3
import httpx
import pytest
from cli.command import ROOT_KEY, ROOT_SECRET, SERVE, alive, gone, run, started, wait_for
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from fresh import free_port

from poolhouse.app import clock
from poolhouse.client import generate_client, sign_in
from poolhouse.crypto.certificates import new_authority, new_leaf

READY = r"is ready\. Ctrl-C ends it\."
PASSWORD = "Correct-Horse-9"
DEV_KEY = ("AKIAPOOLHOUSEDEVROOT", "poolhouse-development-secret-for-loopback")


def dev(project, *more):
    return started("dev", "--project", str(project), "--port", "0", "--tls", *more, cwd=project.parent)


def url(server):
    return server.says(r"Server +(https://\S+)")[1]


def tls(project):
    return project / ".poolhouse" / "tls"


def trusting(path):
    return ssl.create_default_context(cafile=path)


def pool(address, ca, key=DEV_KEY):
    names = ("aws_access_key_id", "aws_secret_access_key")
    keys = dict(zip(names, key, strict=True))
    return boto3.client("cognito-idp", endpoint_url=address, region_name="us-east-1", verify=str(ca), **keys)


def person(client, pool_id, email, *groups):
    name = {"UserPoolId": pool_id, "Username": email}
    known = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    made = client.admin_create_user(**name, UserAttributes=known, MessageAction="SUPPRESS")
    client.admin_set_user_password(**name, Password=PASSWORD, Permanent=True)
    for group in groups:
        client.admin_add_user_to_group(**name, GroupName=group)
    return made["User"]["Username"]


def main_job(outputs, ca, key=DEV_KEY):
    """An admin's mutation: its function reaches the user pool, although it trusts no authority of ours."""
    address, pool_id = outputs["data"]["url"].removesuffix("/graphql"), outputs["auth"]["user_pool_id"]
    root = pool(address, ca, key)
    person(root, pool_id, "admin@example.com", "ADMINS")
    member = person(root, pool_id, "member@example.com")
    session = sign_in(outputs, "admin@example.com", PASSWORD, ca_file=str(ca))
    generate_client(outputs, session=session, ca_file=str(ca)).mutations.add_user_to_group(
        user_id=member, group_name="ADMINS"
    )
    found = root.admin_list_groups_for_user(UserPoolId=pool_id, Username=member)["Groups"]
    assert [group["GroupName"] for group in found] == ["ADMINS"]
    assert session.claims["iss"] == f"{address}/{pool_id}"
    root.close()


def test_dev(project, database):
    """Clients that trust the shown file do everything, the function's own calls included; it ends cleanly."""
    with dev(project, "--database", database) as server:
        server.says(READY)
        ca = Path(server.says(r"Clients have to trust (\S+):")[1])
        server.says(rf"NODE_EXTRA_CA_CERTS={re.escape(str(ca))}")
        assert wait_for(server.family)
        outputs = json.loads((project / "amplify_outputs.json").read_text())
        assert outputs["data"]["url"] == f"{url(server)}/graphql"
        main_job(outputs, ca)
        workers = server.family()
        assert server.end() == 0
        assert gone(workers, 2), alive(workers)
        assert "Traceback" not in server.text


def test_files_and_a_second_start(project):
    """The keys are their owner's alone; the authority stays, so that it is trusted once; the certificate is fresh."""
    seen = []
    for _ in range(2):
        with dev(project) as server:
            server.says(READY)
            seen.append({path.name: path.read_bytes() for path in tls(project).iterdir()})
            address = url(server)
            trust_is_needed(address, tls(project) / "ca.pem")
    first, second = seen
    assert first.keys() == second.keys() == {"ca.pem", "ca.key", "server.pem", "server.key"}
    assert (first["ca.pem"], first["ca.key"]) == (second["ca.pem"], second["ca.key"])
    assert first["server.pem"] != second["server.pem"]
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tls(project) / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(tls(project).stat().st_mode) == 0o700
    outputs_are_generated(project, address)


def trust_is_needed(address, ca):
    """Without the authority there is no connection, and none without TLS; every name of the machine is vouched for."""
    port = address.rpartition(":")[2]
    for refused in (address, f"http://127.0.0.1:{port}"):
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{refused}/health/live")
    for host in ("127.0.0.1", "localhost"):
        assert httpx.get(f"https://{host}:{port}/health/live", verify=trusting(ca)).status_code == 200


def outputs_are_generated(project, address):
    """`generate outputs` is told of TLS too; Swift's and Android's file needs the port that they use."""
    out = ("generate", "outputs", "--project", str(project), "--out-dir", str(project / "out"), "--tls")
    port = address.rpartition(":")[2]
    assert run(*out, "--port", port, cwd=project).returncode == 0
    assert json.loads((project / "out" / "amplify_outputs.json").read_text())["data"]["url"] == f"{address}/graphql"
    refused = run(*out, "--port", port, "--format", "json-mobile", cwd=project)
    assert (refused.returncode, "port 443" in refused.stderr) == (1, True)
    done = run(*out, "--port", "443", "--format", "json-mobile", cwd=project)
    assert done.stdout.splitlines() == [str(project / "out" / "amplifyconfiguration.json")]
    document = json.loads((project / "out" / "amplifyconfiguration.json").read_text())
    plugin = document["auth"]["plugins"]["awsCognitoAuthPlugin"]
    assert plugin["CognitoUserPool"]["Default"]["Endpoint"] == "127.0.0.1"


def test_a_broken_authority_is_made_anew(project):
    """Another's key, or no PEM at all, does not stop the server."""
    tls(project).mkdir(parents=True)
    (tls(project) / "ca.pem").write_text("no certificate")
    (tls(project) / "ca.key").write_text("no key")
    with dev(project) as server:
        server.says(READY)
        assert ready_over_tls(url(server), tls(project) / "ca.pem")


def ready_over_tls(address, ca):
    return httpx.get(f"{address}/health/ready", verify=trusting(ca)).status_code == 200


def test_a_public_name_is_refused(project):
    """The authority cannot vouch for it, so nothing is started; the resolution says what can be done."""
    result = run(
        "dev", "--project", str(project), "--port", "0", "--tls", cwd=project,
        given={"POOLHOUSE_PUBLIC_URL": "https://example.com"},
    )  # fmt: skip
    assert result.returncode == 1
    assert "example.com is none" in result.stderr
    assert "POOLHOUSE_TLS_CERT" in result.stderr
    assert "Traceback" not in result.stderr
    assert not tls(project).exists()


@pytest.fixture
def certificate(tmp_path):
    """What a public authority would have given for the name localhost, and that authority."""
    authority = new_authority("tests", clock())
    leaf = new_leaf(authority, ["localhost", "127.0.0.1"], clock())
    for name, content in (("ca.pem", authority.certificate), ("cert.pem", leaf.certificate), ("key.pem", leaf.key)):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def serve(project, database, certificate, *more, given=None):
    files = ("--tls-cert", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
    arguments = ("serve", "--project", str(project), "--database", database, *files, *more)
    return started(*arguments, cwd=project, given={**SERVE, **(given or {})})


@pytest.mark.parametrize("workers", [1, 2])
def test_serve(project, postgresql, certificate, workers, tmp_path):
    """On a public address too; several processes share the socket, and each serves its own functions in plain."""
    port = free_port()
    given = {"POOLHOUSE_PUBLIC_URL": f"https://localhost:{port}"}
    more = ("--host", "0.0.0.0", "--port", str(port), "--workers", str(workers))
    with serve(project, postgresql, certificate, *more, given=given) as server:
        ca = certificate / "ca.pem"
        assert wait_for(lambda: reachable(port, ca), 60), server.text
        out = ("generate", "outputs", "--project", str(project), "--out-dir", str(tmp_path / "out"))
        result = run(*out, "--database", postgresql, cwd=project, given={**SERVE, **given})
        assert result.returncode == 0, result.stderr
        outputs = json.loads((tmp_path / "out" / "amplify_outputs.json").read_text())
        main_job(outputs, ca, (ROOT_KEY, ROOT_SECRET))
        assert server.end() == 0
        assert "Traceback" not in server.text


def reachable(port, ca):
    try:
        return ready_over_tls(f"https://localhost:{port}", ca)
    except httpx.TransportError:
        return False


def test_old_protocols_are_refused(project, certificate):
    """TLS 1.2 and 1.3, and what is served is the certificate that was given."""
    port = free_port()
    with serve(project, f"sqlite:///{certificate}/x.db", certificate, "--port", str(port)):
        assert wait_for(lambda: reachable(port, certificate / "ca.pem"), 60)
        context = trusting(certificate / "ca.pem")
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as wire,
        ):
            assert wire.version() == "TLSv1.3"
            assert wire.selected_alpn_protocol() is None
            shown = x509.load_der_x509_certificate(wire.getpeercert(binary_form=True))
        assert shown == x509.load_pem_x509_certificate((certificate / "cert.pem").read_bytes())
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(certificate / "ca.pem")
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", port)) as plain, pytest.raises(ssl.SSLError):
            old.wrap_socket(plain, server_hostname="localhost")


def locked(key):
    private = serialization.load_pem_private_key(key, None)
    how = serialization.BestAvailableEncryption(b"password")
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda _folder: ["--tls-cert", "cert.pem"], "belong together"),
        (lambda _folder: ["--tls-cert", "missing.pem", "--tls-key", "key.pem"], "POOLHOUSE_TLS_CERT names no file"),
        (lambda _folder: ["--tls-cert", "cert.pem", "--tls-key", "ca.pem"], "are no certificate with its key"),
        (lambda folder: (folder / "key.pem").write_bytes(locked((folder / "key.pem").read_bytes())), "protected with a password"),
    ],
)  # fmt: skip
def test_what_is_no_certificate(project, certificate, spoil, told):
    """Refused before anything listens, in one message, and without a question on the terminal."""
    given = spoil(certificate)
    named = given if isinstance(given, list) else ["--tls-cert", "cert.pem", "--tls-key", "key.pem"]
    database = f"sqlite:///{certificate}/x.db"
    more = ("--database", database, "--port", str(free_port()), *named)
    result = run("serve", "--project", str(project), *more, cwd=certificate, given=SERVE)
    assert result.returncode == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
    assert not (certificate / "x.db").exists()


def test_serve_makes_no_certificate(project, certificate):
    """A development certificate is not for production."""
    more = ("--database", f"sqlite:///{certificate}/x.db", "--port", str(free_port()))
    result = run("serve", "--project", str(project), *more, cwd=project, given={**SERVE, "POOLHOUSE_TLS": "true"})
    assert (result.returncode, "POOLHOUSE_TLS is for development" in result.stderr) == (1, True)
    assert not tls(project).exists()
