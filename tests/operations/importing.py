"""A pool and a file of users, from the job to its end, for tests of imports."""

import zlib
from typing import Any

import msgspec
from pool_rows import BY_EMAIL, add_pool, read

from poolhouse.operations import families, import_jobs, import_running
from poolhouse.store import import_jobs as stored
from poolhouse.store.import_jobs import RowOutcome

assert families
ROLE = "arn:aws:iam::000000000000:role/logs"
HEADER = "cognito:username,cognito:mfa_enabled,email,email_verified,name"
ADA, BOB = "ada@example.com,false,ada@example.com,true,Ada", "bob@example.com,false,bob@example.com,true,Bob"


class Importing:
    """One pool, where people sign in by e-mail."""

    def __init__(self, services: Any, invoke: Any, pool: Any) -> None:
        self.services = services
        self.pool = pool
        self._invoke = invoke

    async def ask(self, name: str, **request: Any) -> dict[str, Any]:
        return await self._invoke(name, {"UserPoolId": self.pool.id, **request})

    async def job(self, name: str = "people") -> str:
        made = await self.ask("CreateUserImportJob", JobName=name, CloudWatchLogsRoleArn=ROLE)
        return made["UserImportJob"]["JobId"]

    async def shown(self, job: str) -> dict[str, Any]:
        return (await self.ask("DescribeUserImportJob", JobId=job))["UserImportJob"]

    async def upload(self, job: str, data: bytes) -> None:
        """As the address of the upload does it."""
        token = (await self.shown(job))["PreSignedUrl"].rpartition("/")[2]
        upload = import_jobs.opened_upload(self.services, token)
        await import_jobs.keep_file(self.services, upload, zlib.compress(data), len(data))

    async def started(self, data: bytes) -> str:
        job = await self.job()
        await self.upload(job, data)
        await self.ask("StartUserImportJob", JobId=job)
        return job

    async def start(self, job: str, principal: Any) -> None:
        """As somebody else than root."""
        await self._invoke("StartUserImportJob", {"UserPoolId": self.pool.id, "JobId": job}, principal=principal)

    async def ran(self, *lines: str) -> str:
        """A job with these rows, carried out."""
        job = await self.started("\n".join((HEADER, *lines)).encode())
        assert await self.run()
        return job

    async def run(self, holder: str = "one") -> bool:
        return await import_running.run_next(self.services, holder)

    async def report(self, job: str) -> list[RowOutcome]:
        return await read(self.services.database, stored.rows, job, 0, 1000)

    async def people(self) -> dict[str, str]:
        """E-mail -> status."""
        answer = await self.ask("ListUsers")
        found = {}
        for user in answer["Users"]:
            held = {entry["Name"]: entry["Value"] for entry in msgspec.json.decode(user["Attributes"])}
            found[held["email"]] = user["UserStatus"]
        return found


async def importing(services: Any, invoke: Any, **settings: Any) -> Importing:
    return Importing(services, invoke, await add_pool(services.database, **(settings or BY_EMAIL)))
