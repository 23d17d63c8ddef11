"""Rich messages: blocks, Markdown and HTML in, blocks out, and what is too much."""

import asyncio
from typing import Any

import pytest

from tests.playground.telegram_world import Refused, World, picture, telegram_world

MARKDOWN = """# Title with `code`

Some **bold *both*** text, [a page](https://example.com), $x^2$ and List<String> for $5 and $10.

- [x] done
- [ ] open

3. three
4. four
   > quoted

| left | right |
|:-----|------:|
| 1    | **2** |

```python
print("hi")
```

```math
E = mc^2
```

---
"""
BLOCKS = [
    {"type": "heading", "size": 1, "text": ["Title with ", {"type": "code", "text": "code"}]},
    {
        "type": "paragraph",
        "text": [
            "Some ",
            {"type": "bold", "text": ["bold ", {"type": "italic", "text": "both"}]},
            " text, ",
            {"type": "url", "text": "a page", "url": "https://example.com/"},
            ", ",
            {"type": "mathematical_expression", "expression": "x^2"},
            " and List<String> for $5 and $10.",
        ],
    },
    {
        "type": "list",
        "items": [
            {
                "label": "•",
                "blocks": [{"type": "paragraph", "text": "done"}],
                "has_checkbox": True,
                "is_checked": True,
            },
            {"label": "•", "blocks": [{"type": "paragraph", "text": "open"}], "has_checkbox": True},
        ],
    },
    {
        "type": "list",
        "items": [
            {"label": "3.", "blocks": [{"type": "paragraph", "text": "three"}], "value": 3, "type": "1"},
            {
                "label": "4.",
                "blocks": [
                    {"type": "paragraph", "text": "four"},
                    {"type": "blockquote", "blocks": [{"type": "paragraph", "text": "quoted"}]},
                ],
                "value": 4,
                "type": "1",
            },
        ],
    },
    {
        "type": "table",
        "cells": [
            [
                {"align": "left", "valign": "top", "text": "left", "is_header": True},
                {"align": "right", "valign": "top", "text": "right", "is_header": True},
            ],
            [
                {"align": "left", "valign": "top", "text": "1"},
                {"align": "right", "valign": "top", "text": {"type": "bold", "text": "2"}},
            ],
        ],
    },
    {"type": "pre", "text": 'print("hi")', "language": "python"},
    {"type": "mathematical_expression", "expression": "E = mc^2"},
    {"type": "divider"},
]
HTML = """
<h1>Title with <code>code</code></h1>
<p>Some <b>bold <i>both</i></b> text, <a href="https://example.com">a page</a>, <tg-math>x^2</tg-math> and
   List&lt;String&gt; for $5 and $10.</p>
<ul><li><input type="checkbox" checked>done</li><li><input type="checkbox">open</li></ul>
<ol start="3"><li>three</li><li>four<blockquote>quoted</blockquote></li></ol>
<table><tr><th align="left">left</th><th align="right">right</th></tr>
<tr><td>1</td><td align="right"><b>2</b></td></tr></table>
<pre><code class="language-python">print(&quot;hi&quot;)</code></pre>
<tg-math-block>E = mc^2</tg-math-block><hr/>
"""


def paragraph(text: Any = "x") -> dict[str, Any]:
    return {"type": "paragraph", "text": text}


def nested(levels: int) -> dict[str, Any]:
    """Make quotations in one another, the innermost with a paragraph in it."""
    block = paragraph()
    for _ in range(levels - 1):
        block = {"type": "blockquote", "blocks": [block]}
    return block


def table(columns: int) -> dict[str, Any]:
    return {"type": "table", "cells": [[{"text": "x"}] * columns]}


async def shown(world: World, **rich: Any) -> Any:
    sent = await world.bot.call("sendRichMessage", chat_id=world.chat.id, rich_message=rich)
    assert "text" not in sent
    return sent["rich_message"]["blocks"]


