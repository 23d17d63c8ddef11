"""agents.sessions.* and assistant.threads.*: titles and states of threads. https://docs.slack.dev/ai/agent-sessions"""

from playground.slack.arguments import Arguments
from playground.slack.errors import Refusal
from playground.slack.methods import Answer, MethodTable
from playground.slack.methods_chat import read_face
from playground.slack.places import Channel
from playground.slack.sessions import LONGEST_TITLE, STATES
from playground.slack.workspace import Workspace

METHODS = MethodTable()
STATUS_LASTS = 120.0
MOST_LOADING = 10
LONGEST_LOADING = 50
MOST_PROMPTS = 4


@METHODS.method("agents.sessions.setStatus", scope="chat:write", tier=3)
def set_session_status(workspace: Workspace, args: Arguments) -> Answer:
    channel, thread_ts = _session_place(workspace, args)
    status, title = args.text("status"), args.text("title")
    if status not in STATES:
        raise Refusal("invalid_status")
    if len(title) > LONGEST_TITLE:
        raise Refusal("invalid_arguments", "title must be at most 200 characters")
    if "initiator_user_id" in args:
        workspace.person(args.text("initiator_user_id"))
    read_face(workspace, args)
    session = workspace.sessions.set_state(channel.id, thread_ts, status, title)
    _touch(workspace, channel, thread_ts)
    answer: Answer = {"status": status, "agent_status": status, "title": session.title}
    if not workspace.app.hears("agent_session_stopped"):
        answer["warning"] = "missing_agent_session_stopped_event_subscription"
    return answer


@METHODS.method("agents.sessions.rename", scope="chat:write", tier=3)
def rename_session(workspace: Workspace, args: Arguments) -> Answer:
    channel, thread_ts = _session_place(workspace, args)
    title = args.text("title").strip()
    if not 0 < len(title) <= LONGEST_TITLE:
        raise Refusal("invalid_name")
    session = workspace.sessions.at(channel.id, thread_ts)
    if session is None:
        raise Refusal("not_authorized")
    if channel.archived:
        raise Refusal("is_archived")
    session.title = title
    _touch(workspace, channel, thread_ts)
    return {"title": title}


@METHODS.method("assistant.threads.setStatus", scope="chat:write")
def set_thread_status(workspace: Workspace, args: Arguments) -> Answer:
    channel, thread_ts = _assistant_place(workspace, args)
    if "status" not in args:
        raise Refusal("invalid_arguments", "missing required field: status")
    lines = args.structure("loading_messages")
    if lines is not None and not _is_loading(lines):
        raise Refusal("invalid_arguments", "loading_messages: at most 10 texts of at most 50 characters")
    read_face(workspace, args)
    workspace.statuses.pop((channel.id, thread_ts), None)
    if args.text("status"):
        workspace.statuses[channel.id, thread_ts] = (args.text("status"), workspace.clock.now() + STATUS_LASTS)
    return {}


@METHODS.method("assistant.threads.setTitle", scope="assistant:write", tier=4)
def set_thread_title(workspace: Workspace, args: Arguments) -> Answer:
    channel, thread_ts = _assistant_place(workspace, args)
    _refuse_outside_dm(channel)
    title = args.needed("title")
    if workspace.app.sessions:
        workspace.sessions.set_state(channel.id, thread_ts, "active").title = title[:LONGEST_TITLE]
    return {}


@METHODS.method("assistant.threads.setSuggestedPrompts", scope="assistant:write", tier=4)
def set_suggested_prompts(workspace: Workspace, args: Arguments) -> Answer:
    if not workspace.app.agent_view:
        raise Refusal("not_agent_app")
    channel = workspace.channel(args.needed("channel_id"))
    _refuse_outside_dm(channel)
    thread_ts = args.text("thread_ts")
    if thread_ts:
        channel, thread_ts = _assistant_place(workspace, args)
    prompts = args.structure("prompts")
    if not isinstance(prompts, list) or not 0 < len(prompts) <= MOST_PROMPTS:
        raise Refusal("invalid_arguments", f"prompts must be a list of 1 to {MOST_PROMPTS}")
    if not all(isinstance(prompt, dict) and prompt.get("title") and prompt.get("message") for prompt in prompts):
        raise Refusal("invalid_arguments", "a prompt needs title and message")
    workspace.prompts[channel.id, thread_ts] = {"title": args.text("title"), "prompts": prompts}
    return {}


def _session_place(workspace: Workspace, args: Arguments) -> tuple[Channel, str]:
    if not workspace.app.sessions:
        raise Refusal("feature_disabled")
    channel = workspace.channel(args.needed("channel_id"))
    if not channel.bot_in:
        raise Refusal("not_authorized")
    thread_ts = args.text("thread_ts")
    if not thread_ts:
        raise Refusal("thread_ts_required")
    if thread_ts not in channel.messages:
        raise Refusal("invalid_arguments", "no such thread")
    return channel, thread_ts


def _assistant_place(workspace: Workspace, args: Arguments) -> tuple[Channel, str]:
    channel = workspace.channel(args.needed("channel_id"))
    if not channel.bot_in:
        raise Refusal("channel_not_found")
    thread_ts = args.needed("thread_ts")
    root = channel.messages.get(thread_ts)
    if root is None or root.thread_ts not in ("", root.ts):
        raise Refusal("invalid_thread_ts")
    return channel, thread_ts


def _refuse_outside_dm(channel: Channel) -> None:
    if channel.kind != "im":
        raise Refusal("channel_not_found")


def _is_loading(lines: object) -> bool:
    if not isinstance(lines, list) or len(lines) > MOST_LOADING:
        return False
    return all(isinstance(line, str) and 0 < len(line) <= LONGEST_LOADING for line in lines)


def _touch(workspace: Workspace, channel: Channel, thread_ts: str) -> None:
    """A session's change shows in the root's metadata, and the app is told of the root as of an edit."""
    root = channel.messages[thread_ts]
    if not root.tombstone:
        workspace.change(channel, root, workspace.wire(channel, root), hidden=True)
