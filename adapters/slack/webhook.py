"""Slack over HTTP: one signed route for events, commands and interactions."""

import hmac
import re

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_sdk.signature import SignatureVerifier

from adapters.slack.intake import Intake
from bot.engine.ports import Clock

log = structlog.get_logger()

PATH = "/slack/events"
OLDEST = 300
"""Seconds; an older request may be a recorded one that somebody sends again."""


class Webhook:
    """The route. Nothing of a request is read before its signature stands."""

    def __init__(self, signing_secret: str, clock: Clock) -> None:
        self._verifier = SignatureVerifier(signing_secret)
        self._clock = clock
        self._intake: Intake | None = None

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self._receive)]

    def serve(self, intake: Intake) -> None:
        """Answer from now on; before, Slack is asked to come again."""
        self._intake = intake

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if not self.is_signed(raw, request.headers.get("X-Slack-Request-Timestamp"), _signature(request)):
            log.warning("slack_signature_refused")
            return web.Response(status=401, text="signature or timestamp is not valid")
        if self._intake is None:
            return web.Response(status=503)
        response = await self._intake.answer(raw.decode(), request.headers, request.query_string)
        return await to_aiohttp_response(response)

    def is_signed(self, raw: bytes, timestamp: str | None, signature: str | None) -> bool:
        """Whether Slack sent this within the last five minutes; compared in constant time.

        A timestamp that is no number, or a body that is no text, cannot be Slack's; the SDK's own check raises on both.
        """
        if timestamp is None or signature is None or not signature.isascii():
            return False
        if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(self._clock.now() - int(timestamp)) > OLDEST:
            return False
        try:
            expected = self._verifier.generate_signature(timestamp=timestamp, body=raw)
        except UnicodeDecodeError:
            return False
        return expected is not None and hmac.compare_digest(expected, signature)


def _signature(request: web.Request) -> str | None:
    return request.headers.get("X-Slack-Signature")
