"""What the person at the keyboard can mend: settings, projects, commands, the use of the Python client."""

from .root import PoolhouseError


class UserError(PoolhouseError):
    """A mistake that the person at the keyboard can mend.

    `message` says what happened and why, `resolution` what to do, `location` is "file:line" where it is known.
    """

    def __init__(self, message: str, *, resolution: str, location: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.resolution = resolution
        self.location = location

    @property
    def name(self) -> str:
        return type(self).__name__

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        return f"{where}{self.message} {self.resolution}".rstrip()


class SettingError(UserError):
    """A setting is missing, malformed or unsafe."""


class ProjectError(UserError):
    """The project's folder or its modules cannot be read."""


class RefusedCommand(UserError):
    """An operation refused what a command asked of it; `code` is AWS's name of the error."""

    def __init__(self, code: str, message: str, *, resolution: str = "") -> None:
        super().__init__(message, resolution=resolution)
        self.code = code

    @property
    def name(self) -> str:
        return self.code


class BackupRefused(UserError):
    """A backup cannot be opened with this key, is not whole, or has no empty database to go into."""


class NotFoundInDatabase(UserError):
    """A command names something that the database does not hold, or holds more than once."""


class ClientError(UserError):
    """The Python client was used wrongly or holds no usable session."""
