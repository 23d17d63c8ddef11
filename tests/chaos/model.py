"""The model of the chaos test: it knows the answer to every question, and fails when it is told to."""

from collections import deque
from collections.abc import Callable

from playground.openai_script import Answer, Failure, Request
from tests.chaos.plan import Asked
from tests.chaos.questions import number_of

Fate = Callable[[Answer], Answer | Failure | None]


def _half(answer: Answer) -> int:
    return len(answer.text) // 2


FATES: tuple[Fate, ...] = (
    lambda answer: Failure(429, "Rate limit reached", retry_after=1),
    lambda answer: Failure(503),
    lambda answer: None,
    lambda answer: Answer(answer.text, rate=answer.rate, break_after=_half(answer)),
    lambda answer: Answer(answer.text, rate=answer.rate, error_after=_half(answer)),
    lambda answer: Answer(answer.text, rate=answer.rate, silent_after=_half(answer)),
)
"""Too busy, broken, gone before the first word, cut in the middle, an error in the middle, silent in the middle."""


class Model:
    """Answers by the number of the question. While it is `away` every request fails."""

    def __init__(self) -> None:
        self.asked: dict[int, Asked] = {}
        self.fates: deque[Fate] = deque()
        self.away = False

    def reply(self, request: Request) -> Answer | Failure | None:
        number = number_of(request.question)
        if number not in self.asked:
            return Failure(400, f"nobody asked question {number}")
        if self.away:
            return Failure(503, "The server is overloaded or not ready yet.")
        known = self.asked[number]
        answer = Answer(known.answer, size=12, rate=known.pace)
        return self.fates.popleft()(answer) if self.fates else answer
