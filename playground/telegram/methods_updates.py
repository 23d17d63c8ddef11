"""Methods that fetch updates or say where they shall go."""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

from playground.telegram.account import Account
from playground.telegram.answers import Answer
from playground.telegram.errors import ApiError, bad_request, too_many_requests
from playground.telegram.parameters import Parameters
from playground.telegram.polling import LONGEST_POLL
from playground.telegram.webhooks import WebhookSettings

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
MOST_UPDATES = 100
MOST_CONNECTIONS = 100
PUBLIC_PORTS = frozenset({443, 80, 88, 8443})
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


async def get_updates(account: Account, params: Parameters) -> list[dict[str, Any]]:
    if account.webhook.url:
        raise await account.polling.refusal(WEBHOOK_ACTIVE)
    account.queue.allow(_requested_kinds(params))
    limit = params.number("limit", MOST_UPDATES)
    return await account.polling.get_updates(
        params.number("offset"),
        min(max(limit, 1), MOST_UPDATES),
        min(max(params.number("timeout"), 0), LONGEST_POLL),
    )


async def set_webhook(account: Account, params: Parameters) -> Answer:
    """Deliver to a server from now on; an empty URL means none. Plain http is taken for this machine only."""
    if not params.text("url").strip():
        return await delete_webhook(account, params)
    settings = _requested_settings(account, params)
    account.queue.allow(_requested_kinds(params))
    if settings == account.webhook.settings and not params.flag("drop_pending_updates"):
        return Answer(True, "Webhook is already set")
    await _check_reachable(settings.url)
    account.polling.abort("terminated by setWebhook request")
    if params.flag("drop_pending_updates"):
        account.queue.clear()
    await account.webhook.change(settings)
    return Answer(True, "Webhook was set")


async def delete_webhook(account: Account, params: Parameters) -> Answer:
    if params.flag("drop_pending_updates"):
        account.queue.clear()
    if not account.webhook.url:
        return Answer(True, "Webhook is already deleted")
    await account.webhook.change(WebhookSettings())
    return Answer(True, "Webhook was deleted")


def get_webhook_info(account: Account, params: Parameters) -> dict[str, Any]:
    return account.webhook.info()


def _requested_kinds(params: Parameters) -> list[str] | None:
    """Read `allowed_updates`; what is no list of names leaves things as they are."""
    if not params.has("allowed_updates"):
        return None
    try:
        kinds = params.structure("allowed_updates", "allowed_updates")
    except ApiError:  # the real server takes any broken list for none
        return None
    return [kind for kind in kinds if isinstance(kind, str)] if isinstance(kinds, list) else None


def _requested_settings(account: Account, params: Parameters) -> WebhookSettings:
    webhook, now = account.webhook, account.now()
    if now < webhook.next_set_allowed:
        raise too_many_requests(1)
    webhook.next_set_allowed = now + 1
    _check_url(params.text("url"))
    secret = params.text("secret_token")
    if secret and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    connections = min(max(params.number("max_connections", 40), 1), MOST_CONNECTIONS)
    return WebhookSettings(params.text("url"), secret, connections, params.text("ip_address"))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.hostname in ("127.0.0.1", "localhost") and parts.scheme in ("http", "https"):
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in PUBLIC_PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    raise bad_request("bad webhook: Failed to resolve host: Name or service not known")


async def _check_reachable(url: str) -> None:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        _, writer = await asyncio.open_connection(parts.hostname, port)
    except OSError:
        raise bad_request("bad webhook: Connection refused") from None
    writer.close()
    await writer.wait_closed()


METHODS = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
