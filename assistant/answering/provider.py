"""LangChain chat models from a name and an address, with every request kept within bounds."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from assistant.answering.failures import Endpoint, ModelError

if TYPE_CHECKING:
    import httpx2
    from langchain_core.language_models import BaseChatModel
    from pydantic import SecretStr

# Servers that need no key still want to see one.
_DUMMY_KEY = "no-key"
_MOST_BYTES = 8 * 1024 * 1024
_CONNECT_SECONDS = 10.0
# Reasoning counts as output at OpenAI: room for it, besides the answer.
_REASONING_TOKENS = 4_000
_REASONS = re.compile(r"o\d|gpt-[5-9](?!.*chat)")


def provider_of(name: str, base_url: str | None) -> tuple[str | None, str]:
    """Split a model's name into LangChain's provider and the provider's own name for it.

    A colon alone does not make a provider: `qwen2.5:7b` is the whole name of a model. With an address
    of its own, a name without a provider is served by the OpenAI-compatible endpoint there.

    Returns:
        Provider and name; None as provider lets LangChain infer it.
    """
    from langchain.chat_models.base import _BUILTIN_PROVIDERS

    provider, colon, rest = name.partition(":")
    if colon and rest and provider in _BUILTIN_PROVIDERS:
        return provider, rest
    return ("openai" if base_url else None), name


def build(
    name: str,
    *,
    base_url: str | None,
    api_key: "SecretStr | None",
    timeout: float,
    max_tokens: int,
    temperature: float,
    plain: bool = False,
) -> "BaseChatModel":
    """A chat model that makes no retries of its own.

    Args:
        name: `provider:model`, or the bare name of a model.
        base_url: an OpenAI-compatible endpoint; then nothing is ever sent to api.openai.com.
        api_key: the key of OpenAI or of that endpoint.
        timeout: longest silence on the wire, in seconds.
        max_tokens: longest output.
        temperature: 0 for the most likely words.
        plain: send the messages and nothing optional, for servers that refuse what they do not know.

    Raises:
        ModelError: the provider is not known or not installed, or there is no key.
    """
    from langchain.chat_models import init_chat_model

    provider, model = provider_of(name, base_url)
    options: dict[str, Any] = {} if plain else {"temperature": temperature}
    if provider == "openai" or (provider is None and model.lower().startswith(("gpt-", "o1", "o3", "chatgpt"))):
        provider = "openai"
        options |= _openai_options(model, base_url, api_key, timeout, max_tokens, plain)
    elif not plain:
        options |= {"max_tokens": max_tokens}
    try:
        chat: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
        return chat
    except ImportError as error:
        raise ModelError(f"the provider {provider} is not installed", _package_in(str(error))) from None
    except ValueError as error:
        if type(error) is not ValueError:  # a pydantic error tells its input, and that may be the key
            raise ModelError(
                f"the model {name} cannot be set up", "check ASSISTANT_MODEL and the provider's key"
            ) from None
        raise ModelError(
            f"it is not known who serves the model {name}",
            "write ASSISTANT_MODEL as provider:model, such as openai:gpt-5-mini, or set OPENAI_BASE_URL",
        ) from None
    except Exception as error:
        if "api_key" in str(error) or "redential" in str(error):
            raise ModelError(
                f"there is no key for the model {name}",
                "set OPENAI_API_KEY, or OPENAI_BASE_URL for an endpoint of your own",
            ) from None
        raise ModelError(
            f"the model {name} cannot be set up ({type(error).__name__})", "check ASSISTANT_MODEL"
        ) from None


def _openai_options(
    model: str,
    base_url: str | None,
    api_key: "SecretStr | None",
    timeout: float,
    max_tokens: int,
    plain: bool,
) -> dict[str, Any]:
    # OPENAI_PROXY, which `openai_proxy` would read, cannot be combined with a client; HTTPS_PROXY works.
    options: dict[str, Any] = {
        "max_retries": 0,
        "openai_proxy": "",
        "stream_chunk_timeout": 0,
        "http_async_client": client(base_url, timeout),
    }
    if api_key is not None:
        options["api_key"] = api_key
    if not plain:
        options["stream_usage"] = True
    if base_url is None or Endpoint.of(model, base_url).url == "https://api.openai.com/v1":
        if _REASONS.match(model):
            options |= {"max_tokens": max_tokens + _REASONING_TOKENS}
            options |= {} if plain else {"reasoning_effort": "low"}
        else:
            options |= {"max_tokens": max_tokens}
    else:
        # Only OpenAI itself has retired `max_tokens`; many servers know nothing else.
        options |= {"use_responses_api": False}
        options |= {} if plain else {"extra_body": {"max_tokens": max_tokens}}
    if base_url is not None:
        options["base_url"] = base_url
        options.setdefault("api_key", _DUMMY_KEY)
    return options


def client(base_url: str | None, timeout: float) -> "httpx2.AsyncClient":
    """An HTTP client that follows no redirects and reads no endless or compressed bodies."""
    import httpx2
    import openai

    async def bounded(response: httpx2.Response) -> None:
        # A few compressed bytes can stand for gigabytes, and we asked for none.
        if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            raise httpx2.DecodingError("compressed although not asked for", request=response.request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _stream_of_at_most(_MOST_BYTES, response.stream)

    return openai.DefaultAsyncHttpxClient(
        follow_redirects=False,
        timeout=httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [bounded]},
        # A proxy for the outside world cannot reach this machine's own servers.
        trust_env=not Endpoint.of("", base_url).local,
    )


def _stream_of_at_most(limit: int, stream: Any) -> Any:
    import httpx2

    class Limited(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for chunk in stream:
                read += len(chunk)
                if read > limit:
                    raise httpx2.DecodingError(f"more than {limit} bytes")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Limited()


async def offered_models(base_url: str, api_key: "SecretStr | None", timeout: float) -> list[str]:
    """Up to five names that an endpoint offers; empty where it does not say.

    Names are the server's words: those that do not look like names, or hold the key, are left out.
    """
    key = api_key.get_secret_value() if api_key is not None else _DUMMY_KEY
    try:
        async with client(base_url, timeout) as http:
            reply = await http.get(f"{base_url.rstrip('/')}/models", headers={"authorization": f"Bearer {key}"})
            entries = reply.json()["data"]
            names = [str(entry["id"]) for entry in entries if isinstance(entry, Mapping) and "id" in entry]
    except Exception:  # only a help: whatever fails here, the first failure is the one to tell
        return []
    return [name for name in names if re.fullmatch(r"[\w.:/@+-]{1,80}", name) and key not in name][:5]


def _package_in(message: str) -> str:
    found = re.search(r"pip install [\w-]+", message)
    return f"`{found.group()}`" if found else "install its LangChain package"
