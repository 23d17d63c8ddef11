"""Slack's own mrkdwn as HTML: *bold*, _italic_, ~strike~, `code`, blocks of code and quotes. Pure."""

import re
from functools import lru_cache
from html import escape

from playground.page.slack_html import Names, meant, text_html

FENCED = re.compile(r"```\n?(.+?)```\n?", re.DOTALL)
QUOTED = re.compile(r"(?m)^(?:&gt;|>) ?(.*)$\n?")
MARKED = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|(?<![\w*])\*(?P<b>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<i>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<s>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])"
    r"|(?P<sequence><[^<>\n]*>)"
    r"|(?P<address>https?://[^\s<>]+)"
)


@lru_cache(4096)
def mrkdwn_html(text: str, names: Names) -> str:
    """Show a text with mrkdwn in it."""
    parts = FENCED.split(text)
    return "".join(_code(part) if number % 2 else _quotes(part, names) for number, part in enumerate(parts) if part)


def _code(text: str) -> str:
    return f"<pre><code>{escape(meant(text.removesuffix(chr(10))))}</code></pre>"


def _quotes(text: str, names: Names) -> str:
    """Join quoted lines that follow one another; what is around them is shown line by line."""
    quoted: list[str] = []
    html, end = "", 0
    for found in QUOTED.finditer(text):
        if found.start() != end:
            html, quoted = html + _quote(quoted), []
            html += _marked(text[end : found.start()].removesuffix("\n"), names)
        quoted.append(_marked(found[1], names))
        end = found.end()
    return html + _quote(quoted) + _marked(text[end:], names)


def _quote(shown: list[str]) -> str:
    return f"<blockquote>{'<br>'.join(shown)}</blockquote>" if shown else ""


def _marked(text: str, names: Names) -> str:
    parts, end = [], 0
    for found in MARKED.finditer(text):
        parts += [text_html(text[end : found.start()], names), _mark(found, names)]
        end = found.end()
    return "".join([*parts, text_html(text[end:], names)])


def _mark(found: re.Match[str], names: Names) -> str:
    kind = found.lastgroup
    if kind == "code":
        return f"<code>{escape(meant(found['code']))}</code>"
    if kind in ("b", "i", "s"):
        return f"<{kind}>{_marked(found[kind], names)}</{kind}>"
    return text_html(found[0], names)
