"""`parse_mode=Markdown` and `parse_mode=MarkdownV2`: neither is the Markdown that models write."""

import re
from dataclasses import replace

from playground.telegram.dates import date_details
from playground.telegram.entities import Span
from playground.telegram.errors import bad_request
from playground.telegram.markup_text import MarkupText

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
STYLES = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
SIMPLE = STYLES | {"`": "code", "```": "pre"}
CLOSING = {kind: mark for mark, kind in SIMPLE.items()} | {"text_link": "]", "custom_emoji": "]"}
SPOKEN = {
    "text_link": "TextUrl",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
    **{kind: kind.capitalize() for kind in SIMPLE.values()},
}
LANGUAGE = re.compile(r"([^\s`]+)(?=\s)")
LINE_END = re.compile(r"\n\r?|\r\n?")
EMOJI_URL = re.compile(r"tg://emoji\?id=(\d+)")
TIME_URL = re.compile(r"tg://time\?unix=(?P<unix>\d+)(?:&format=(?P<format>\w+))?")
LEGACY_MARKS = frozenset("_*`[")


def parse_markdown_v2(source: str) -> tuple[str, tuple[Span, ...]]:
    """Take the marks out of a text; a reserved character that marks nothing is an error."""
    text = MarkupText(source)
    position = 0
    while position < len(source):
        position = _step(text, position)
    if text.innermost and text.innermost.kind == "blockquote":
        text.end()
    _check_closed(text)
    return text.result()


def _step(text: MarkupText, position: int) -> int:
    """Read one character or mark and give the position behind it."""
    character = text.source[position]
    following = text.source[position + 1 : position + 2]
    if character == "\\" and following and "\x00" < following < "\x7f":
        text.write(following)
        return position + 2
    if text.innermost and text.innermost.kind in ("code", "pre"):
        return _in_code(text, position)
    if character == "\n" and text.is_open("blockquote") and following != ">":
        return _end_of_quote(text, position)
    if character == ">" and (position == 0 or text.source[position - 1] == "\n"):
        if not text.is_open("blockquote"):
            text.begin("blockquote", position)
        return position + 1
    if character not in RESERVED:
        text.write(character)
        return position + 1
    return _mark(text, position)


def _in_code(text: MarkupText, position: int) -> int:
    assert text.innermost
    mark = CLOSING[text.innermost.kind]
    if text.source.startswith(mark, position):
        text.end()
        return position + len(mark)
    text.write(text.source[position])
    return position + 1


def _end_of_quote(text: MarkupText, position: int) -> int:
    if text.innermost and text.innermost.kind != "blockquote":
        _check_closed(text)
    text.end()
    text.write("\n")
    return position + 1


def _mark(text: MarkupText, position: int) -> int:
    """End the innermost formatting or begin another."""
    source = text.source
    doubled = source[position : position + 2] in ("__", "||")
    mark = source[position : position + (2 if doubled else 1)]
    if text.innermost and CLOSING.get(text.innermost.kind) == mark:
        return _close(text, position, mark)
    if mark == "||" and text.is_open("blockquote") and source[position + 2 : position + 3] in ("", "\n"):
        return _end_of_expandable(text, position)
    if source.startswith("![", position):
        text.begin("custom_emoji", position)
        return position + 2
    if mark == "[":
        text.begin("text_link", position)
        return position + 1
    if mark == "`":
        return _begin_code(text, position)
    if mark not in SIMPLE:
        raise bad_request(
            f"can't parse entities: Character '{mark[0]}' is reserved and must be escaped with the preceding '\\'"
        )
    text.begin(SIMPLE[mark], position)
    return position + len(mark)


def _end_of_expandable(text: MarkupText, position: int) -> int:
    if text.innermost and text.innermost.kind != "blockquote":
        _check_closed(text)
    text.open[-1] = replace(text.open[-1], kind="expandable_blockquote")
    text.end()
    return position + 2


def _begin_code(text: MarkupText, position: int) -> int:
    if not text.source.startswith("```", position):
        text.begin("code", position)
        return position + 1
    language = LANGUAGE.match(text.source, position + 3)
    text.begin("pre", position, **({"language": language.group(1)} if language else {}))
    position = language.end() if language else position + 3
    line_end = LINE_END.match(text.source, position)
    return line_end.end() if line_end else position


def _close(text: MarkupText, position: int, mark: str) -> int:
    if mark != "]":
        text.end()
        return position + len(mark)
    url, position = _url(text, position + 1)
    assert text.innermost
    if text.innermost.kind == "text_link":
        text.end(url=url)
        return position
    _close_picture(text, url)
    return position


def _close_picture(text: MarkupText, url: str) -> None:
    """End what began with `![`: an emoji, or a moment."""
    emoji, time = EMOJI_URL.fullmatch(url), TIME_URL.fullmatch(url)
    if emoji:
        text.end(custom_emoji_id=emoji.group(1))
        return
    details = date_details(time["unix"], time["format"] or "") if time else None
    if details is None:
        raise bad_request("can't parse entities: Custom emoji URL must contain an emoji identifier")
    text.open[-1] = replace(text.open[-1], kind="date_time")
    text.end(**details)


def _url(text: MarkupText, position: int) -> tuple[str, int]:
    """Read the address in parentheses behind a link, if there is one; give it and the position behind it."""
    if not text.source.startswith("(", position):
        return "", position
    begin, url = position, ""
    position += 1
    while position < len(text.source) and text.source[position] != ")":
        escaped = text.source[position] == "\\" and position + 1 < len(text.source)
        url += text.source[position + escaped]
        position += 1 + escaped
    if position >= len(text.source):
        raise text.error("Can't find end of a URL", begin)
    return url, position + 1


def _check_closed(text: MarkupText) -> None:
    if text.innermost:
        raise text.error(f"Can't find end of {SPOKEN[text.innermost.kind]} entity", text.innermost.mark)


def parse_markdown(source: str) -> tuple[str, tuple[Span, ...]]:
    """Take the marks of the legacy mode out of a text: no nesting, no escapes inside of a mark."""
    text = MarkupText(source)
    position = 0
    while position < len(source):
        character, following = source[position], source[position + 1 : position + 2]
        if character == "\\" and following in LEGACY_MARKS and following:
            text.write(following)
            position += 2
        elif character in LEGACY_MARKS:
            position = _legacy_span(text, position)
        else:
            text.write(character)
            position += 1
    return text.result()


def _legacy_span(text: MarkupText, begin: int) -> int:
    mark = "```" if text.source.startswith("```", begin) else text.source[begin]
    if mark == "[":
        return _legacy_link(text, begin)
    if mark == "```":
        position = _begin_code(text, begin)
    else:
        text.begin(SIMPLE[mark], begin)
        position = begin + 1
    end = text.source.find(mark, position)
    if end < 0:
        raise text.error("Can't find end of the entity starting", begin)
    text.write(text.source[position:end])
    text.end()
    return end + len(mark)


def _legacy_link(text: MarkupText, begin: int) -> int:
    end = text.source.find("]", begin)
    if end < 0:
        raise text.error("Can't find end of the entity starting", begin)
    url, position = _url(text, end + 1)
    if not url:
        text.write(text.source[begin + 1 : end])
        return end + 1
    text.begin("text_link", begin)
    text.write(text.source[begin + 1 : end])
    text.end(url=url)
    return position
