"""files.*, and the addresses where their bytes go in and out. https://docs.slack.dev/messaging/working-with-files"""

from aiohttp import web

from playground.slack.arguments import Arguments
from playground.slack.contents import Content
from playground.slack.errors import Refusal
from playground.slack.files import File
from playground.slack.methods import Answer, MethodTable
from playground.slack.methods_chat import app_message, read_thread, writable
from playground.slack.places import Channel
from playground.slack.workspace import Workspace

METHODS = MethodTable()
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Sign in to Slack</body></html>"


@METHODS.method("files.info", scope="files:read", tier=4, takes_json=False)
def info(workspace: Workspace, args: Arguments) -> Answer:
    file = workspace.files.get(args.needed("file"))
    if file is None or not file.shared:
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    if not _is_visible(workspace, file):
        raise Refusal("not_visible")
    return {"file": file.wire(workspace.base_url)}


@METHODS.method("files.delete", scope="files:write", tier=3)
def delete(workspace: Workspace, args: Arguments) -> Answer:
    """Delete a file of the app's own; the messages that show it stay, with a tombstone in its place."""
    file = workspace.files.get(args.needed("file"))
    if file is None or not file.shared or not _is_visible(workspace, file):
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    if file.user != workspace.bot.id:
        raise Refusal("cant_delete_file")
    workspace.remove_file(file)
    return {}


@METHODS.method("files.getUploadURLExternal", scope="files:write", tier=4, takes_json=False)
def get_upload_url(workspace: Workspace, args: Arguments) -> Answer:
    length = args.number("length", 0)
    if length < 1:
        raise Refusal("invalid_arguments", "missing required field: length")
    file = workspace.new_file(args.needed("filename"), workspace.bot.id)
    file.expected = length
    return {"upload_url": f"{workspace.base_url}/upload/{file.id}", "file_id": file.id}


@METHODS.method("files.completeUploadExternal", scope="files:write", tier=4)
def complete_upload(workspace: Workspace, args: Arguments) -> Answer:
    asked = args.structure("files")
    if not isinstance(asked, list) or not asked or not all(isinstance(f, dict) and f.get("id") for f in asked):
        raise Refusal("invalid_arguments", "missing required field: files")
    files = [workspace.files.get(file["id"]) for file in asked]
    found = [file for file in files if file is not None and file.bytes and not file.shared]
    if len(found) != len(files):
        raise Refusal("file_not_found")
    wanted = [place for place in (args.text("channel_id") or args.text("channels")).split(",") if place]
    threads = [(channel, read_thread(workspace, channel, args)) for channel in (writable(workspace, p) for p in wanted)]
    for file, one in zip(found, asked, strict=True):
        file.shared, file.title = True, str(one.get("title") or "")
    for channel, thread_ts in threads:
        _share(workspace, channel, thread_ts, found, args.text("initial_comment"))
    return {"files": [{"id": file.id, "title": file.title or file.name} for file in found]}


def _share(workspace: Workspace, channel: Channel, thread_ts: str, files: list[File], comment: str) -> None:
    """Let files stand in a message of the app."""
    message = app_message(workspace, channel, Content(text=comment), thread_ts)
    message.subtype, message.files = "file_share", [file.wire(workspace.base_url) for file in files]
    for file in files:
        file.places.add(channel.id)
    workspace.note_mentions(message, "files.completeUploadExternal")
    workspace.post(channel, message)


def routes(workspace: Workspace) -> list[web.RouteDef]:
    """Take bytes in without a token, and give them out to the right token only: the rest gets a page, with 200."""

    async def upload(request: web.Request) -> web.Response:
        file, body = workspace.files.get(request.match_info["id"]), await _bytes(request)
        if file is None or file.bytes or len(body) != file.expected:
            return web.Response(status=400, text="upload failed")
        file.bytes = body
        return web.Response(text=f"OK - {len(body)}")

    async def download(request: web.Request) -> web.Response:
        file = workspace.files.get(request.match_info["id"])
        if not _may_read(workspace, request):
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        if file is None or file.deleted:
            return web.Response(status=404)
        if not _is_visible(workspace, file):
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        return web.Response(body=file.bytes, content_type=file.mimetype)

    return [web.post("/upload/{id}", upload), web.put("/upload/{id}", upload), web.get("/files/{id}/{name}", download)]


def _is_visible(workspace: Workspace, file: File) -> bool:
    """Say whether the app uploaded the file, or is somewhere where it stands."""
    return file.user == workspace.bot.id or any(workspace.channels[place].bot_in for place in file.places)


def _may_read(workspace: Workspace, request: web.Request) -> bool:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        workspace.app.check_token(token, workspace.clock.now())
        workspace.app.need_scope("files:read")
    except Refusal:
        return False
    return kind == "Bearer"


async def _bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