async def refusal(world: World, **rich: Any) -> str:
    reason = await world.bot.refusal("sendRichMessage", chat_id=world.chat.id, rich_message=rich)
    return reason.removeprefix("Bad Request: ")


async def test_markdown_becomes_blocks() -> None:
    async with telegram_world() as world:
        assert await shown(world, markdown=MARKDOWN) == BLOCKS


async def test_html_becomes_the_same_blocks() -> None:
    async with telegram_world() as world:
        assert await shown(world, html=HTML) == BLOCKS


async def test_blocks_come_back_as_they_were_sent_and_unknown_fields_are_dropped() -> None:
    async with telegram_world() as world:
        assert await shown(world, blocks=BLOCKS) == BLOCKS
        assert await shown(world, blocks=[paragraph() | {"colour": "red"}]) == [paragraph()]


@pytest.mark.parametrize(
    ("html", "block"),
    [
        ("loose <u>text</u>", paragraph(["loose ", {"type": "underline", "text": "text"}])),
        ("<footer>end</footer>", {"type": "footer", "text": "end"}),
        ("<aside>wise<cite>Ann</cite></aside>", {"type": "pullquote", "text": "wise", "credit": "Ann"}),
        (
            "<blockquote collapsed>long<cite>Ann</cite></blockquote>",
            {"type": "expandable_blockquote", "text": "long", "credit": "Ann"},
        ),
        (
            "<details open><summary>Why</summary>So</details>",
            {"type": "details", "summary": "Why", "blocks": [paragraph("So")], "is_open": True},
        ),
        (
            '<ol type="a" reversed start="2"><li>x</li><li value="7">y</li></ol>',
            {
                "type": "list",
                "items": [
                    {"label": "2.", "blocks": [paragraph()], "value": 2, "type": "a"},
                    {"label": "7.", "blocks": [paragraph("y")], "value": 7, "type": "a"},
                ],
            },
        ),
        (
            '<a name="top"></a><a href="#top">up</a><br>a&hellip;&#65;&copy;',
            paragraph(
                [
                    {"type": "anchor", "name": "top"},
                    {"type": "anchor_link", "text": "up", "anchor_name": "top"},
                    "\na…A&copy;",
                ]
            ),
        ),
        (
            '<tg-emoji emoji-id="5">👍</tg-emoji><tg-time unix="60" format="t">soon</tg-time>',
            paragraph(
                [
                    {"type": "custom_emoji", "custom_emoji_id": "5", "alternative_text": "👍"},
                    {"type": "date_time", "text": "soon", "unix_time": 60, "date_time_format": "t"},
                ]
            ),
        ),
        (
            '<tg-reference name="n">Note</tg-reference><a href="mailto:a@b.co">mail</a>',
            paragraph(
                [
                    {"type": "reference", "text": "Note", "name": "n"},
                    {"type": "email_address", "text": "mail", "email_address": "a@b.co"},
                ]
            ),
        ),
        (
            "<table bordered><caption>T</caption><tr><td colspan=2>x</td></tr></table>",
            {
                "type": "table",
                "cells": [[{"align": "left", "valign": "top", "text": "x", "colspan": 2}]],
                "caption": "T",
                "is_bordered": True,
            },
        ),
    ],
)
async def test_every_tag_of_rich_html_has_its_block(html: str, block: dict[str, Any]) -> None:
    async with telegram_world() as world:
        assert await shown(world, html=html) == [block]


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("ä<font>x</font>", 'can\'t parse entities: Unsupported start tag "font" at byte offset 2'),
        ("1 < 2", 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        ("ä<b", "can't parse entities: Unclosed start tag at byte offset 2"),
        ("<p>x</p", "can't parse entities: Unclosed start tag at byte offset 4"),
        ("x<!-- y -->", 'can\'t parse entities: Unsupported start tag "!--" at byte offset 1'),
        ("<?php?>", 'can\'t parse entities: Unsupported start tag "?" at byte offset 0'),
        ("<!DOCTYPE html>", 'can\'t parse entities: Unsupported start tag "!" at byte offset 0'),
        ("<b>x", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        (
            "\n<b><i>x</b></i>",
            'can\'t parse entities: Unmatched end tag at byte offset 8, expected "</i>", found "</b>"',
        ),
        ("x</b>", "can't parse entities: Unexpected end tag at byte offset 1"),
        ("<p><ul><li>x</li></ul></p>", "can't parse entities: Tag \"ul\" isn't allowed here"),
        ("<ul>x</ul>", "can't parse entities: Text isn't allowed directly in the tag \"ul\""),
        ('<a href="file:///etc/hosts">x</a>', "RICH_MESSAGE_URL_INVALID"),
        ('<a href="tg://user?id=5">x</a>', "RICH_MESSAGE_MENTION_INVALID"),
        ('<img src="https://example.com/a.png"/>', "RICH_MESSAGE_PHOTO_NO_MEDIA_FOUND"),
        ("<h1> </h1>", "RICH_MESSAGE_CONTENT_REQUIRED"),
        ("<tg-collage></tg-collage>", "RICH_MESSAGE_CONTENT_REQUIRED"),
        ("<tg-thinking>Hm</tg-thinking>", "RICH_MESSAGE_THINKING_INVALID"),
        ("  ", "RICH_MESSAGE_CONTENT_REQUIRED"),
    ],
)
async def test_html_that_telegram_cannot_show_is_refused(html: str, reason: str) -> None:
    async with telegram_world() as world:
        assert await refusal(world, html=html) == reason


