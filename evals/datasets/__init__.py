"""The questions and claims that the suite asks, and how a user adds more."""
