"""What reaches the log, under which request, and what never does."""

import json
import os

from hypothesis import given
from hypothesis import strategies as st

from poolhouse.functions.worker_logs import LINE_LIMIT, LineReader, Redactor


def read(data: bytes, *secrets: str) -> list[str]:
    """The lines of a pipe through which `data` went."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    lines: list[str] = []
    reader = LineReader(reading, Redactor(secrets), lines.append)
    for start in range(0, len(data), 4096):
        os.write(writing, data[start : start + 4096])
        assert reader.drain()
    os.close(writing)
    assert not reader.drain()
    os.close(reading)
    return lines


async def test_lines_carry_function_and_request(house):
    """Prints, errors and logging of an invocation come between its START and END, in order."""
    functions = await house.run(
        """
        import logging, sys
        print("loading")
        def handler(event, context):
            print("one\\ntwo"); print("three", file=sys.stderr); logging.error("four"); print("five", end="")
        """
    )
    outcome = await functions.invoke("work", b"{}")
    assert house.lines[0] == ("work", "", "loading")
    own = [line for name, request_id, line in house.lines if (name, request_id) == ("work", outcome.request_id)]
    assert own[0] == f"START RequestId: {outcome.request_id} Version: $LATEST"
    assert own[1:4] == ["one", "two", "three"]
    assert own[4].startswith("[ERROR]\t")
    assert own[4].endswith(f"{outcome.request_id}\tfour")
    assert own[5:7] == ["five", f"END RequestId: {outcome.request_id}"]
    assert own[7].startswith(f"REPORT RequestId: {outcome.request_id}\tDuration: ")
    assert "Init Duration: " in own[7]
    assert len(own) == 8


async def test_a_traceback_is_readable_lines(house):
    """An uncaught error is in the log once, one line per line."""
    functions = await house.run("def handler(event, context): raise ValueError('boom')")
    await functions.invoke("work", b"{}")
    assert house.texts().count("[ERROR] ValueError: boom") == 1
    assert "Traceback (most recent call last):" in house.texts()
    assert any(line.startswith('  File "') for line in house.texts())


async def test_a_module_that_cannot_be_imported_tells_its_own_error_first(house):
    """Of updates of AWS's runtimes, which awslambdaric blames as well, there is no word; the module's logging stays."""
    functions = await house.run("import logging; logging.warning('its own'); import nothing_like_this")
    await functions.invoke("work", b"{}")
    lines = [line for line in house.texts() if "RequestId" not in line]
    assert lines[0].endswith("\tits own")
    assert lines[1].startswith("[ERROR] Runtime.ImportModuleError: ")
    assert "nothing_like_this" in lines[1]
    assert "updates" not in "".join(lines)


async def test_secrets_never_reach_the_log_nor_the_error(house):
    """Printing everything a worker knows shows no key, no token and no secret variable (attack 48)."""
    functions = await house.run(
        """
        import boto3, os
        def handler(event, context):
            keys = boto3.Session().get_credentials().get_frozen_credentials()
            known = {**os.environ, "key": keys.secret_key, "token": keys.token}
            print(known)
            if event: raise ValueError(str(known))
            return known
        """,
        timeout_seconds=20,
        environment={"API_KEY": "s3cr3t-value", "PLAIN": "to-be-seen"},
        secret_names=frozenset({"API_KEY"}),
    )
    known = json.loads((await functions.invoke("work", b"0")).payload)
    error = (await functions.invoke("work", b"1")).error
    shown = "\n".join([*house.texts(), error.message, *error.stack])
    hidden = [known["AWS_CONTAINER_AUTHORIZATION_TOKEN"], known["AWS_LAMBDA_RUNTIME_API"].partition("/")[2]]
    for secret in (*hidden, known["key"], known["token"], "s3cr3t-value"):
        assert secret not in shown
    assert "to-be-seen" in shown


async def test_a_flood_of_output_does_not_stop_the_server(house):
    """A handler may print more than a pipe holds."""
    functions = await house.run("def handler(event, context):\n    for n in range(20000): print('x' * 100)")
    outcome = await functions.invoke("work", b"{}")
    assert outcome.error is None
    assert house.texts().count("x" * 100) == 20000


@given(st.lists(st.text(st.characters(exclude_characters="\n\r\xa0", codec="utf-8"), min_size=1, max_size=200)))
def test_lines_survive_any_cut(lines):
    """However the pipe cuts the bytes, whole lines come out."""
    assert read("\n".join(lines).encode()) == lines


def test_a_long_line_is_cut_once():
    """The kept part has the limit's length, and the next line is whole."""
    lines = read(b"a" * (3 * LINE_LIMIT) + b"\nnext\n")
    assert len(lines) == 2
    assert lines[0] == "a" * LINE_LIMIT + f" [line cut at {LINE_LIMIT} bytes]"
    assert lines[1] == "next"


@given(st.integers(-40, 20_000))
def test_no_cut_shows_a_part_of_a_secret(offset):
    """A secret anywhere around the limit is hidden whole."""
    secret = "0123456789abcdefghij"
    lines = read(b"-" * (LINE_LIMIT + offset) + secret.encode() + b"-" * LINE_LIMIT + b"\n", secret)
    assert "0123" not in lines[0]


def test_short_values_are_not_hidden():
    """Three characters are too common to be replaced in every line."""
    assert read(b"a yes b longer c\n", "yes", "longer") == ["a yes b [hidden] c"]
