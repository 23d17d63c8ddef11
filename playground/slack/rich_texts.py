"""What rich text must look like: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block. Pure.

Slack names no sizes; only the whole payload has one.
"""

from playground.slack.schemas import Check, anything, by_type, choice, flag, number, several, shape, string

LONGEST = 40_000
MOST = 1000
MARKS = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
STYLE = shape({}, dict.fromkeys(MARKS, flag))


def _element(needed: dict[str, Check], **optional: Check) -> Check:
    return shape({"type": anything, **needed}, {"style": STYLE, **optional})


IN_SECTION: dict[str, Check] = {
    "text": _element({"text": string(LONGEST)}),
    "link": _element({"url": string(3000)}, text=string(LONGEST, 0), unsafe=flag),
    "emoji": _element({"name": string(255)}, unicode=string(255), skin_tone=number(1, 6)),
    "user": _element({"user_id": string(255)}),
    "usergroup": _element({"usergroup_id": string(255)}),
    "channel": _element({"channel_id": string(255)}),
    "broadcast": _element({"range": choice("here", "channel", "everyone")}),
    "date": _element({"timestamp": number(0, 10**11), "format": string(255)}, url=string(3000), fallback=string(255)),
    "color": _element({"value": string(255)}),
}
SECTION = shape({"type": anything, "elements": several(by_type(IN_SECTION), MOST, 0)})
LINES = several(by_type({"text": IN_SECTION["text"], "link": IN_SECTION["link"]}), MOST, 0)
PART = by_type(
    {
        "rich_text_section": SECTION,
        "rich_text_quote": shape(
            {"type": anything, "elements": several(by_type(IN_SECTION), MOST, 0)}, {"border": number(0, 1)}
        ),
        "rich_text_preformatted": shape(
            {"type": anything, "elements": LINES}, {"border": number(0, 1), "language": string(100, 0)}
        ),
        "rich_text_list": shape(
            {
                "type": anything,
                "style": choice("bullet", "ordered"),
                "elements": several(by_type({"rich_text_section": SECTION}), MOST),
            },
            {"indent": number(0, 8), "offset": number(0, 10**6), "border": number(0, 1)},
        ),
    }
)
RICH_TEXT = shape({"type": anything, "elements": several(PART, MOST)}, {"block_id": string(255)})
