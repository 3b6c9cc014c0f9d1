"""The web page, and the same answers for programs: one server with a page, an API and tools for agents."""
