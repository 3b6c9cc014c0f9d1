"""How fast the assistant is and how it grows, beside baselines of the same run: `python -m evals.bench`."""
