"""Methods that show a person a text while it is being written."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.chats import Chat
from playground.telegram.drafts import DraftFrame
from playground.telegram.errors import bad_request
from playground.telegram.parameters import Parameters
from playground.telegram.rich_limits import plain_text
from playground.telegram.rich_messages import requested_rich, rich_content
from playground.telegram.texts import formatted, requested_text
from playground.telegram.topics import requested_thread


def send_message_draft(account: Account, params: Parameters) -> bool:
    """Show a text; empty means "Thinking…"."""
    text = requested_text(params, may_be_empty=True)
    chat, thread = _requested_place(account, params)
    content = formatted(text, account.people.get, may_be_empty=True)
    return _show(account, params, chat, thread, text=content.text, entities=content.entities)


def send_rich_message_draft(account: Account, params: Parameters) -> bool:
    """Show a rich message; here alone a block may say "Thinking…"."""
    rich = requested_rich(params)
    chat, thread = _requested_place(account, params)
    content = rich_content(account, params, rich, draft=True)
    return _show(account, params, chat, thread, text=plain_text(content["blocks"]), rich_message=content)


def _requested_place(account: Account, params: Parameters) -> tuple[Chat, int | None]:
    """Find where a draft shall stand: in private chats only, and under a number that is not 0."""
    chat = account.writable_chat(params.text("chat_id"))
    if not chat.private or params.text("chat_id").startswith("@"):
        raise bad_request("TEXTDRAFT_PEER_INVALID")
    thread = requested_thread(account, chat, params.number("message_thread_id"))
    if params.number("draft_id") == 0:
        raise bad_request("RANDOM_ID_INVALID")
    return chat, thread


def _show(account: Account, params: Parameters, chat: Chat, thread: int | None, **content: Any) -> bool:
    account.flood.spend(chat, "typing")
    frame = DraftFrame(
        chat.id,
        thread,
        params.number("draft_id"),
        time=account.now(),
        can_stop=params.flag("can_stop"),
        keep_on_stop=params.flag("keep_on_stop"),
        **content,
    )
    account.drafts.show(frame)
    return True


METHODS = {"sendMessageDraft": send_message_draft, "sendRichMessageDraft": send_rich_message_draft}
