"""Writes the reference pages in docs/ from the code; `--check` fails when a committed page is stale."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import reference
import reference_language

from poolhouse import service_model
from poolhouse.config import SETTINGS
from poolhouse.define import grants, manifest
from poolhouse.operations.families import served

DOCS = Path(__file__).resolve().parent.parent / "docs"
NOTE = "<!-- Made by scripts/docs.py (make docs). Changes here are lost. -->\n\n"


def operations() -> str:
    """Every operation of the three services and whether it is served."""
    known = [op for service in ("cognito-idp", "cognito-identity", "sts") for op in service_model.operations(service)]
    done = served()
    lines = [
        "# Operations\n",
        f"{len(done)} of {len(known)} operations of AWS's service models are served. The others answer",
        "`NotImplementedException`, which names the operation; nothing is accepted and ignored.\n",
        "Authorization: *IAM* needs a signature and a policy, *token* an access token, *public* neither.\n",
        "| service | operation | authorization | served |",
        "|---|---|---|---|",
    ]
    words = {"iam": "IAM", "token": "token", "public": "public", "token_or_session": "token or session"}
    lines += [
        f"| {op.service} | {op.name} | {words[op.auth]} | {'yes' if (op.service, op.name) in done else 'no'} |"
        for op in sorted(known, key=lambda op: (op.service, op.name))
    ]
    return "\n".join(lines) + "\n"


def settings() -> str:
    """Every setting with its variable, default and meaning."""
    lines = [
        "# Settings\n",
        "Order: default, then environment, then command line. A secret setting can also come from a file: set",
        "`POOLHOUSE_<NAME>_FILE` to its path, and not both. An unknown `POOLHOUSE_` variable is an error.",
        "All problems are told at once.\n",
        "`poolhouse dev` makes its own database and master key in `.poolhouse/` of the project; `poolhouse serve`",
        "wants `DATABASE`, `MASTER_KEY` (`poolhouse generate master-key`), `ROOT_ACCESS_KEY_ID` and",
        "`ROOT_SECRET_ACCESS_KEY` from you.\n",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for setting in SETTINGS:
        secret = " (secret)" if setting.secret else ""
        default = f"`{setting.default}`" if setting.default else ""
        lines.append(f"| `{setting.variable}`{secret} | {default} | {setting.help} |")
    return "\n".join(lines) + "\n"


def grant_names() -> str:
    """The names that `allow.resource(function).to([...])` accepts."""
    lines = [
        "# Grants\n",
        "`allow.resource(function).to([...])` takes these names. Each makes one policy on exactly this user pool.\n",
        "| name | operations |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {', '.join(grants.operations_of(name))} |" for name in sorted(grants.GRANT_NAMES)]
    return "\n".join(lines) + "\n"


def manifest_schema() -> str:
    """The JSON schema of the Manifest."""
    schema = json.dumps(manifest.json_schema(), indent=2)
    return (
        "# The Manifest\n\n"
        f"What the definitions make, as data: version {manifest.VERSION}. The runtime applies it, the client files are "
        "made of it, nothing else reads your modules. `poolhouse manifest` prints that of a project. It holds no "
        "secret value and no absolute path.\n\n"
        f"## JSON schema\n\n```json\n{schema}\n```\n"
    )


PAGES: dict[str, Callable[[], str]] = {
    "language.md": reference_language.page,
    "operations.md": operations,
    "settings.md": settings,
    "grants.md": grant_names,
    "manifest.md": manifest_schema,
    "commands.md": reference.commands,
    "errors.md": reference.error_classes,
    "metrics.md": reference.metrics,
}


def texts() -> Iterator[tuple[str, str]]:
    """Each file that is made; the index comes last, since it reads the pages."""
    for name, make in PAGES.items():
        yield name, NOTE + make()
    yield "llms.txt", reference.for_language_models(DOCS)
    yield "poolhouse.1", reference.manual()


def main() -> int:
    stale = []
    for name, text in texts():
        path = DOCS / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
            print(f"wrote docs/{name}")
    if "--check" in sys.argv and stale:
        print(f"Stale: {', '.join(stale)}. Run: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
