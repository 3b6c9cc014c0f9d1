"""Measuring and fitting: what tunes the assistant and tells how good it is."""
