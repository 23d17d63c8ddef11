"""Rich messages as a request brings them: blocks, Markdown or HTML, and the media that they name."""

import re
from dataclasses import dataclass
from typing import Any

from playground.telegram.account import Account
from playground.telegram.errors import bad_request
from playground.telegram.parameters import Parameters, UploadedFile
from playground.telegram.rich_blocks import Block, Rules, checked_blocks
from playground.telegram.rich_html import html_blocks
from playground.telegram.rich_limits import check_size
from playground.telegram.rich_markdown import markdown_blocks
from playground.telegram.texts import CONTROL, DELETED
from playground.telegram.uploads import ATTACHED, media_part

SOURCES = {"html": html_blocks, "markdown": markdown_blocks}
MEDIA_LINK = re.compile(r"tg://(?:photo|video|audio|document)\?id=([A-Za-z0-9_-]{1,64})")
MOST_MARKUP_BYTES = 1 << 20


@dataclass(frozen=True)
class RequestedRich:
    """A rich message that was read but not yet checked; `media` are those that its markup names."""

    blocks: Any
    is_rtl: bool
    detect: bool
    media: dict[str, Any]


def requested_rich(params: Parameters) -> RequestedRich:
    """Read `rich_message`: exactly one of blocks, html and markdown."""
    rich = params.structure("rich_message", "rich message")
    if not isinstance(rich, dict):
        raise bad_request("object expected as rich message" if rich is not None else "rich message is empty")
    given = [name for name in ("blocks", *SOURCES) if rich.get(name) not in (None, "")]
    if len(given) != 1:
        fields = 'exactly one of the fields "blocks", "html" and "markdown" must be specified'
        raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED" if not given else f"can't parse InputRichMessage: {fields}")
    name = given[0]
    options = Parameters(rich)
    blocks = rich[name] if name == "blocks" else _from_markup(name, rich[name])
    return RequestedRich(blocks, options.flag("is_rtl"), not options.flag("skip_entity_detection"), _named(rich))


def _named(rich: dict[str, Any]) -> dict[str, Any]:
    """Give the media that the markup may name."""
    media = rich.get("media") or []
    if not isinstance(media, list) or not all(isinstance(item, dict) for item in media):
        raise bad_request('can\'t parse InputRichMessage: Field "media" must be an Array of InputRichMessageMedia')
    return {str(item.get("id")): item.get("media") for item in media}


def _from_markup(name: str, source: Any) -> list[Block]:
    if not isinstance(source, str):
        raise bad_request(f'can\'t parse InputRichMessage: Field "{name}" must be of type String')
    if len(source.encode()) > MOST_MARKUP_BYTES:
        raise bad_request("RICH_MESSAGE_TEXT_TOO_LONG")
    source = "".join(" " if one in CONTROL and one != "\t" else one for one in source if one not in DELETED)
    return SOURCES[name](source)


def rich_content(account: Account, params: Parameters, requested: RequestedRich, draft: bool = False) -> dict[str, Any]:
    """Check a rich message and make what a message shows of it; drafts take no new files."""

    def find_media(kind: str, medium: Any) -> Any:
        return _medium(account, params, kind, medium, requested.media, draft)

    rules = Rules(account.people.get, find_media, requested.detect, draft)
    blocks = checked_blocks(requested.blocks, rules)
    if not blocks and not draft:
        raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
    check_size(blocks)
    return {"blocks": blocks} | ({"is_rtl": True} if requested.is_rtl else {})


def _medium(
    account: Account, params: Parameters, kind: str, medium: Any, named: dict[str, Any], draft: bool
) -> list[Any] | dict[str, Any]:
    """Find the file of a media block: as everywhere, or by the name that the request gives it."""
    source = medium.get("media") if isinstance(medium, dict) else medium
    link = MEDIA_LINK.fullmatch(source) if isinstance(source, str) else None
    if link and isinstance(named.get(link[1]), dict):
        source = named[link[1]].get("media")
    if isinstance(source, str) and source.startswith(("http://", "https://", "tg://")):
        raise bad_request(f"RICH_MESSAGE_{kind.upper()}_NO_MEDIA_FOUND")
    if draft and (isinstance(source, UploadedFile) or str(source).startswith(ATTACHED)):
        raise bad_request("files can't be uploaded with a draft")
    of_file = "voice" if kind == "voice_note" else kind
    part = media_part(account, params, of_file, source)
    if part is None or of_file not in part:
        raise bad_request("media not found")
    shown: list[Any] | dict[str, Any] = part[of_file]
    return shown
