"""Files of ours. https://docs.slack.dev/messaging/working-with-files

Slack does not tell which message shows an uploaded file: it posts that later. So our message's id is the file's, with
the time of the upload, from which on the message can be looked for.
"""

import structlog

from adapters.slack.api import WebApi
from adapters.slack.escaping import disarm, escape
from adapters.slack.refusals import refused_for
from adapters.slack.side_calls import SideCalls
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import DeliveryError, MessageGone, PermissionMissing, PlatformRefused, PlatformUnavailable
from bot.engine.ports import Clock

log = structlog.get_logger()

GET_ADDRESS, COMPLETE, DELETE = "files.getUploadURLExternal", "files.completeUploadExternal", "files.delete"
GONE = ("file_not_found", "file_deleted")
PATIENCE = 10.0
"""Seconds that taking a file away may wait for its turn; afterwards it is tried again."""


EARLIER = 300
"""Seconds that our clock may be ahead of Slack's."""


def is_file(ref: MessageRef) -> bool:
    """Whether it is a file of ours: messages are named by their time alone."""
    return "@" in ref.id


def file_in(ref: MessageRef) -> tuple[str, str]:
    """Slack's id of the file, and a time before which it stood nowhere."""
    file, _, uploaded = ref.id.partition("@")
    return file, str(int(uploaded) - EARLIER)


class Files:
    """Uploads files and takes them away."""

    def __init__(self, api: WebApi, side_calls: SideCalls, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._side_calls = side_calls

    async def send(self, key: ChatKey, name: str, content: bytes, comment: str) -> MessageRef:
        """Upload it and have it shown in the thread; the caller has seen to the budgets of the last step only."""
        try:
            file = await self._upload(name, content)
            ref = MessageRef(key, f"{file}@{int(self._clock.now())}")
            await self._show(ref, name, comment)
        except PlatformRefused as error:
            if refused_for(error, "missing_scope"):
                raise PermissionMissing(f"{error}: the Slack app lacks the scope files:write") from error
            raise
        return ref

    async def delete(self, ref: MessageRef) -> None:
        """Take the file away, not the message that shows it. Raises MessageGone where there is none."""
        file, _ = file_in(ref)

        async def delete() -> None:
            await self._api.call(DELETE, file=file)

        try:
            await self._side_calls.make(DELETE, delete, PATIENCE)
        except PlatformRefused as error:
            if refused_for(error, *GONE):
                raise MessageGone(str(error)) from error
            raise

    async def _upload(self, name: str, content: bytes) -> str:
        """The file's id; nobody sees it yet, and Slack throws it away if nobody ever does."""

        async def announce() -> dict[str, object]:
            return await self._api.read(GET_ADDRESS, filename=name, length=len(content))

        place = await self._side_calls.make(GET_ADDRESS, announce)
        await self._api.upload(str(place["upload_url"]), content)
        return str(place["file_id"])

    async def _show(self, ref: MessageRef, name: str, comment: str) -> None:
        """Show it; where nobody knows whether that was done, it is taken back, so that it cannot stand unknown."""
        files = [{"id": file_in(ref)[0], "title": name}]
        where = {"channel_id": ref.key.channel, **({"thread_ts": ref.key.thread} if ref.key.thread else {})}
        try:
            await self._api.call(COMPLETE, files=files, **where, initial_comment=escape(disarm(comment)))
        except PlatformUnavailable:
            await self._take_back(ref)
            raise

    async def _take_back(self, ref: MessageRef) -> None:
        try:
            await self.delete(ref)
        except MessageGone:
            return
        except DeliveryError as error:
            log.warning("slack_file_not_taken_back", file=ref.id, reason=str(error))
