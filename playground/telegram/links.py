"""Which addresses Telegram takes behind a text link or a button, and how it writes them back."""

import re

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
WEB_ADDRESS = re.compile(r"(?P<host>[^/?#]*)(?P<rest>.*)", re.DOTALL)
HOST = re.compile(
    r"(?:[^\s@]*@)?(?:[\w-]+\.)+[\w-]{2,}(?::\d{1,5})?|(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?|\[[0-9A-Fa-f:]+\](?::\d+)?"
)
OWN_SCHEMES = frozenset({"tg", "ton", "tonsite"})
USER_LINK = re.compile(r"tg://user\?id=(\d+)")


class WrongLink(ValueError):
    """Says why Telegram refuses an address, in its words."""


def checked_link(url: str) -> str:
    """Write an address the way Telegram stores it: with scheme and, after a bare host, a slash."""
    scheme = SCHEME.match(url)
    if scheme and scheme.group(1).lower() in OWN_SCHEMES:
        return url
    if scheme and scheme.group(1).lower() not in ("http", "https"):
        raise WrongLink("Unsupported URL protocol")
    return _web_link(scheme.group().lower() if scheme else "http://", url[scheme.end() :] if scheme else url)


def _web_link(scheme: str, address: str) -> str:
    parts = WEB_ADDRESS.fullmatch(address)
    if parts is None or not parts["host"]:
        raise WrongLink("URL host is empty")
    if not HOST.fullmatch(parts["host"]) or re.search(r"\s", parts["rest"]):
        raise WrongLink("Wrong HTTP URL")
    rest = parts["rest"] if parts["rest"].startswith("/") else "/" + parts["rest"]
    return scheme + parts["host"].lower() + rest


def linked_user(url: str) -> int | None:
    """Name the person behind a `tg://user?id=…` link."""
    match = USER_LINK.fullmatch(url)
    return int(match.group(1)) if match else None
