"""What AWS Lambda puts around a package: an empty environment, the runtime client, and the runtime API on loopback."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import distribution
from pathlib import Path

IMAGE = ("awslambdaric", "simplejson", "snapshot-restore-py")
# Isolated (-I) and without site-packages (-S): only the standard library, the package and the image can be imported.
BOOT = """
import runpy, sys
task, image, handler = sys.argv[1:]
sys.path[:0] = [task]
sys.path.append(image)
sys.argv = ["awslambdaric", handler]
runpy.run_module("awslambdaric", run_name="__main__")
"""


def make_image(folder: Path) -> Path:
    """The runtime client and what it needs, as the image of AWS has it; nothing else of this environment."""
    for name in IMAGE:
        for file in distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).symlink_to(file.locate())
    return folder


class _Events(ThreadingHTTPServer):
    """The runtime API: hands out events as they come and gives back the answers. `next` waits, as at AWS."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Runtime)
        self.events: queue.Queue[object] = queue.Queue()
        self.answers: queue.Queue[tuple[str, object]] = queue.Queue()


class _Runtime(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Events

    def do_GET(self) -> None:
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", "99999999999999")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111122223333:function:f")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.answers.put((self.path.rpartition("/")[2], json.loads(body)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The test's output is for the test."""


def invoke(package: Path, image: Path, handler: str, event: object, variables: Mapping[str, str]) -> tuple[str, object]:
    """Unpack the zip, start the runtime client in it, and let it work on one event: ("response" or "error", JSON)."""
    with started(package, image, handler, variables) as ask:
        return ask(event)


@contextlib.contextmanager
def started(
    package: Path, image: Path, handler: str, variables: Mapping[str, str]
) -> Iterator[Callable[[object], tuple[str, object]]]:
    """An instance of the function, which answers one event after the other."""
    task = package.parent / f"task-{package.stem[:8]}"
    if not task.is_dir():
        with zipfile.ZipFile(package) as archive:
            archive.extractall(task)
    server = _Events()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_TASK_ROOT": str(task),
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }
    command = [sys.executable, "-I", "-S", "-c", BOOT, str(task), str(image), handler]
    child = subprocess.Popen(command, env=environment, cwd=task, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def ask(event: object) -> tuple[str, object]:
        server.events.put(event)
        try:
            return server.answers.get(timeout=30)
        except queue.Empty:
            child.kill()
            raise AssertionError(child.communicate()[0]) from None

    try:
        yield ask
    finally:
        child.kill()
        child.communicate()
        server.events.put(None)
        server.shutdown()
        server.server_close()
