"""What a handler finds around it: variables, imports, credentials."""

import asyncio
import json
import os
import sys

import httpx
import pytest

from poolhouse.functions import FunctionSpec

READ_ENVIRONMENT = "import os\nSEEN = dict(os.environ)\ndef handler(event, context): return SEEN"
WHO = """
import boto3
def handler(event, context):
    keys = boto3.Session().get_credentials().get_frozen_credentials() if event else session.get_credentials().get_frozen_credentials()
    return [keys.access_key, keys.secret_key, keys.token]
session = boto3.Session()
"""


async def test_variables_are_there_at_import(house):
    """A20: injected and declared variables, region and Lambda's own exist before the handler's module runs."""
    declared = {"AMPLIFY_AUTH_USERPOOL_ID": "eu-test-1_abc", "TZ": "Europe/Berlin", "AWS_REGION": "elsewhere"}
    functions = await house.run(READ_ENVIRONMENT, environment=declared)
    seen = json.loads((await functions.invoke("work", b"{}")).payload)
    assert seen["AMPLIFY_AUTH_USERPOOL_ID"] == "eu-test-1_abc"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "eu-test-1"
    assert seen["TZ"] == "Europe/Berlin"
    assert seen["_HANDLER"] == "amplify/data/work/handler.handler"
    assert seen["LAMBDA_TASK_ROOT"] == str(house.project)
    assert seen["AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"] == house.endpoint_url


async def test_nothing_of_the_servers_environment_leaks(house, monkeypatch):
    """A worker has the variables of its function and of Lambda, and not one more."""
    monkeypatch.setenv("POOLHOUSE_MASTER_KEY", "leak")
    monkeypatch.setenv("POOLHOUSE_ROOT_SECRET_ACCESS_KEY", "leak")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leak")
    functions = await house.run(READ_ENVIRONMENT, environment={"MINE": "1"})
    seen = json.loads((await functions.invoke("work", b"{}")).payload)
    allowed = {"PATH", "LANG", "TZ", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "MINE", "_HANDLER", "BOTO_CONFIG"}
    allowed.add("BOTOCORE_EXPERIMENTAL__PLUGINS")
    extra = {name for name in seen if name not in allowed and not name.startswith(("AWS_", "_X_AMZN"))}
    assert extra <= {"LC_CTYPE"}
    assert "leak" not in seen.values()
    assert "AWS_SECRET_ACCESS_KEY" not in seen


async def test_no_open_file_of_the_server_reaches_a_worker(house):
    """Even a file that the server opened as inheritable stays with the server."""
    kept = os.open(house.project, os.O_RDONLY)
    os.set_inheritable(kept, True)
    functions = await house.run(
        """
        import os
        def handler(event, context):
            names = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
            return [os.readlink(name) for name in names if os.path.lexists(name)]
        """
    )
    seen = json.loads((await functions.invoke("work", b"{}")).payload)
    os.close(kept)
    assert "/dev/null" in seen
    assert str(house.project) not in seen


async def test_imports_work_from_the_project_and_from_the_handlers_folder(house):
    """`from amplify...`, siblings, a sibling named like a standard module, and the generated env are importable."""
    house.write("ROLE = 'admin'", "amplify/data/shared.py")
    house.write("NAME = 'sibling'", "amplify/data/work/groups.py")
    house.write("KIND = 'definition'", "amplify/data/work/resource.py")
    house.write("env = 'generated'", ".amplify/generated/amplify_env/work.py")
    functions = await house.run(
        """
        from amplify.data.shared import ROLE
        from amplify_env.work import env
        from groups import NAME
        from resource import KIND
        def handler(event, context): return [ROLE, NAME, KIND, env]
        """
    )
    outcome = await functions.invoke("work", b"{}")
    assert json.loads(outcome.payload) == ["admin", "sibling", "definition", "generated"]


@pytest.mark.parametrize("entry", ["handler.py", "my-app/1st/handler.py", "v1.2/work/handler.py"])
async def test_any_folder_may_hold_a_handler(house, entry):
    """Folders need not be Python names."""
    house.write("def handler(event, context): return 1", entry)
    functions = await house.open(house.spec("").__class__("work", house.project, entry))
    assert (await functions.invoke("work", b"{}")).payload == b"1"


async def test_boto3_finds_the_functions_own_credentials(house):
    """Keys come from the function's role; the machine's AWS files and variables are not read."""
    functions = await house.run(WHO, memory_mb=256, timeout_seconds=20)
    outcome = await functions.invoke("work", b"1")
    assert json.loads(outcome.payload) == ["ASIA1", "secret-key-1", "session-1"]
    assert house.issued == [("arn:role/work", "work")]


