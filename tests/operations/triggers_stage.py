"""A Stage whose pool has triggers: real functions, in a worker of their own, that note every event they get."""

import dataclasses
import json
import re
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

from operations.stage import EMAIL_POOL, FLOWS, Stage, build

from poolhouse.functions import Functions, FunctionSpec, RoleCredentials
from poolhouse.operations.context import Services

ARN = "arn:aws:lambda:us-east-1:000000000000:function:hooks"
ALL_FLOWS = [*FLOWS, "ALLOW_CUSTOM_AUTH"]
_HANDLER = """
import json, pathlib

_NOTES = pathlib.Path(__file__).with_suffix(".events")

def handler(event, context):
    with _NOTES.open("a") as notes:
        notes.write(json.dumps(event) + "\\n")
    kind = event["triggerSource"].split("_")[0].replace("TokenGeneration", "PreTokenGeneration")
    answer = globals()[kind](event)
    return event if answer is None else answer
"""


class Hooks:
    """One function, `hooks`, that answers every trigger for which its source has a Python function."""

    def __init__(self, project: Path, services: Services, invoke: Any) -> None:
        self._project = project
        self._services = services
        self._invoke = invoke
        self._notes = project / "hooks.events"
        self._opened: list[Functions] = []

    async def stage(
        self,
        source: str,
        *,
        version: str | None = None,
        client: dict[str, Any] | None = None,
        config: dict[str, Any] | None = None,
        seconds: float = 5.0,
        **settings: Any,
    ) -> Stage:
        """A pool with the triggers that `source` defines; `version` is that of PreTokenGeneration."""
        functions = await self.functions(source)
        asked: dict[str, Any] = dict.fromkeys(re.findall(r"^def ([A-Z]\w+)\(event", dedent(source), re.MULTILINE), ARN)
        if version is not None:
            del asked["PreTokenGeneration"]
            asked["PreTokenGenerationConfig"] = {"LambdaArn": ARN, "LambdaVersion": version}
        made = await build(
            self._services,
            self._invoke,
            client={"ExplicitAuthFlows": ALL_FLOWS, **(client or {})},
            **{**EMAIL_POOL, **settings, "LambdaConfig": asked | (config or {})},
        )
        return made.on(dataclasses.replace(self._services, functions=functions, trigger_seconds=seconds))

    async def functions(self, source: str) -> Functions:
        (self._project / "hooks.py").write_text(_HANDLER + dedent(source))
        functions = Functions(
            credentials=lambda role, name: RoleCredentials(role, name, "", 2**62),
            endpoint_url="http://127.0.0.1:9",
            region="us-east-1",
            account_id="000000000000",
            clock=lambda: time.time_ns() // 1000,
            log=lambda *_line: None,
            max_workers=4,
        )
        self._opened.append(functions)
        await functions.start()
        await functions.apply([FunctionSpec(name="hooks", project=self._project, entry="hooks.py")])
        return functions

    def events(self, source: str = "") -> list[dict[str, Any]]:
        """What the function got so far, or those events whose source begins like this."""
        if not self._notes.exists():
            return []
        events = [json.loads(line) for line in self._notes.read_text().splitlines()]
        return [event for event in events if event["triggerSource"].startswith(source)]

    def sources(self) -> list[str]:
        return [event["triggerSource"] for event in self.events()]

    async def close(self) -> None:
        for functions in self._opened:
            await functions.stop(grace_seconds=0.0)
