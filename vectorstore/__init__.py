"""Cards in, passages out: formats, cards, embedders, the Chroma store, the keyword index and ingest."""

import os

# ONNX Runtime's wheels report to Microsoft unless this is set before it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
