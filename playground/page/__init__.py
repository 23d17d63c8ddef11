"""A page in the browser, from which people use the stand-ins as they would use Slack and Telegram."""

from playground.page.server import PageServer
from playground.page.world import About, World

__all__ = ["About", "PageServer", "World"]
