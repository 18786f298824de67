"""The hosted sign-in pages: server-rendered forms over the same operations that clients call. No script runs here."""

from poolhouse.pages.hosted.routes import hosted_routes

__all__ = ["hosted_routes"]
