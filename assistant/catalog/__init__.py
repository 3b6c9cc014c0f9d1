"""Exact answers about the whole collection: lists, counts and trends, read from every card and never from a few."""
