"""Every error that flies inside; the edges turn foreign ones into these.

ThreadlineError
├── ModelError                the model's endpoint
│   ├── ModelUnreachable      no connection, 5xx
│   ├── ModelBusy             429; `retry_after` in seconds where it was said
│   ├── ModelSilent           too long between two deltas
│   ├── ModelRefused          bad key, unknown model, request refused
│   ├── ContextTooLong        the prompt does not fit
│   └── ContentFiltered       the endpoint's filter stopped question or answer
├── DeliveryError             a platform
│   ├── RateLimited           `retry_after` in seconds
│   ├── PlatformUnavailable   no answer or 5xx; whether it was applied is unknown
│   ├── MessageGone           the message to edit or delete is not there any more
│   ├── PlaceGone             chat or channel closed to us: blocked, kicked, archived, deleted
│   ├── TooLong               more text than the platform takes in one message
│   ├── StoppedByPerson       somebody ended the growing reply by the platform's own means
│   └── PlatformRefused       anything else that will not get better by trying again
│       └── PermissionMissing  the bot lacks a permission that whoever runs it can give
├── StorageUnavailable        the database cannot be reached or cannot write
└── TakenOver                 another worker has this turn now
"""


class ThreadlineError(Exception):
    """The root of the tree."""


class ModelError(ThreadlineError):
    """The model gave no whole answer. `code` is stored with the turn and chooses the sentence that people read."""

    code = "model"


class ModelUnreachable(ModelError):
    code = "unreachable"


class ModelBusy(ModelError):
    code = "busy"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelSilent(ModelError):
    code = "silent"


class ModelRefused(ModelError):
    code = "refused"


class ContextTooLong(ModelError):
    code = "too_long"


class ContentFiltered(ModelError):
    code = "filtered"


class DeliveryError(ThreadlineError):
    """A platform did not take what we sent."""


class RateLimited(DeliveryError):
    def __init__(self, retry_after: float) -> None:
        super().__init__(f"asked to wait {retry_after} s")
        self.retry_after = retry_after


class PlatformUnavailable(DeliveryError):
    """No answer or a server's failure: the call may or may not have been applied."""


class MessageGone(DeliveryError):
    """The message is not there any more."""


class PlaceGone(DeliveryError):
    """Nothing can be posted there any more."""


class TooLong(DeliveryError):
    """The text is too long for one message."""


class StoppedByPerson(DeliveryError):
    """Somebody has stopped the growing reply by the platform's own Stop."""


class PlatformRefused(DeliveryError):
    """The call is wrong or forbidden; trying again does not help."""


class PermissionMissing(PlatformRefused):
    """The bot lacks a permission that the call needs; whoever runs it, or the group, can give it."""


class StorageUnavailable(ThreadlineError):
    """The database cannot be reached or cannot write: tell the platform nothing, it will repeat."""


class TakenOver(ThreadlineError):
    """Another worker has taken the turn up: whoever meets this writes nothing more, neither here nor on a platform."""