async def test_credentials_are_renewed_before_they_expire(house):
    """A session that lives through the expiry of its keys has new ones."""
    house.lifetime_us = 60_000_000
    functions = await house.run(WHO, memory_mb=256, timeout_seconds=20)
    first = json.loads((await functions.invoke("work", b"0")).payload)
    second = json.loads((await functions.invoke("work", b"0")).payload)
    assert first[0] != second[0]


async def test_boto3_reaches_the_server_signed_with_the_role(house):
    """A call to the user pools goes to our address, with the role's key and session token."""
    requests: list[bytes] = []

    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        requests.append(head)
        writer.write(b"HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: 59\r\n\r\n")
        writer.write(b'{"__type":"AccessDeniedException","message":"not  granted"}')
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    house.endpoint_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    functions = await house.run(
        "import boto3\ndef handler(event, context): boto3.client('cognito-idp').list_user_pools(MaxResults=1)",
        timeout_seconds=20,
    )
    outcome = await functions.invoke("work", b"{}")
    server.close()
    assert outcome.error.type == "AccessDeniedException"
    assert b"Credential=ASIA1/" in requests[0]
    assert b"X-Amz-Security-Token: session-1" in requests[0]


async def test_a_worker_cannot_speak_for_another(house):
    """Paths and authorization are each worker's own: a mix of two, a guess and a bare path are refused."""
    specs = [house.spec(READ_ENVIRONMENT, name) for name in ("one", "two")]
    functions = await house.open(*specs)
    one, two = [json.loads((await functions.invoke(spec.name, b"{}")).payload) for spec in specs]
    address, own = one["AWS_CONTAINER_CREDENTIALS_FULL_URI"], one["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(address, headers={"Authorization": own})).json()["RoleArn"] == "arn:role/one"
        other = two["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        assert (await client.get(address, headers={"Authorization": other})).status_code == 403
        assert (await client.get(address)).status_code == 403
        root = f"http://{one['AWS_LAMBDA_RUNTIME_API'].partition('/')[0]}"
        assert (await client.get(f"{root}/guess/credentials", headers={"Authorization": own})).status_code == 403
        assert (await client.get(f"{root}/2018-06-01/runtime/invocation/next")).status_code == 403
    assert one["AWS_LAMBDA_RUNTIME_API"] != two["AWS_LAMBDA_RUNTIME_API"]


async def test_a_worker_cannot_answer_an_invocation_that_is_not_its_own(house):
    """An outcome for another request id is refused; so are unknown paths."""
    functions = await house.run(READ_ENVIRONMENT)
    seen = json.loads((await functions.invoke("work", b"{}")).payload)
    base = f"http://{seen['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
    async with httpx.AsyncClient(trust_env=False) as client:
        for kind in ("response", "error"):
            assert (await client.post(f"{base}/invocation/other/{kind}", content=b"{}")).status_code == 400
        assert (await client.post(f"{base}/nothing", content=b"{}")).status_code == 404
        assert (await client.get(f"{base}/nothing")).status_code == 404


async def test_a_second_poll_gets_nothing(house):
    """While a worker waits, another poll under its name is closed, and the worker gets the next invocation."""
    functions = await house.run(READ_ENVIRONMENT)
    seen = json.loads((await functions.invoke("work", b"{}")).payload)
    await house.rested(functions)
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"http://{seen['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/next")
    assert (await functions.invoke("work", b"{}")).error is None


async def test_an_edit_is_seen_however_fast_it_comes(house):
    """Source of equal size and equal time is read again, and nothing is written into the project."""
    file = house.project / "amplify/data/work/handler.py"
    functions = await house.open()
    for number in (b"1", b"2", b"3"):
        spec = house.spec(f"def handler(event, context): return {number.decode()}", revision=number.decode())
        os.utime(file, (1, 1))
        await functions.apply([spec])
        assert (await functions.invoke("work", b"{}")).payload == number
    assert not list(house.project.rglob("__pycache__"))


async def test_workers_run_this_python(house):
    """The worker's interpreter is the server's."""
    functions = await house.run("import sys\ndef handler(event, context): return sys.executable")
    assert json.loads((await functions.invoke("work", b"{}")).payload) == sys.executable


async def test_a_folder_behind_a_module_of_its_name(house):
    """`amplify/backend.py` hides `amplify/backend/` from imports; a handler in there runs, with what lies beside it."""
    house.write("", "amplify/backend.py")
    house.write("ANSWER = 7", "amplify/backend/function/work/src/beside.py")
    entry = house.write(
        "from beside import ANSWER\ndef handler(event, context): return ANSWER",
        "amplify/backend/function/work/src/app.py",
    )
    functions = await house.open(
        FunctionSpec(name="work", project=house.project, entry=entry, role_arn="arn:role/work")
    )
    assert (await functions.invoke("work", b"{}")).payload == b"7"
