"""A small network of our own that reads a text beside passages: is it supported, is a question answered?"""

from assistant.crossencoder.model import CrossEncoder, Reading

__all__ = ["CrossEncoder", "Reading"]
