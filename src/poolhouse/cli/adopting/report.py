"""What `adopt` could not carry over, and what it noticed: each with its file and the reason."""

from typing import Literal

import msgspec
import typer

Kind = Literal["left", "note"]


class Finding(msgspec.Struct, frozen=True):
    """`left`: it is in the old project and not in the new definitions. `note`: it is there, and worth a look."""

    kind: Kind
    file: str
    what: str
    reason: str


class Report:
    """Findings in the order in which they were made, each once."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def left(self, file: str, what: str, reason: str) -> None:
        self._add(Finding("left", file, what, reason))

    def note(self, file: str, what: str, reason: str) -> None:
        self._add(Finding("note", file, what, reason))

    def _add(self, finding: Finding) -> None:
        if finding not in self.findings:
            self.findings.append(finding)

    def show(self) -> None:
        """By file, what was left first."""
        for kind, heading in (("left", "Not carried over:"), ("note", "Worth a look:")):
            found = [finding for finding in self.findings if finding.kind == kind]
            if not found:
                continue
            typer.secho(heading, bold=True)
            for file in dict.fromkeys(finding.file for finding in found):
                typer.echo(f"  {file}")
                for finding in found:
                    if finding.file == file:
                        typer.echo(f"    - {finding.what}: {finding.reason}")
            typer.echo()
