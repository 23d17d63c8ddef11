"""The language model behind any server that speaks OpenAI's chat completions."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from aiohttp import ClientError
from httpx2 import HTTPError
from openai import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    AsyncStream,
    DefaultAioHttpClient,
    Timeout,
)

from adapters.openai.answer import Answer
from adapters.openai.dialect import Dialect
from adapters.openai.events import DONE, Events
from adapters.openai.failures import conceal, error_in_stream, timed_out, translate, unreached
from bot.engine.chats import Role
from bot.engine.errors import ModelRefused, ModelSilent, ModelUnreachable
from bot.engine.replies import ModelMessage, ReplyEvent

OPENAI = "https://api.openai.com/v1"
PATH = "/chat/completions"
NO_LIST = (404, 405)
"""What servers answer that keep no list of models."""

FAREWELL = 0.1
"""Seconds for a server to end its answer after its last event: a connection that is heard out can be used again."""

Stream = AsyncStream[object]


class OpenAIModel:
    """A port `LLM` over HTTP. One of it serves any number of streams at once; `close()` it at the end.

    `silence` is the longest wait in seconds for the next sign of life, the first one included; `connect` the longest
    wait for the connection. The key appears in no error; what people wrote in none of `stream`.
    """

    def __init__(
        self,
        base_url: str | None,
        api_key: str | None,
        model: str,
        *,
        silence: float = 60.0,
        connect: float = 10.0,
    ) -> None:
        self._url, guard = parted(base_url or OPENAI)
        self._key = (api_key or "").strip()  # a line break at its end would make the client print it in an error
        self._model = model
        self._silence = silence
        self._dialect = Dialect(newest=self._url.startswith("https://api.openai.com/"))
        # Silence is watched here, event by event. The client's retries are off: they would also repeat on 429 and 5xx,
        # with seconds between that people see as a bot that does nothing.
        timeout = Timeout(None, connect=connect, pool=connect)
        self._client = AsyncOpenAI(
            api_key=self._key or "none",
            base_url=self._url,
            timeout=timeout,
            max_retries=0,
            default_headers=guard,
            http_client=DefaultAioHttpClient(timeout=timeout),  # reads a stream at half the cost of the usual one
        )

    async def stream(
        self, messages: Sequence[ModelMessage], *, max_tokens: int | None = None
    ) -> AsyncGenerator[ReplyEvent]:
        answer = Answer()
        async with aclosing(self._chunks(messages, max_tokens, quote=False)) as chunks:
            async for chunk in chunks:
                for event in answer.read(chunk):
                    yield event
        for event in answer.end():
            yield event

    async def check(self) -> None:
        """Find out cheaply whether the endpoint answers, takes the key and knows the model; raises the ModelError."""
        try:
            known = await self._models()
        except ModelRefused as refusal:
            if getattr(refusal.__cause__, "status_code", None) not in NO_LIST:
                raise
            await self._ask_a_word()
            return
        if known and not any(fits(self._model, name) for name in known):
            some = ", ".join(sorted(known)[:5])
            raise ModelRefused(f"{self._shown} does not know the model {self._model}; it has {len(known)}: {some}")

    async def close(self) -> None:
        await self._client.close()

    async def _models(self) -> list[str]:
        with self._translated(quote=True):
            async with asyncio.timeout(self._silence):
                return [model.id for model in (await self._client.models.list()).data or []]

    async def _ask_a_word(self) -> None:
        """Ask for the shortest answer: the only proof that a server without a list can give."""
        answer = Answer()
        async with aclosing(self._chunks([ModelMessage(Role.USER, "Hi")], max_tokens=16, quote=True)) as chunks:
            async for chunk in chunks:
                if answer.read(chunk):
                    return
        answer.end()

    async def _chunks(
        self, messages: Sequence[ModelMessage], max_tokens: int | None, *, quote: bool
    ) -> AsyncGenerator[object]:
        """The events as the JSON that they are: the client's objects for them cost three times what reading costs."""
        with self._translated(quote=quote):
            async with self._opened(messages, max_tokens) as stream, aclosing(self._data(stream)) as events:
                async for data in events:
                    chunk = json.loads(data.decode())
                    if isinstance(chunk, dict) and chunk.get("error"):
                        raise error_in_stream(chunk["error"], stream.response.request)
                    yield chunk

    async def _data(self, stream: Stream) -> AsyncGenerator[bytes]:
        """The data of the events, to the end of the stream. The clock of silence is set back by each that was heard."""
        events, now = Events(), asyncio.get_running_loop().time
        async with aclosing(stream.response.aiter_bytes()) as reads:
            patient_until = now() + self._silence
            while True:
                async with asyncio.timeout_at(patient_until):
                    read = await anext(reads, None)
                if read is None:
                    return
                for data in (complete := events.feed(read)):
                    if data == DONE:
                        await hear_out(reads)
                        return
                    yield data
                patient_until = now() + self._silence if complete else patient_until

    @asynccontextmanager
    async def _opened(self, messages: Sequence[ModelMessage], max_tokens: int | None) -> AsyncIterator[Stream]:
        """The stream of an answer; leaving the block cuts the connection, which is what stops a model."""
        stream = await self._ask(messages, max_tokens)
        try:
            yield stream
        finally:
            await stream.close()

    async def _ask(self, messages: Sequence[ModelMessage], max_tokens: int | None) -> Stream:
        """Send the prompt; once more at once if the connection broke, again without what this server does not know."""
        broken = False
        while True:
            options = self._dialect.options(max_tokens)
            try:
                async with asyncio.timeout(self._silence):
                    return await self._create(messages, options)
            except APIConnectionError as error:
                if broken or timed_out(error):
                    raise
                broken = True
            except APIStatusError as refusal:
                if not self._dialect.learn(refusal, options):
                    raise

    async def _create(self, messages: Sequence[ModelMessage], options: dict[str, Any]) -> Stream:
        prompt = [{"role": message.role.value, "content": message.content} for message in messages]
        body = {"model": self._model, "messages": prompt, "stream": True, **options}
        return await self._client.post(PATH, cast_to=object, body=body, stream=True, stream_cls=Stream)

    @contextmanager
    def _translated(self, *, quote: bool) -> Iterator[None]:
        try:
            yield
        except APIError as error:
            conceal(error, self._key)
            raise translate(error, quote=quote) from error
        except (HTTPError, ClientError) as error:  # of reading; the latter also of an answer that is no HTTP
            conceal(error, self._key)
            raise unreached(error) from error
        except TimeoutError as error:
            raise ModelSilent(f"{self._shown} sent nothing for {self._silence:g} s") from error
        except ValueError as error:  # an event that is no JSON, bytes that are no text
            raise ModelUnreachable(f"{self._shown} does not answer like a chat completions endpoint") from error

    @property
    def _shown(self) -> str:
        """The address for an error, without what may follow its path."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"


async def hear_out(reads: AsyncIterator[bytes]) -> None:
    """Read to the end, for a moment; nothing that happens now changes the answer."""
    with suppress(TimeoutError, HTTPError, ClientError):
        async with asyncio.timeout(FAREWELL):
            async for _ in reads:
                pass


def parted(address: str) -> tuple[str, dict[str, str]]:
    """The address without a name and password, and the header that says them; it goes instead of the key.

    Left in the address they would stand in the HTTP client's errors, and it refuses them beside another such header.
    """
    parts = urlsplit(address)
    said, _, host = parts.netloc.rpartition("@")
    if not said:
        return address, {}
    name, _, password = said.partition(":")
    proof = b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
    return urlunsplit(parts._replace(netloc=host)), {"Authorization": f"Basic {proof}"}


def fits(model: str, listed: str) -> bool:
    """Whether an entry of the list means the model: Ollama adds a tag, LiteLLM lists wildcards."""
    return listed in (model, f"{model}:latest") or "*" in listed