async def test_exactly_one_of_blocks_html_and_markdown_is_taken() -> None:
    async with telegram_world() as world:
        assert "exactly one of the fields" in await refusal(world, html="x", markdown="x")
        assert await refusal(world, is_rtl=True) == "RICH_MESSAGE_CONTENT_REQUIRED"
        assert await world.bot.refusal("sendRichMessage", chat_id=world.chat.id) == (
            "Bad Request: rich message is empty"
        )


@pytest.mark.parametrize(
    ("fits", "is_too_much", "reason"),
    [
        ([paragraph("😀" * 32768)], [paragraph("x" * 32769)], "TEXT_TOO_LONG"),
        ([paragraph()] * 500, [paragraph()] * 501, "BLOCKS_TOO_MANY"),
        (
            [{"type": "list", "items": [{"blocks": [paragraph()]}] * 249}],
            [{"type": "list", "items": [{"blocks": [paragraph()]}] * 250}],
            "BLOCKS_TOO_MANY",
        ),
        ([nested(16)], [nested(17)], "DEPTH_INVALID"),
        ([table(20)], [table(21)], "TABLE_COLS_TOO_MANY"),
    ],
)
async def test_a_rich_message_has_its_limits(fits: list[Any], is_too_much: list[Any], reason: str) -> None:
    async with telegram_world() as world:
        assert len(await shown(world, blocks=fits)) == len(fits)
        assert await refusal(world, blocks=is_too_much) == f"RICH_MESSAGE_{reason}"


async def test_formatting_counts_as_levels_too() -> None:
    text: Any = "x"
    for _ in range(15):
        text = {"type": "bold", "text": text}
    async with telegram_world() as world:
        assert await shown(world, blocks=[paragraph(text)])
        assert await refusal(world, blocks=[paragraph({"type": "italic", "text": text})]) == (
            "RICH_MESSAGE_DEPTH_INVALID"
        )


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"type": "song"}, "can't parse InputRichBlock: InputRichBlock has unsupported type song"),
        ({"type": "paragraph"}, "can't parse InputRichBlock: Can't find field \"text\""),
        (paragraph({"type": "loud", "text": "x"}), "can't parse InputRichBlock: RichText has unsupported type loud"),
        (paragraph({"type": "url", "text": "x"}), "can't parse InputRichBlock: Can't find field \"url\""),
        ({"type": "heading", "text": "x", "size": 7}, "can't parse InputRichBlock: invalid heading size specified"),
        ({"type": "list", "items": []}, "RICH_MESSAGE_CONTENT_REQUIRED"),
        ({"type": "collage", "blocks": [paragraph()]}, "can't parse InputRichBlock: only media can be in a collage"),
        (
            {"type": "table", "cells": [[{"text": "x", "align": "up"}]]},
            "can't parse InputRichBlock: invalid align specified",
        ),
        ({"type": "map"}, "blocks of type map are more than this stand-in can do"),
    ],
)
async def test_blocks_that_are_none_are_refused(block: dict[str, Any], reason: str) -> None:
    async with telegram_world() as world:
        assert await refusal(world, blocks=[block]) == reason


