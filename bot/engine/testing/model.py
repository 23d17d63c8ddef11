"""A language model that says what a test tells it to."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from bot.engine.chats import Role
from bot.engine.errors import ModelError
from bot.engine.replies import Finish, ModelMessage, ReplyEvent, TextDelta, Usage

Prompt = tuple[ModelMessage, ...]


@dataclass(eq=False)
class ScriptedAnswer:
    """One answer, and the handles to lead it by.

    With `pause_after=n` it stands still after n deltas: `paused` is set when it is there, and it goes on when the test
    sets `go`. `failure` is raised after the deltas. `closed` is set when somebody closed it before its end.
    """

    deltas: tuple[str, ...]
    failure: ModelError | None = None
    cut: bool = False
    pause_after: int | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    paused: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def text(self) -> str:
        return "".join(self.deltas)


class ScriptedLLM:
    """A port `LLM`. Answers are used up in order; rules come first; with none left it repeats the question."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self.max_tokens: list[int | None] = []
        self.running = 0
        self.closed_early = 0
        self._answers: deque[ScriptedAnswer] = deque()
        self._rules: list[tuple[Callable[[Prompt], bool], Callable[[Prompt], ScriptedAnswer]]] = []

    def say(self, *deltas: str, cut: bool = False, pause_after: int | None = None) -> ScriptedAnswer:
        """Answer the next prompt that no rule takes with these deltas."""
        return self.answer(ScriptedAnswer(deltas, cut=cut, pause_after=pause_after))

    def fail(self, failure: ModelError, *deltas: str, pause_after: int | None = None) -> ScriptedAnswer:
        """Fail at the next prompt that no rule takes, after these deltas."""
        return self.answer(ScriptedAnswer(deltas, failure=failure, pause_after=pause_after))

    def answer(self, answer: ScriptedAnswer) -> ScriptedAnswer:
        self._answers.append(answer)
        return answer

    def when(self, applies: Callable[[Prompt], bool], reply: str | ModelError | Callable[[Prompt], str]) -> None:
        """Answer every prompt that the rule applies to the same way (titles, say), and leave the queue alone."""

        def make(prompt: Prompt) -> ScriptedAnswer:
            if isinstance(reply, ModelError):
                return ScriptedAnswer((), failure=reply)
            return ScriptedAnswer((reply if isinstance(reply, str) else reply(prompt),))

        self._rules.append((applies, make))

    async def stream(
        self, messages: Sequence[ModelMessage], *, max_tokens: int | None = None
    ) -> AsyncGenerator[ReplyEvent]:
        answer = self._take(messages, max_tokens)
        self.running += 1
        answer.started.set()
        try:
            for number, delta in enumerate(answer.deltas):
                await self._pause(answer, number)
                yield TextDelta(delta)
            await self._pause(answer, len(answer.deltas))
            if answer.failure is not None:
                answer.ended.set()
                raise answer.failure
            yield Usage(sum(len(message.content) for message in messages) // 4 + 1, len(answer.text) // 4 + 1)
            answer.ended.set()
            yield Finish(cut=answer.cut)
        finally:
            self._leave(answer)

    def _take(self, messages: Sequence[ModelMessage], max_tokens: int | None) -> ScriptedAnswer:
        prompt = tuple(messages)
        self.prompts.append(prompt)
        self.max_tokens.append(max_tokens)
        for applies, make in self._rules:
            if applies(prompt):
                return make(prompt)
        return self._answers.popleft() if self._answers else ScriptedAnswer((f"You said: {last_question(prompt)}",))

    async def _pause(self, answer: ScriptedAnswer, number: int) -> None:
        await asyncio.sleep(0)
        if answer.pause_after == number:
            answer.paused.set()
            await answer.go.wait()

    def _leave(self, answer: ScriptedAnswer) -> None:
        self.running -= 1
        if not answer.ended.is_set():
            self.closed_early += 1
            answer.closed.set()


def last_question(prompt: Sequence[ModelMessage]) -> str:
    """The newest thing that a person said in the prompt."""
    return next((message.content for message in reversed(prompt) if message.role == Role.USER), "")
