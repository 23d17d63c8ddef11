"""Server-sent events, as far as chat completions use them: lines of data, and an empty line after each event."""

DONE = b"[DONE]"
"""The data of the event with which most servers end a stream."""


class Events:
    """Takes what was read of a stream apart into the data of its events; reads may be cut anywhere.

    Comments, which servers send to keep a connection, and fields other than `data` are passed over. Lines end with LF
    or CRLF; the lone CR that the standard allows as well is used by no server. An event without its end is none.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, read: bytes) -> list[bytes]:
        """The data of the events that these bytes complete."""
        *lines, self._rest = (self._rest + read).split(b"\n")
        complete: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[5:].strip())  # in JSON nothing hangs on spaces at an end
            elif not line.strip() and self._data:
                complete.append(b"\n".join(self._data))
                self._data = []
        return complete