async def test_what_is_clickable_is_found_unless_the_bot_does_not_want_it() -> None:
    async with telegram_world() as world:
        text = "see example.com or @ann_lee"
        assert await shown(world, markdown=text) == [
            paragraph(
                [
                    "see ",
                    {"type": "url", "text": "example.com", "url": "http://example.com/"},
                    " or ",
                    {"type": "mention", "text": "@ann_lee", "username": "ann_lee"},
                ]
            )
        ]
        assert await shown(world, markdown=text, skip_entity_detection=True) == [paragraph(text)]


async def test_half_an_email_address_makes_telegram_refuse_it_all_unless_detection_is_off() -> None:
    async with telegram_world() as world:
        assert await refusal(world, markdown="use openai/gpt@latest") == "RICH_MESSAGE_EMAIL_INVALID"
        assert await shown(world, markdown="use openai/gpt@latest", skip_entity_detection=True)
        assert await shown(world, markdown="use `openai/gpt@latest`")


async def test_media_come_by_file_id_by_upload_or_by_the_name_that_the_request_gives_them() -> None:
    async with telegram_world() as world:
        photo = (await world.bot.upload("sendPhoto", {"photo": picture()}, chat_id=world.chat.id))["photo"]
        media = {"type": "photo", "media": photo[0]["file_id"]}
        block = {"type": "photo", "photo": media, "caption": {"text": "Caption", "credit": "Ann"}}
        assert (await shown(world, blocks=[block]))[0] == block | {"photo": photo}
        named = [{"id": "one", "media": media}]
        assert (await shown(world, markdown='![](tg://photo?id=one "Title")', media=named))[0] == {
            "type": "photo",
            "photo": photo,
            "caption": {"text": "Title"},
        }
        rich = {"blocks": [{"type": "photo", "photo": {"type": "photo", "media": "attach://file"}}]}
        sent = await world.bot.upload("sendRichMessage", {"file": picture()}, chat_id=world.chat.id, rich_message=rich)
        assert len(sent["rich_message"]["blocks"][0]["photo"]) == 4
        assert await refusal(world, **rich) == "media not found"
        assert await refusal(world, blocks=[block] * 51) == "RICH_MESSAGE_MEDIA_TOO_MANY"


async def test_send_rich_message_draft_may_think_and_may_be_empty() -> None:
    async with telegram_world() as world:
        draft = {"chat_id": world.chat.id, "draft_id": 7, "can_stop": True}
        for html in ("<tg-thinking>Looking it up</tg-thinking>", "<h1>Title</h1><p></p>"):
            await world.bot.call("sendRichMessageDraft", rich_message={"html": html}, **draft)
        assert [frame.text for frame in world.telegram.draft_frames] == ["Looking it up", "Title"]
        seen = world.telegram.draft(world.chat)
        assert seen is not None
        assert seen.rich_message is not None
        assert seen.rich_message["blocks"][0]["type"] == "heading"
        await world.bot.call("sendRichMessage", chat_id=world.chat.id, rich_message={"html": "<h1>Title</h1>"})
        assert world.telegram.draft(world.chat) is None


