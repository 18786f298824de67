"""The reference pages that are read off running code: commands, errors, metrics, and the index for language models."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from poolhouse import errors, telemetry
from poolhouse.cli.commands import app
from poolhouse.errors import OAuthError, PoolhouseError, ServiceError

_WIDTH = 100


def commands() -> str:
    """Every command with what `--help` says."""
    lines = [
        "# Commands\n",
        "What `--help` says of each command. Results go to stdout, everything else to stderr. Exit status: 0 done,",
        "1 failed, 2 wrong usage, 130 interrupted. [The command line](command-line.md) tells how they work together.\n",
    ]
    for path, command in _walk(typer.main.get_command(app), ()):
        context = command.make_context(" ".join(path), [], resilient_parsing=True)
        context.terminal_width = context.max_content_width = _WIDTH
        helped = re.sub(r"[ \t]+$", "", context.get_help(), flags=re.MULTILINE).strip()
        lines.append(f"## {' '.join(path)}\n\n```text\n{helped}\n```\n")
    return "\n".join(lines)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The commands that do something, without those that only hold others."""
    path = path or ("poolhouse",)
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    else:
        for name in sorted(inner):
            yield from _walk(inner[name], (*path, name))


def manual() -> str:
    """`man poolhouse`: the commands with their options, in roff."""
    root = typer.main.get_command(app)
    lines = [
        '.TH POOLHOUSE 1 "" "Poolhouse" "Poolhouse"',
        ".SH NAME",
        "poolhouse \\- user pools and admin actions, described in Python",
        ".SH SYNOPSIS",
        ".B poolhouse",
        "[\\fB\\-h\\fR] [\\fB\\-\\-version\\fR] \\fICOMMAND\\fR [\\fIOPTIONS\\fR]",
        ".SH COMMANDS",
    ]
    for path, command in _walk(root, ()):
        lines += [".SS " + _roff(" ".join(path)), _roff(command.help or "")]
        for parameter in command.params:
            if getattr(parameter, "hidden", False) or parameter.param_type_name != "option":
                continue
            flags = ", ".join((*parameter.opts, *parameter.secondary_opts))
            lines += [".TP", f"\\fB{_roff(flags)}\\fR", _roff(getattr(parameter, "help", None) or "")]
    lines += [
        ".SH EXIT STATUS",
        "0 done, 1 failed, 2 wrong usage, 130 interrupted.",
        ".SH ENVIRONMENT",
        "\\fBPOOLHOUSE_*\\fR settings, \\fBNO_COLOR\\fR.",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _roff(text: str) -> str:
    """Plain text, kept plain: backslashes, hyphens that are typed, and lines that begin like a request."""
    escaped = re.sub(r"\s+", " ", text).strip().replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped


def error_classes() -> str:
    """Every error that a client or a user can see."""
    found = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, PoolhouseError)]
    services = [kind for kind in found if issubclass(kind, ServiceError)]
    mistakes = [kind for kind in found if not issubclass(kind, ServiceError | OAuthError)]
    lines = [
        "# Errors\n",
        "## What clients see\n",
        "An AWS code, its HTTP status at `POST /`, and the words unless an operation has better ones. Several of our",
        "errors share a code, as in AWS: clients tell them apart by the message.\n",
        "| code | status | default message |",
        "|---|--:|---|",
        *sorted({f"| {kind.code} | {kind.status} | {getattr(kind, 'default', '') or ''} |" for kind in services}),
        "\nOAuth endpoints answer the codes of RFC 6749 section 5.2 (`invalid_request`, `invalid_grant`, ...).\n",
        "## What the command line and the definitions say\n",
        "Each says what happened, why, and what to do; those of definitions name file and line.\n",
        "| error | about |",
        "|---|---|",
        *sorted(f"| {kind.__name__} | {_first_line(kind)} |" for kind in mistakes),
    ]
    return "\n".join(lines) + "\n"


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def metrics() -> str:
    """Every metric of the second port."""
    lines = [
        "# Metrics\n",
        "In Prometheus' text format at `/metrics` of the port that `POOLHOUSE_METRICS_PORT` names.\n",
        "| metric | kind | labels | meaning |",
        "|---|---|---|---|",
    ]
    for family in sorted(telemetry.REGISTRY.collect(), key=lambda family: family.name):
        collector = telemetry.REGISTRY._names_to_collectors.get(family.name)  # noqa: SLF001 - labels have no reader
        names = getattr(family, "_labelnames", ()) or getattr(collector, "_labelnames", ())
        labels = ", ".join(f"`{label}`" for label in names)
        lines.append(f"| `{family.name}` | {family.type} | {labels} | {family.documentation} |")
    return "\n".join(lines) + "\n"


def for_language_models(docs: Path) -> str:
    """llms.txt: every page with its title and its first sentence (llmstxt.org)."""
    lines = [
        "# Poolhouse\n",
        "> User pools and admin actions, described in Python: on a laptop, on your own servers, on AWS.\n",
        "## Pages\n",
    ]
    for path in sorted(docs.glob("*.md")):
        text = re.sub(r"<!--.*?-->", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        title = next(line[2:] for line in text.splitlines() if line.startswith("# "))
        prose = [line for line in text.splitlines() if line.strip() and (line[0].isalnum() or line[0] == "`")]
        about = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", prose[0]).partition(". ")[0].rstrip(".") if prose else ""
        lines.append(f"- [{title}]({path.name}): {about}." if about else f"- [{title}]({path.name})")
    return "\n".join(lines) + "\n"
