"""Imports Chroma without what a collection of cards never uses of it: a third of the time that its import takes."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

# Sends traces to a collector, by way of gRPC; loaded when someone has one configured.
_EXPORTER = "opentelemetry.exporter.otlp.proto.grpc.trace_exporter"
_COLLECTOR = "CHROMA_OTEL_COLLECTION_ENDPOINT"
# The command line of httpx, which brings rich and pygments along. Without it httpx says so to whoever calls it.
_COMMAND_LINE = "httpx._main"
# At every method that replaces another, Chroma has the two signatures compared, at each start anew.
_COMPARING = "overrides.overrides"


def import_chroma() -> ModuleType:
    """The module `chromadb`; whatever this leaves out is loaded where somebody else asks for it."""
    if "chromadb" not in sys.modules:
        with _without(_COMMAND_LINE, None), _without(_EXPORTER, _late_exporter()), _unchecked():
            import chromadb  # noqa: F401
    return sys.modules["chromadb"]


@contextmanager
def _without(name: str, instead: ModuleType | None) -> Iterator[None]:
    """Have nothing, or something else, found under a module's name for a while; what is loaded already stays."""
    if name in sys.modules or (name == _EXPORTER and os.environ.get(_COLLECTOR)):
        yield
        return
    sys.modules[name] = instead  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop(name, None)


def _late_exporter() -> ModuleType:
    def exporter(*args: Any, **kwargs: Any) -> Any:
        from importlib import import_module

        return import_module(_EXPORTER).OTLPSpanExporter(*args, **kwargs)

    module = ModuleType(_EXPORTER)
    module.OTLPSpanExporter = exporter  # type: ignore[attr-defined]
    return module


@contextmanager
def _unchecked() -> Iterator[None]:
    try:
        import overrides  # noqa: F401
    except ImportError:
        yield
        return
    module: Any = sys.modules.get(_COMPARING)
    compared = getattr(module, "_overrides", None)
    if compared is None:
        yield
        return
    module._overrides = _marked
    try:
        yield
    finally:
        module._overrides = compared


def _marked(method: Callable[..., Any], check_signature: bool, check_at_runtime: bool) -> Callable[..., Any]:
    """All that is left of the comparison: that it has been asked for."""
    method.__override__ = True  # type: ignore[attr-defined]
    return method
