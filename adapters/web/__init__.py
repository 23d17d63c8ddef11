"""The HTTP server: health, readiness, metrics, and the platforms' webhooks."""

from adapters.web.server import CannotListen, Health, Server, serve

__all__ = ["CannotListen", "Health", "Server", "serve"]
