"""The fixtures of the command line's tests serve here too: a project, an empty PostgreSQL."""

from cli.conftest import postgresql, project

__all__ = ["postgresql", "project"]
