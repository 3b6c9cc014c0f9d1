"""Cards in, passages out: formats, cards, embedders, the Chroma store, the keyword index and ingest."""
