"""Deliveries as signed HTTP requests. https://docs.slack.dev/authentication/verifying-requests-from-slack"""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from playground.clock import Clock
from playground.slack.deliveries import Delivery
from playground.slack.tasks import within

JSON = "application/json"
MOST_REDIRECTS = 2
REDIRECTS = (307, 308)
FORM = "application/x-www-form-urlencoded"


class SignedHttp:
    """Posts to one address of the app."""

    def __init__(self, url: str, signing_secret: str, clock: Clock) -> None:
        self.url = url
        self._secret = signing_secret
        self._clock = clock

    async def send(self, delivery: Delivery, seconds: float) -> None:
        """Post it; two redirects that keep it a POST are followed, every other one is a failure."""
        delivery.via = "http"
        kind, body = encode(delivery)
        headers = {**self.signed(body, str(int(self._clock.now()))), "Content-Type": kind}
        if delivery.attempt:
            headers |= {"X-Slack-Retry-Num": str(delivery.attempt), "X-Slack-Retry-Reason": delivery.reason}
        try:
            await within(self._clock, seconds, self._post(delivery, body, headers))
        except TimeoutError:
            delivery.reason = "http_timeout"
        except (aiohttp.ClientError, OSError):
            delivery.reason = "connection_failed"

    def signed(self, body: str, timestamp: str) -> dict[str, str]:
        """Make the headers that prove where a body comes from."""
        digest = hmac.new(self._secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}

    async def verify(self, token: str, challenge: str) -> bool:
        """Ask for the challenge back, as Slack does when the address is entered."""
        body = json.dumps({"type": "url_verification", "token": token, "challenge": challenge})
        headers = {**self.signed(body, str(int(self._clock.now()))), "Content-Type": JSON}
        delivery = Delivery("events_api", {}, 0, self._clock.now())
        await within(self._clock, max(3.0, self._clock.speed), self._post(delivery, body, headers))
        said = delivery.answer.get("challenge") if isinstance(delivery.answer, dict) else delivery.answer
        return delivery.acknowledged and said == challenge

    async def _post(self, delivery: Delivery, body: str, headers: dict[str, str]) -> None:
        url = URL(self.url)
        async with aiohttp.ClientSession() as session:
            for _ in range(MOST_REDIRECTS + 1):
                async with session.post(url, data=body.encode(), headers=headers, allow_redirects=False) as response:
                    await _take(delivery, response)
                if response.status not in REDIRECTS:
                    return
                url = url.join(URL(response.headers.get("Location", "")))
        delivery.reason = "too_many_redirects"


async def _take(delivery: Delivery, response: aiohttp.ClientResponse) -> None:
    """Write down what came back."""
    text = await response.text()
    delivery.no_retry = response.headers.get("X-Slack-No-Retry") == "1" and response.status >= 300
    delivery.answer = _decoded(text, response.content_type)
    delivery.status = response.status


def encode(delivery: Delivery) -> tuple[str, str]:
    """Give content type and body: events as JSON, commands as a form, the rest as JSON in a form."""
    if delivery.kind == "events_api":
        return JSON, json.dumps(delivery.payload)
    if delivery.kind == "slash_commands":
        return FORM, urlencode(delivery.payload)
    return FORM, urlencode({"payload": json.dumps(delivery.payload)})


def _decoded(text: str, content_type: str) -> Any:
    if content_type != JSON or not text:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