async def test_send_rich_message_draft_is_for_private_chats_and_takes_no_uploads() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        rich = {"markdown": "x"}
        for params, reason in (
            ({"chat_id": group.id, "draft_id": 1}, "TEXTDRAFT_PEER_INVALID"),
            ({"chat_id": world.chat.id, "draft_id": 0}, "RANDOM_ID_INVALID"),
        ):
            assert await world.bot.refusal("sendRichMessageDraft", rich_message=rich, **params) == (
                f"Bad Request: {reason}"
            )
        attached = {"blocks": [{"type": "photo", "photo": {"type": "photo", "media": "attach://file"}}]}
        with pytest.raises(Refused, match="files can't be uploaded with a draft"):
            await world.bot.upload(
                "sendRichMessageDraft",
                {"file": picture()},
                chat_id=world.chat.id,
                draft_id=1,
                rich_message=attached,
            )


async def test_edit_message_text_puts_a_rich_message_in_the_place_of_a_text_and_back() -> None:
    async with telegram_world() as world:
        sent = await world.send("plain")
        edit = {"chat_id": world.chat.id, "message_id": sent["message_id"]}
        rich = {"markdown": "# Rich"}
        edited = await world.bot.call("editMessageText", rich_message=rich, **edit)
        assert edited["rich_message"] == {"blocks": [{"type": "heading", "size": 1, "text": "Rich"}]}
        assert "text" not in edited
        assert world.telegram.rendered(world.chat, sent["message_id"]) == "Rich"
        assert "message is not modified" in await world.bot.refusal("editMessageText", rich_message=rich, **edit)
        again = await world.bot.call("editMessageText", text="plain", **edit)
        assert "rich_message" not in again
        both = {"text": "x", "rich_message": rich}
        assert "can't be used together" in await world.bot.refusal("editMessageText", **both, **edit)


async def test_a_rich_message_may_be_written_from_right_to_left() -> None:
    async with telegram_world() as world:
        rich = {"markdown": "שלום", "is_rtl": True}
        sent = await world.bot.call("sendRichMessage", chat_id=world.chat.id, rich_message=rich)
        assert sent["rich_message"]["is_rtl"]


@pytest.mark.parametrize(
    "source",
    [
        {"markdown": "> " * 17 + "x"},
        {"markdown": "".join("  " * level + "- x\n" for level in range(9))},
        {"html": "<b>" * 17 + "x" + "</b>" * 17},
        {"html": "<b>" * 5000 + "x" + "</b>" * 5000},
    ],
    ids=["quotes", "lists", "tags", "many tags"],
)
async def test_what_is_nested_too_deep_is_refused_in_every_form(source: dict[str, str]) -> None:
    async with telegram_world() as world:
        assert await refusal(world, **source) == "RICH_MESSAGE_DEPTH_INVALID"


async def test_numbers_in_html_that_are_none_do_not_count() -> None:
    async with telegram_world() as world:
        html = '<ol start="x"><li value="">a</li></ol><table><tr><td colspan="y">b</td></tr></table>'
        numbered, cells = await shown(world, html=html)
        assert numbered["items"][0]["label"] == "1."
        assert cells["cells"] == [[{"align": "left", "valign": "top", "text": "b"}]]


async def test_a_person_sees_the_blocks_as_html_and_nothing_of_it_comes_from_the_bot() -> None:
    async with telegram_world() as world:
        rich = {"html": HTML + "<details><summary>&lt;script&gt;</summary><blockquote>q</blockquote></details>"}
        sent = await world.bot.call("sendRichMessage", chat_id=world.chat.id, rich_message=rich)
        assert world.telegram.html(world.chat, sent["message_id"]) == (
            "<h1>Title with <code>code</code></h1>"
            '<p>Some <b>bold <i>both</i></b> text, <a href="https://example.com/">a page</a>,'
            " <tg-math>x^2</tg-math> and List&lt;String&gt; for $5 and $10.</p>"
            '<ul><li><input type="checkbox" disabled checked><p>done</p></li>'
            '<li><input type="checkbox" disabled><p>open</p></li></ul>'
            '<ol><li value="3"><p>three</p></li>'
            '<li value="4"><p>four</p><blockquote><p>quoted</p></blockquote></li></ol>'
            '<table><tr><th align="left">left</th><th align="right">right</th></tr>'
            '<tr><td align="left">1</td><td align="right"><b>2</b></td></tr></table>'
            '<pre><code class="language-python">print("hi")</code></pre>'
            "<tg-math-block>E = mc^2</tg-math-block><hr>"
            "<details><summary>&lt;script&gt;</summary><blockquote><p>q</p></blockquote></details>"
        )


