"""chat.*: posting, changing and deleting messages. https://docs.slack.dev/reference/methods/chat.postMessage"""

from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.contents import (
    Content,
    makes_mentions,
    read_content,
    read_metadata,
    with_block_ids,
    with_warnings,
)
from playground.slack.errors import Refusal
from playground.slack.messages import Message
from playground.slack.methods import Answer, MethodTable
from playground.slack.places import Channel
from playground.slack.rates import POST_BURST, POST_GAP, POSTS, Limit
from playground.slack.workspace import DOMAIN, Workspace

METHODS = MethodTable()


def post_limits(workspace: Workspace, args: Arguments) -> list[Limit]:
    """One message a second in a channel, and several hundred a minute in all; a person's id means their channel."""
    place = str(args.values.get("channel"))
    if place in workspace.people and place != workspace.bot.id:
        place = workspace.dm(workspace.people[place]).id
    pace = Limit(("chat.postMessage", place), 1, POST_GAP, POST_BURST)
    return [pace, Limit(("chat.postMessage",), POSTS)]


@METHODS.method("chat.postMessage", scope="chat:write", limits=post_limits)
def post_message(workspace: Workspace, args: Arguments) -> Answer:
    channel = open_place(workspace, args)
    content, metadata = read_content(args), read_metadata(args)
    face = read_face(workspace, args)
    thread_ts = read_thread(workspace, channel, args)
    message = app_message(workspace, channel, content, thread_ts)
    message.metadata, message.extra = metadata, face
    if args.flag("reply_broadcast") and thread_ts:
        message.subtype = "thread_broadcast"
    workspace.note_mentions(message, "chat.postMessage", link_names=makes_mentions(args, "none"))
    workspace.statuses.pop((channel.id, thread_ts), None)
    workspace.post(channel, message)
    answer = {"channel": channel.id, "ts": message.ts, "message": workspace.wire(channel, message)}
    return with_warnings(answer, content.warnings)


@METHODS.method("chat.postEphemeral", scope="chat:write", tier=4)
def post_ephemeral(workspace: Workspace, args: Arguments) -> Answer:
    channel = writable(workspace, args.needed("channel"))
    person = workspace.person(args.needed("user"))
    if person.id not in channel.members:
        raise Refusal("user_not_in_channel")
    content = read_content(args)
    face = read_face(workspace, args)
    message = app_message(workspace, channel, content, read_thread(workspace, channel, args))
    message.ephemeral_to, message.extra = person.id, face
    workspace.note_mentions(message, "chat.postEphemeral", link_names=makes_mentions(args, "none"))
    workspace.ephemerals.append(message)
    return {"message_ts": message.ts}


@METHODS.method("chat.update", scope="chat:write", tier=3)
def update(workspace: Workspace, args: Arguments) -> Answer:
    channel, message = own_message(workspace, args, "cant_update_message")
    if message.stream and not message.stream.ended:
        raise Refusal("streaming_state_conflict")
    window = workspace.edit_window
    if window is not None and workspace.clock.now() > float(message.ts) + window:
        raise Refusal("edit_window_closed")
    content, metadata = read_content(args, update=True), read_metadata(args)
    before = workspace.wire(channel, message)
    show(message, content)
    message.metadata = metadata if metadata is not None else message.metadata
    if not content.blocks:
        message.edited = {"user": workspace.bot.id, "ts": workspace.stamps.new()}
    workspace.note_mentions(message, "chat.update", link_names=makes_mentions(args, "client"))
    workspace.change(channel, message, before)
    answer = {"channel": channel.id, "ts": message.ts, "text": message.wire_text}
    return with_warnings({**answer, "message": workspace.wire(channel, message)}, content.warnings)


@METHODS.method("chat.delete", scope="chat:write", tier=3)
def delete(workspace: Workspace, args: Arguments) -> Answer:
    channel, message = own_message(workspace, args, "cant_delete_message")
    if message.stream and not message.stream.ended:
        raise Refusal("cant_delete_message")
    workspace.remove(channel, message)
    return {"channel": channel.id, "ts": message.ts}


@METHODS.method("chat.getPermalink", takes_json=False)
def get_permalink(workspace: Workspace, args: Arguments) -> Answer:
    channel, ts = workspace.channel(args.needed("channel")), args.needed("message_ts")
    if ts not in channel.messages:
        raise Refusal("message_not_found")
    return {"channel": channel.id, "permalink": permalink(channel, channel.messages[ts])}


def permalink(channel: Channel, message: Message) -> str:
    link = f"https://{DOMAIN}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return f"{link}?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else link


def open_place(workspace: Workspace, args: Arguments) -> Channel:
    """Give the place to post in; a person's id means the conversation with them."""
    place = args.needed("channel")
    if place in workspace.people:
        if workspace.people[place].is_bot:
            raise Refusal("channel_not_found")
        place = workspace.dm(workspace.people[place]).id
    return writable(workspace, place)


def writable(workspace: Workspace, channel_id: str) -> Channel:
    """Give a channel that the app may write in; refuse what is archived, restricted or not joined."""
    channel = workspace.channel(channel_id)
    if not channel.bot_in and "chat:write.public" not in workspace.app.scopes:
        raise Refusal("not_in_channel")
    if channel.archived:
        raise Refusal("is_archived")
    if channel.kind == "im" and not workspace.app.messages_tab:
        raise Refusal("messages_tab_disabled")
    if channel.restricted:
        raise Refusal(channel.restricted)
    return channel


def read_face(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """Give the name and picture that one message shows instead of the app's; they need a scope."""
    if any(name in args for name in ("username", "icon_emoji", "icon_url")):
        workspace.app.need_scope("chat:write.customize")
    icons = {"emoji": args.text("icon_emoji"), "image_48": args.text("icon_url")}
    face = {"username": args.text("username"), "icons": {kind: icon for kind, icon in icons.items() if icon}}
    return {name: value for name, value in face.items() if value}


def read_thread(workspace: Workspace, channel: Channel, args: Arguments) -> str:
    """Give the thread to reply in, "" for none."""
    if "thread_ts" not in args:
        return ""
    return workspace.root(channel, args.text("thread_ts")).ts


def app_message(workspace: Workspace, channel: Channel, content: Content, thread_ts: str) -> Message:
    """Make a message of the app."""
    ts = workspace.stamps.new()
    message = Message(ts, channel.id, workspace.bot.id, thread_ts=thread_ts)
    message.bot_id, message.app_id = workspace.bot.bot_id, workspace.app.app_id
    show(message, content)
    return message


def show(message: Message, content: Content) -> None:
    """Let the message show this and nothing else; text without blocks takes the blocks away."""
    message.text, message.markdown_text = content.text, content.markdown_text
    message.blocks = with_block_ids(content.blocks, message.ts)
    message.attachments = content.attachments
    message.stream = None


def own_message(workspace: Workspace, args: Arguments, error: str) -> tuple[Channel, Message]:
    """Give a message of the app that may be changed; ephemeral ones are not found."""
    channel = workspace.channel(args.needed("channel"))
    message = channel.messages.get(args.needed("ts"))
    if message is None or message.tombstone:
        raise Refusal("message_not_found")
    if not channel.bot_in:
        raise Refusal("channel_not_found")
    if message.app_id != workspace.app.app_id:
        raise Refusal(error)
    if channel.archived:
        raise Refusal("is_inactive")
    return channel, message
