"""The files of a request: uploaded with it, named by the id of an earlier one, or addressed by a URL."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.errors import ApiError, bad_request
from playground.telegram.images import image_size
from playground.telegram.parameters import Parameters, UploadedFile

LARGEST_UPLOAD = 50 << 20
LARGEST_PHOTO = 10 << 20
LONGEST_PHOTO_SIDES = 10_000
LARGEST_PHOTO_RATIO = 20
ATTACHED = "attach://"


def requested_media(account: Account, params: Parameters, kind: str) -> dict[str, Any]:
    """Make the part of a message from the parameter that bears the kind's name, such as `photo`."""
    part = media_part(account, params, kind, params.upload(kind) or params.text(kind))
    if part is None:
        raise bad_request(f"there is no {kind} in the request")
    return part


def media_part(account: Account, params: Parameters, kind: str, source: Any) -> dict[str, Any] | None:
    """Make the part of a message from an upload, an `attach://` name or a file id; None where there is nothing.

    Addresses on the Internet are refused as if they could not be reached: nothing here goes there.
    """
    if isinstance(source, str) and source.startswith(ATTACHED):
        source = params.upload(source.removeprefix(ATTACHED))
    if isinstance(source, UploadedFile):
        return _uploaded(account, kind, source)
    if not isinstance(source, str) or not source:
        return None
    if source.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    return _known(account, kind, source)


def _uploaded(account: Account, kind: str, file: UploadedFile) -> dict[str, Any]:
    if not file.data:
        raise bad_request("file must be non-empty")
    if len(file.data) > LARGEST_UPLOAD:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo":
        return account.files.photo_part(file.data, _checked_photo(file.data))
    if kind == "voice" and not _is_spoken(file.data):
        kind = "document"
    return account.files.message_part(kind, file.data, file.name, file.mime_type)


def _is_spoken(data: bytes) -> bool:
    """Tell an Ogg, MP3 or M4A file from all others, which are no voice messages."""
    return data.startswith((b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")) or data[4:8] == b"ftyp"


def _checked_photo(data: bytes) -> tuple[int, int]:
    """Give the size of a picture; at most 10 MB, 10000 for both sides together, and 20 times as long as wide."""
    if len(data) > LARGEST_PHOTO:
        reason = f"too big for a photo; the maximum size is {LARGEST_PHOTO} bytes"
        raise bad_request(f"file of size {len(data)} bytes is {reason}")
    size = image_size(data)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if not min(size) or sum(size) > LONGEST_PHOTO_SIDES or max(size) > LARGEST_PHOTO_RATIO * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return size


def _known(account: Account, kind: str, file_id: str) -> dict[str, Any]:
    """Use a file again under its id: always as what it was."""
    file = account.files.stored.get(file_id)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise bad_request(f"can't use file of type {file.kind.capitalize()} as {kind.capitalize()}")
    return account.files.parts[file_id]
