"""Writes the snapshots anew: `python tests/deploy/renew.py`. Read the difference before you keep it."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
SNAPSHOTS = Path(__file__).with_name("snapshots")
EXAMPLES = TESTS.parent / "examples"


def templates() -> dict[str, bytes]:
    """The templates that have a snapshot, by its name; without the functions' code, whose hash is another subject."""
    from deploy.rich import ENVIRONMENT, RICH

    from poolhouse.define.project import load
    from poolhouse.deploy.synthesis import Environment, synthesise
    from poolhouse.deploy.template import encode

    made = {"rich": synthesise(RICH, ENVIRONMENT)}
    for name in ("admin-actions", "admin-queries"):
        environment = Environment(app=name, python="3.13")
        made[name] = synthesise(load(EXAMPLES / name), environment)
    return {name: encode(assembly.template) for name, assembly in made.items()}


def main() -> None:
    for name, text in templates().items():
        (SNAPSHOTS / f"{name}.json").write_bytes(text)


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    main()
