"""Trains the network that reads a text beside passages (`assistant.crossencoder`)."""
