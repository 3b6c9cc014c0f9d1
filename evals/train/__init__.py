"""Trains the small checker that ships with the package: `python -m evals.train --help`."""
