"""Methods for topics, in forums and in private chats, and the rules about threads."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.chats import Chat, Topic
from playground.telegram.errors import bad_request
from playground.telegram.parameters import Parameters

LONGEST_NAME = 128
ICON_COLORS = frozenset({0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F})


def requested_thread(account: Account, chat: Chat, thread: int) -> int | None:
    """Check the topic that a request names; General is named by leaving it out.

    Groups without topics: the real server has ignored the thread there or refused it, depending on its version; a bot
    should not send it, so it is refused. What goes to a topic that was deleted a moment ago, where the service has not
    noticed yet, stands outside of all topics.
    """
    if thread <= 0 or _is_gone_unnoticed(account, chat, thread):
        return None
    topic = chat.topic(thread)
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed and not chat.admin and not chat.private:
        raise bad_request("TOPIC_CLOSED")
    return thread


def _is_gone_unnoticed(account: Account, chat: Chat, thread: int) -> bool:
    topic = chat.topics.get(thread)
    return topic is not None and topic.deleted and account.now() < topic.remembered_until


def create_forum_topic(account: Account, params: Parameters) -> dict[str, Any]:
    chat = account.writable_chat(params.text("chat_id"))
    _check_forum(account, chat)
    name = params.text("name").strip()
    if not name:
        raise bad_request("name must be non-empty")
    color = params.number("icon_color", 0x6FB9F0)
    if color not in ICON_COLORS:
        raise bad_request("invalid topic icon color specified")
    if not chat.private and not chat.may("can_manage_topics"):
        raise bad_request("not enough rights to create a topic")
    account.flood.spend(chat, "send")
    emoji = params.text("icon_custom_emoji_id")
    topic = account.open_topic(chat, account.bot, name[:LONGEST_NAME], icon_color=color, icon_custom_emoji_id=emoji)
    return {"message_thread_id": topic.thread, **topic.as_json()}


def edit_forum_topic(account: Account, params: Parameters) -> bool:
    """Give a topic another name or icon; posts a service message, so it counts as one."""
    chat, topic = _manageable_topic(account, params)
    name = params.text("name").strip()[:LONGEST_NAME] if params.has("name") else topic.name
    emoji = (
        params.text("icon_custom_emoji_id") if "icon_custom_emoji_id" in params.values else topic.icon_custom_emoji_id
    )
    if not name:
        raise bad_request("name must be non-empty")
    account.flood.spend(chat, "send")
    if (name, emoji) == (topic.name, topic.icon_custom_emoji_id):
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name, topic.icon_custom_emoji_id = name, emoji
    _tell(account, chat, topic, {"forum_topic_edited": {"name": name}})
    return True


def close_forum_topic(account: Account, params: Parameters) -> bool:
    return _set_closed(account, params, closed=True)


def reopen_forum_topic(account: Account, params: Parameters) -> bool:
    return _set_closed(account, params, closed=False)


def delete_forum_topic(account: Account, params: Parameters) -> bool:
    """Delete a topic with all its messages."""
    chat = account.writable_chat(params.text("chat_id"))
    topic = _requested_topic(account, chat, params)
    if not chat.private and not chat.may("can_delete_messages"):
        raise bad_request("not enough rights to delete a topic")
    account.flood.spend(chat, "free")
    remove_topic(chat, topic)
    return True


def unpin_all_forum_topic_messages(account: Account, params: Parameters) -> bool:
    chat, topic = _manageable_topic(account, params)
    account.flood.spend(chat, "free")
    chat.pinned = [one for one in chat.pinned if one in chat.messages and chat.messages[one].thread != topic.thread]
    return True


def remove_topic(chat: Chat, topic: Topic) -> None:
    topic.deleted = True
    chat.messages = {key: message for key, message in chat.messages.items() if message.thread != topic.thread}


def _set_closed(account: Account, params: Parameters, closed: bool) -> bool:
    chat, topic = _manageable_topic(account, params)
    if chat.private:
        raise bad_request("the chat is not a supergroup forum")
    account.flood.spend(chat, "send")
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    _tell(account, chat, topic, {"forum_topic_closed" if closed else "forum_topic_reopened": {}})
    return True


def _tell(account: Account, chat: Chat, topic: Topic, extra: dict[str, Any]) -> None:
    account.post(chat, account.bot, service=True, thread=topic.thread, in_topic=True, extra=extra)


def _check_forum(account: Account, chat: Chat) -> None:
    if not (account.switches.topics_enabled if chat.private else chat.forum):
        raise bad_request("the chat is not a forum")


def _requested_topic(account: Account, chat: Chat, params: Parameters) -> Topic:
    _check_forum(account, chat)
    topic = chat.topic(params.number("message_thread_id"))
    if topic is None:
        raise bad_request("message thread not found")
    return topic


def _manageable_topic(account: Account, params: Parameters) -> tuple[Chat, Topic]:
    chat = account.writable_chat(params.text("chat_id"))
    topic = _requested_topic(account, chat, params)
    if not (chat.private or topic.by_bot or chat.may("can_manage_topics")):
        raise bad_request("not enough rights to manage the topic")
    return chat, topic


METHODS = {
    "createForumTopic": create_forum_topic,
    "editForumTopic": edit_forum_topic,
    "closeForumTopic": close_forum_topic,
    "reopenForumTopic": reopen_forum_topic,
    "deleteForumTopic": delete_forum_topic,
    "unpinAllForumTopicMessages": unpin_all_forum_topic_messages,
}
