"""A small network of our own that reads a claim beside passages: do they say so?"""

from assistant.crossencoder.model import CrossEncoder

__all__ = ["CrossEncoder"]
