"""The Markdown that apps send to Slack (`markdown` blocks, `markdown_text`, streams) as HTML. Pure.

CommonMark with tables and strikethrough. HTML in it is text; Slack's control sequences work in it, as measured, and
its three escapes count everywhere, in code too. A mark behind a backslash begins no sequence.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from playground.page.slack_html import ADDRESS, link_html, meant, text_html

BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}
KEPT_TEXTS = 1024


@lru_cache(KEPT_TEXTS)
def markdown_html(text: str, names: Any) -> str:
    """Show Markdown as `slack_html.Names` say; also a text that is still growing."""
    html: str = MARKDOWN.render(text, {"names": names})
    return html


class _Slack(RendererHTML):
    """Writes tags without style; every text goes through `slack_html`."""

    def text(self, tokens: Sequence[Token], index: int, _options: Any, env: Any) -> str:
        return text_html(tokens[index].content, env["names"], link=not _in_link(tokens, index))

    def text_special(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return escape(tokens[index].content)

    def softbreak(self, *_: Any) -> str:
        return "<br>"

    def hardbreak(self, *_: Any) -> str:
        return "<br>"

    def code_inline(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return f"<code>{escape(meant(tokens[index].content))}</code>"

    def code_block(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return f"<pre><code>{escape(meant(tokens[index].content))}</code></pre>"

    def fence(self, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        return self.code_block(tokens, index, options, env)

    def image(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        token = tokens[index]
        address = str(token.attrGet("src") or "")
        return link_html(meant(address), escape(meant(token.content or address)))

    def link_open(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return link_html(meant(str(tokens[index].attrGet("href") or "")), "").removesuffix("</a>")

    def heading_open(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return f'<h4 class="level{tokens[index].tag[1:]}">'

    def heading_close(self, *_: Any) -> str:
        return "</h4>"

    def table_open(self, *_: Any) -> str:
        return '<div class="table"><table>'

    def table_close(self, *_: Any) -> str:
        return "</table></div>"

    def th_open(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return _cell(tokens[index])

    def td_open(self, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        return _cell(tokens[index])


def _cell(token: Token) -> str:
    side = str(token.attrGet("style") or "").removeprefix("text-align:")
    return f'<{token.tag} class="{side}">' if side in ("center", "right") else f"<{token.tag}>"


def _in_link(tokens: Sequence[Token], index: int) -> bool:
    return sum(token.nesting for token in tokens[:index] if token.type in ("link_open", "link_close")) > 0


def _check_boxes(state: StateCore) -> None:
    """Show the brackets of a task list as boxes."""
    for number, token in enumerate(state.tokens):
        if token.type != "inline" or number < 2 or state.tokens[number - 2].type != "list_item_open":
            continue
        first = token.children[0] if token.children else None
        if first is not None and first.type == "text" and first.content[:4] in BOXES:
            first.content = BOXES[first.content[:4]] + first.content[4:]


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False}, renderer_cls=_Slack)
    made.enable(["table", "strikethrough"]).disable(["entity", "text_join", "html_block", "html_inline"])
    made.core.ruler.push("check_boxes", _check_boxes)
    made.validateLink = lambda url: ADDRESS.fullmatch(meant(url)) is not None  # type: ignore[method-assign]  # its hook
    return made


MARKDOWN = _made()