def button(**action: Any) -> dict[str, Any]:
    return {"text": "Go"} | action


async def test_buttons_stand_between_the_blocks_and_are_pressed_like_any() -> None:
    async with telegram_world() as world:
        html = (
            '<tg-button-row align="center"><tg-button type="callback_data" data="go" style="primary">Go <b>on</b>'
            '</tg-button><tg-button type="url" url="https://example.com">See</tg-button>'
            "<tg-button disabled>Gone</tg-button></tg-button-row>"
        )
        sent = await world.bot.call("sendRichMessage", chat_id=world.chat.id, rich_message={"html": html})
        assert sent["rich_message"]["blocks"] == [
            {
                "type": "buttons",
                "align": "center",
                "buttons": [
                    {"text": ["Go ", {"type": "bold", "text": "on"}], "callback_data": "go", "style": "primary"},
                    {"text": "See", "url": "https://example.com/"},
                    {"text": "Gone", "disabled": {}},
                ],
            }
        ]
        press = asyncio.create_task(world.telegram.press(world.ann, world.chat, sent["message_id"], "Go on"))
        await world.telegram.wait_for(lambda: world.telegram.pending_updates)
        query = world.telegram.pending_updates[0]["callback_query"]
        assert (query["data"], query["message"]["rich_message"]) == ("go", sent["rich_message"])
        await world.bot.call("answerCallbackQuery", callback_query_id=query["id"])
        await press


@pytest.mark.parametrize(
    ("buttons", "reason"),
    [
        ([], "can't parse InputRichBlock: a row must have 1-8 buttons"),
        ([button(callback_data="x")] * 9, "can't parse InputRichBlock: a row must have 1-8 buttons"),
        ([button()], "can't parse InputRichBlock: exactly one action must be specified for a button"),
        (
            [button(callback_data="x", url="https://example.com")],
            "can't parse InputRichBlock: exactly one action must be specified for a button",
        ),
        ([button(callback_data="ä" * 33)], "BUTTON_DATA_INVALID"),
        ([button(url="ftp://example.com")], "BUTTON_URL_INVALID"),
        ([button(callback_data="x", style="loud")], "can't parse InputRichBlock: invalid button style specified"),
        ([button(callback_data="x") | {"text": " "}], "RICH_MESSAGE_CONTENT_REQUIRED"),
    ],
)
async def test_wrong_buttons_between_the_blocks_are_refused(buttons: list[Any], reason: str) -> None:
    async with telegram_world() as world:
        assert await refusal(world, blocks=[{"type": "buttons", "buttons": buttons}]) == reason


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("==new== and ||secret||", [{"type": "marked", "text": "new"}, " and ", {"type": "spoiler", "text": "secret"}]),
        (
            "**a ==b ||c||==**",
            {
                "type": "bold",
                "text": ["a ", {"type": "marked", "text": ["b ", {"type": "spoiler", "text": "c"}]}],
            },
        ),
        ("a == b || c == d", "a == b || c == d"),
        ("`==a==` ==b", [{"type": "code", "text": "==a=="}, " ==b"]),
        ("a=1, b===c, d|e", "a=1, b===c, d|e"),
    ],
)
async def test_marked_and_hidden_words_have_marks_of_their_own(markdown: str, text: Any) -> None:
    async with telegram_world() as world:
        assert await shown(world, markdown=markdown) == [paragraph(text)]
