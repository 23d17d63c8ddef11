"""chat.startStream, chat.appendStream, chat.stopStream. https://docs.slack.dev/reference/methods/chat.startStream"""

from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.blocks import read_blocks
from playground.slack.contents import Content, read_metadata, with_block_ids
from playground.slack.errors import Refusal
from playground.slack.messages import Message
from playground.slack.methods import Answer, MethodTable
from playground.slack.methods_chat import app_message, read_face, writable
from playground.slack.places import Channel
from playground.slack.sessions import STATES
from playground.slack.streams import LIFETIME, Piece, Stream, read_piece
from playground.slack.workspace import Workspace

METHODS = MethodTable()
KINDS = ("im", "channel", "group")


@METHODS.method("chat.startStream", scope="chat:write", tier=2)
def start(workspace: Workspace, args: Arguments) -> Answer:
    channel = writable(workspace, args.needed("channel"))
    if channel.kind not in KINDS:
        raise Refusal("channel_type_not_supported")
    root = workspace.root(channel, args.needed("thread_ts"))
    _check_start(workspace, channel, args)
    stream = Stream(workspace.clock.now())
    stream.take(_read_piece(args))
    message = app_message(workspace, channel, Content(), root.ts)
    message.stream, message.extra = stream, read_face(workspace, args)
    workspace.note_mentions(message, "chat.startStream")
    workspace.statuses.pop((channel.id, root.ts), None)
    workspace.post(channel, message)
    _set_session(workspace, channel, root.ts, "processing")
    workspace.tasks.start(_expire(workspace, channel, message), f"slack-stream-{message.ts}")
    return {"channel": channel.id, "ts": message.ts}


@METHODS.method("chat.appendStream", scope="chat:write", tier=4)
def append(workspace: Workspace, args: Arguments) -> Answer:
    channel, message, stream = _own_stream(workspace, args, "stopped_by_user")
    if "markdown_text" not in args and "chunks" not in args:
        raise Refusal("no_text")
    stream.take(_read_piece(args))
    workspace.note_mentions(message, "chat.appendStream")
    workspace.changes.notify()
    return {"channel": channel.id, "ts": message.ts}


@METHODS.method("chat.stopStream", scope="chat:write", tier=2)
def stop(workspace: Workspace, args: Arguments) -> Answer:
    channel, message, stream = _own_stream(workspace, args, "message_not_in_streaming_state")
    blocks, metadata = read_blocks(args.structure("blocks", "invalid_blocks_format")), read_metadata(args)
    state = args.text("session_status", "active")
    if state not in STATES:
        raise Refusal("invalid_arguments", "unknown session_status")
    piece, before = _read_piece(args), workspace.wire(channel, message)
    if not (any(_says(chunk) for chunk in piece.chunks) or stream.size or stream.blocks or blocks):
        raise Refusal("no_text")
    stream.take(piece)
    message.blocks, message.metadata = with_block_ids(blocks, message.ts), metadata
    workspace.note_mentions(message, "chat.stopStream")
    _end(workspace, channel, message, "completed", before)
    _set_session(workspace, channel, message.thread_ts, state)
    shown = {**workspace.wire(channel, message), "streaming_state": "completed"}
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def stop_by_person(workspace: Workspace, channel: Channel, thread_ts: str) -> list[str]:
    """End the streams of a thread as Slack's Stop button does, and give their `ts`."""
    live = [m for m in channel.replies(thread_ts) if m.stream and not m.stream.ended]
    for message in live:
        _end(workspace, channel, message, "stopped", workspace.wire(channel, message))
    return [message.ts for message in live]


def _check_start(workspace: Workspace, channel: Channel, args: Arguments) -> None:
    if channel.kind != "im":
        for name in ("recipient_user_id", "recipient_team_id"):
            if not args.text(name):
                raise Refusal(f"missing_{name}")
    if args.text("recipient_user_id") and args.text("recipient_user_id") not in channel.members:
        raise Refusal("user_not_found")
    if args.text("recipient_team_id") not in ("", workspace.team_id):
        raise Refusal("team_not_found")
    if args.text("task_display_mode", "timeline") not in ("timeline", "plan"):
        raise Refusal("invalid_arguments", "unknown task_display_mode")
    if args.flag("is_stoppable") and not workspace.app.hears("agent_session_stopped"):
        raise Refusal("not_subscribed_to_message_stream_stopped")
    read_face(workspace, args)


def _own_stream(workspace: Workspace, args: Arguments, if_stopped: str) -> tuple[Channel, Message, Stream]:
    channel = writable(workspace, args.needed("channel"))
    message = channel.messages.get(args.needed("ts"))
    if message is None or message.tombstone:
        raise Refusal("message_not_found")
    if message.app_id != workspace.app.app_id:
        raise Refusal("message_not_owned_by_app")
    if message.stream is None:
        raise Refusal("message_not_in_streaming_state")
    if not message.stream.ended and workspace.clock.now() >= message.stream.started + LIFETIME:
        _close_expired(workspace, channel, message)
    message.stream.refuse_if_over(if_stopped)
    return channel, message, message.stream


def _read_piece(args: Arguments) -> Piece:
    piece = read_piece(args.optional("markdown_text"), args.structure("chunks", "invalid_chunks"))
    for chunk in piece.chunks:
        read_blocks(chunk.get("blocks"))
    return piece


def _says(chunk: dict[str, Any]) -> bool:
    return bool(chunk.get("text") or chunk.get("title") or chunk.get("blocks"))


async def _expire(workspace: Workspace, channel: Channel, message: Message) -> None:
    """Close the stream when its time is over, whether or not it still grows."""
    await workspace.clock.sleep(LIFETIME)
    if message.stream and not message.stream.ended:
        _close_expired(workspace, channel, message)


def _close_expired(workspace: Workspace, channel: Channel, message: Message) -> None:
    _end(workspace, channel, message, "expired", workspace.wire(channel, message))
    _set_session(workspace, channel, message.thread_ts, "active")


def _end(workspace: Workspace, channel: Channel, message: Message, state: str, before: dict[str, Any]) -> None:
    assert message.stream is not None  # the callers looked
    message.stream.state = state
    workspace.change(channel, message, before)


def _set_session(workspace: Workspace, channel: Channel, thread_ts: str, state: str) -> None:
    """Streaming makes the thread's session and moves it, where the workspace has sessions."""
    if workspace.app.sessions:
        workspace.sessions.set_state(channel.id, thread_ts, state)
