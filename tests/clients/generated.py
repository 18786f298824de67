"""Client files of a running backend, beyond those that `poolhouse dev` writes by itself."""

from pathlib import Path

from clients.development import Backend

from poolhouse.define.project import load
from poolhouse.outputs import Applied, write_outputs


def write(backend: Backend, *formats: str, base_url: str | None = None) -> Path:
    """Into a folder of the project, where a front end has its packages."""
    folder = backend.project / "src"
    auth = backend.outputs["auth"]
    applied = Applied(
        region=auth["aws_region"],
        user_pool_id=auth["user_pool_id"],
        user_pool_client_id=auth["user_pool_client_id"],
        identity_pool_id=auth["identity_pool_id"],
        base_url=base_url or backend.url,
    )
    write_outputs(folder, load(backend.project), applied, formats)
    return folder
