"""The console: what administrators do to pools and users, as server-rendered pages over the same operations."""

from poolhouse.pages.console.routes import console_routes

__all__ = ["console_routes"]
