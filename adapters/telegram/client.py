"""The HTTP under the library's calls: over aiohttp, which takes a tenth of the CPU of the library's own choice."""

import json
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 256
CONNECT = 10.0
"""Seconds for the connection, the wait for a free one included."""

_KEPT = ("message_id", "message_thread_id", "date", "chat", "text")


class Client(BaseRequest):
    """Makes the library's requests, as JSON. `patience` is the longest a call may take, in seconds.

    It hears no other limits: nobody gives single calls their own. Its session opens with the first call, and not again
    after `shutdown`. No error has the address of a call: the token is a part of it.
    """

    def __init__(self, patience: float) -> None:
        self._timeout = aiohttp.ClientTimeout(total=patience, connect=min(patience, CONNECT))
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._timeout.total

    async def initialize(self) -> None:
        """Nothing: the first call tells which address to open a session for."""

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        try:
            session = self._session = self._session or self._opened(url)
            async with session.request(method, url, data=_body(request_data)) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:  # RuntimeError: the session is closed
            raise NetworkError(_reason(error)) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer; of a message only what names it and its text: the library's objects for the rest cost too much.

        No JSON is an error, but none for the log: a gateway's error page is no news.
        """
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise TelegramError("the answer is not JSON") from error
        if not isinstance(answer, dict):
            raise TelegramError("the answer is not an object")
        message = answer.get("result")
        if isinstance(message, dict) and "message_id" in message:
            answer["result"] = {name: message[name] for name in _KEPT if name in message}
        return answer

    def _opened(self, url: str) -> aiohttp.ClientSession:
        """A session for the host of this address. Its proxy is found once: that takes longer than a call."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            proxy=_proxy_for(url),
            timeout=self._timeout,
        )


def _body(data: RequestData | None) -> aiohttp.FormData | aiohttp.BytesPayload | None:
    """JSON, which is quicker made and shorter than a form; with files a form, as nothing else can carry them."""
    if data is None:
        return None
    if not data.contains_files:
        text = json.dumps(data.json_parameters, ensure_ascii=False)
        return aiohttp.BytesPayload(text.encode("utf-8", "replace"), content_type="application/json")
    form = aiohttp.FormData(
        data.json_parameters, quote_fields=False
    )  # quoted, names of files would be read as they are
    for field, (name, content, kind) in data.multipart_data.items():
        form.add_field(field, content, filename=name, content_type=kind)
    return form


def _proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address."""
    address = urlsplit(url)
    if not address.hostname or proxy_bypass(address.hostname):
        return None
    proxies = getproxies()
    return proxies.get(address.scheme) or proxies.get("all")


def _reason(error: Exception) -> str:
    """Its kind, and where no connection was made, why: those words have the host and no more of the address."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, aiohttp.ClientConnectorError) else name
