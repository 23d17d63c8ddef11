"""Several Socket Mode connections, so that one that Slack closes leaves no gap."""

import asyncio

from adapters.slack.api import WebApi
from adapters.slack.intake import Intake
from adapters.slack.socket_mode import SocketMode


class SocketPool:
    """Connections of one app; Slack sends each delivery over any one of them.

    Slack closes each every few hours and then sends nothing over it for a moment. At most 10 of an app may be open,
    over all its processes. https://docs.slack.dev/apis/events-api/using-socket-mode
    """

    def __init__(self, api: WebApi, app_token: str, size: int) -> None:
        self._sockets = [SocketMode(api, app_token) for _ in range(size)]

    async def check(self) -> None:
        """Raise a DeliveryError where Slack gives no connection for this token."""
        await self._sockets[0].check()

    async def connect(self, intake: Intake) -> None:
        """Open all and take deliveries from now on. Where one fails none stays open; raises its DeliveryError."""
        try:
            for socket in self._sockets:
                await socket.connect(intake)
        except BaseException:
            await self.close()
            raise

    @property
    def is_connected(self) -> bool:
        """Whether deliveries can come in: one connection is enough."""
        return any(socket.is_connected for socket in self._sockets)

    async def close(self) -> None:
        """Let the last acknowledgements go out, and close every connection."""
        await asyncio.gather(*(socket.close() for socket in self._sockets))
