"""All configuration in one place: environment variables with the prefix `ASSISTANT_`, or a `.env` file."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from vectorstore.errors import UserError


class Settings(BaseSettings):
    """What can be configured; with nothing set everything works without key and network.

    Every field reads `ASSISTANT_<NAME>`; the key and the base URL also read the names other tools use.
    """

    model_config = SettingsConfigDict(env_prefix="ASSISTANT_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Field(
        default_factory=lambda: user_data_path("paper-card-assistant", appauthor=False),
        description="folder that holds all state: store, indexes, unpacked embedder",
    )
    store: str = Field(
        "embedded",
        description="'embedded', 'http://host:port' of a Chroma server, 'cloud' (Chroma Cloud) or 'cloud:HOST' "
        "(another region of it)",
    )
    collection: str = Field("cards", min_length=3, max_length=200, description="name of the collection of cards")
    chroma_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("ASSISTANT_CHROMA_API_KEY", "CHROMA_API_KEY"),
        description="key of the Chroma Cloud or of a Chroma server behind a token",
    )
    chroma_tenant: str | None = Field(
        None, validation_alias=AliasChoices("ASSISTANT_CHROMA_TENANT", "CHROMA_TENANT"), description="Chroma tenant"
    )
    chroma_database: str | None = Field(
        None,
        validation_alias=AliasChoices("ASSISTANT_CHROMA_DATABASE", "CHROMA_DATABASE"),
        description="Chroma database",
    )
    embedder: Literal["e5", "openai"] = Field("e5", description="which embedder makes the vectors")
    embedder_model: str | None = Field(None, description="model name for the 'openai' embedder")
    embedder_base_url: str | None = Field(None, description="endpoint of the 'openai' embedder")
    model: str | None = Field(None, description="the language model, e.g. 'openai:gpt-5-mini'; 'none' never uses one")
    openai_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("ASSISTANT_OPENAI_API_KEY", "OPENAI_API_KEY"), description="model key"
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias=AliasChoices("ASSISTANT_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        description="an OpenAI-compatible endpoint",
    )
    model_timeout: float = Field(60.0, gt=0, le=3600, description="seconds a model may take for one answer")
    model_max_tokens: int = Field(800, ge=16, le=32_000, description="longest answer a model may write, in tokens")
    context_tokens: int = Field(6000, ge=512, description="longest prompt sent to a model, in tokens")
    verify: Literal["cross-encoder", "rules", "llm"] = Field(
        "cross-encoder",
        description="who checks a sentence: 'rules', these and a 'cross-encoder', or 'llm': the model is asked too",
    )
    premises: bool = Field(
        True, description="refuse a question that takes for granted what the card it names does not say"
    )
    understanding: Literal["auto", "model", "rules"] = Field(
        "auto",
        description="who makes out what a question means: 'rules', 'model', or 'auto' (rules, and the model where "
        "they are not sure or the question leans on earlier ones)",
    )
    evidence: int = Field(12, ge=1, le=60, description="passages given to the model")
    builtin_corpus: bool = Field(True, description="put the built-in corpus into an empty store at first use")
    keep_conversations: bool = Field(
        True, description="keep conversations in ASSISTANT_HOME; 'false' forgets each when it ends"
    )
    serve_concurrency: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="answers that `assistant serve` works on at once; by itself 4, or 64 where a model writes",
    )
    serve_queue: int = Field(
        100, ge=1, le=10_000, description="questions that may wait there; more are told to come back"
    )
    serve_rate: str = Field("240/minute", description="requests that one client there may make, e.g. '10/second'")

    @property
    def uses_model(self) -> bool:
        """Whether a language model writes the answers: one is named, or a key or an endpoint is set."""
        if self.model is not None:
            return self.model.strip().lower() not in ("", "none", "off")
        return self.openai_api_key is not None or self.openai_base_url is not None

    @property
    def answers_at_once(self) -> int:
        """How many answers a server works on: a few where they cost processor time, more where it waits for a model."""
        return self.serve_concurrency or (64 if self.uses_model else 4)

    @cached_property
    def model_name(self) -> str:
        """The configured model, or the default of an OpenAI endpoint."""
        return self.model if self.model else "openai:gpt-5-mini"


def load_settings(**overrides: object) -> Settings:
    """Read the settings.

    Args:
        overrides: field values that win over the environment; None means not given.

    Raises:
        UserError: a value is out of range; names the variable and what it may be.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_input=False):
            name = str(problem["loc"][0]) if problem["loc"] else "settings"
            variable = name if name.isupper() else f"ASSISTANT_{name.upper()}"
            lines.append(f"{variable}: {problem['msg']}")
        raise UserError("a setting cannot be used. " + "; ".join(lines)) from None
