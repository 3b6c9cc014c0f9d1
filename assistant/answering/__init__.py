"""Answerers: question and evidence to a draft, written by a model or chosen from the cards' own sentences."""
