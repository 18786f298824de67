"""An import job whose server process is killed in the middle, and the process that goes on with it."""

import signal
from contextlib import ExitStack

import boto3
import httpx
from app.running import project as copied
from cli.command import ROOT_KEY, ROOT_SECRET, ready, started, wait_for

ROWS = 1500
HEADER = "cognito:username,cognito:mfa_enabled,email,email_verified\n"
KEYS = {"POOLHOUSE_ROOT_ACCESS_KEY_ID": ROOT_KEY, "POOLHOUSE_ROOT_SECRET_ACCESS_KEY": ROOT_SECRET}


class Importing:
    """A project with its database, and a server that runs for it."""

    def __init__(self, folder, database) -> None:
        self.project = copied(folder)
        self.arguments = ("dev", "--project", str(self.project), "--port", "0", "--database", database)

    def start(self, running: ExitStack) -> None:
        self.server = running.enter_context(started(*self.arguments, cwd=self.project, given=KEYS))
        url = self.server.says(r"http://127\.0\.0\.1:\d+")[0]
        assert ready(url)
        keys = {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}
        self.client = boto3.client("cognito-idp", endpoint_url=url, region_name="us-east-1", **keys)
        running.callback(self.client.close)
        self.pool = self.client.list_user_pools(MaxResults=1)["UserPools"][0]["Id"]

    def begin(self) -> None:
        """A job of ROWS users."""
        role = "arn:aws:iam::000000000000:role/logs"
        asked = {"UserPoolId": self.pool, "JobName": "many", "CloudWatchLogsRoleArn": role}
        job = self.client.create_user_import_job(**asked)["UserImportJob"]
        people = (f"u{number}@example.com" for number in range(ROWS))
        file = HEADER + "".join(f"{name},false,{name},true\n" for name in people)
        httpx.put(job["PreSignedUrl"], content=file.encode()).raise_for_status()
        self.job = job["JobId"]
        self.client.start_user_import_job(UserPoolId=self.pool, JobId=self.job)

    def shown(self):
        return self.client.describe_user_import_job(UserPoolId=self.pool, JobId=self.job)["UserImportJob"]

    def users(self) -> int:
        return self.client.describe_user_pool(UserPoolId=self.pool)["UserPool"]["EstimatedNumberOfUsers"]


def test_every_row_once(tmp_path, postgresql):
    """Nobody is imported twice and nobody is left out, and the job comes to its end by itself.

    On both databases side by side: the job of a process that is gone is nobody else's for ten seconds.
    """
    databases = {"sqlite": f"sqlite:///{tmp_path}/cli.db", "postgresql": postgresql}
    both = {kind: Importing(tmp_path / kind, address) for kind, address in databases.items()}
    for kind, importing in both.items():
        with ExitStack() as running:
            importing.start(running)
            importing.begin()
            assert wait_for(lambda one=importing: one.shown()["ImportedUsers"] >= 60), kind
            assert importing.server.end(signal.SIGKILL) == -signal.SIGKILL
    with ExitStack() as running:
        for kind, importing in both.items():
            importing.start(running)
            before = importing.shown()
            assert (kind, before["Status"], before["ImportedUsers"] < ROWS) == (kind, "InProgress", True)
        for kind, importing in both.items():
            assert wait_for(lambda one=importing: one.shown()["Status"] != "InProgress", 90), kind
            after = importing.shown()
            assert (kind, after["Status"], after["ImportedUsers"]) == (kind, "Succeeded", ROWS)
            assert (kind, after["SkippedUsers"], after["FailedUsers"]) == (kind, 0, 0)
            assert (kind, importing.users()) == (kind, ROWS)
