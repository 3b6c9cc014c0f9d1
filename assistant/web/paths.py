"""Which routes of the server exist for its clients, and what each of them is; every other one is closed.

Gradio brings many that this server has no use for: uploads, a proxy, a fetcher of other people's files,
run history, monitoring. A route that a later version of Gradio brings is closed until it is named here.
"""

import re
from typing import Literal

MCP_PATHS = ("/mcp", "/mcp/", "/gradio_api/mcp", "/gradio_api/mcp/")
HEALTH_PATHS = ("/healthz", "/readyz")
LOGIN_PATH, LOGOUT_PATH = "/login", "/logout"

What = Literal["closed", "page", "stream", "work", "mcp"]

_PAGE = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json)/?"
    r"|/(assets|static|svelte)/.+"
    r"|/gradio_api/(info|openapi\.json|app_id|user|login_check|startup-events|theme\.css|heartbeat/\w+)/?"
    r"|/gradio_api/(cancel|reset)/?"
    # Files that the page made itself; an address in place of a path would be fetched by the server.
    r"|/gradio_api/file=(?!\w+:|/?\w+:/|//).+"
)
# Results on their way to a client: open as long as the work takes.
_STREAM = re.compile(r"/gradio_api/(queue/data|call/(v2/)?\w+/\w+)")
# Everything that makes the server do something.
_WORK = re.compile(r"/gradio_api/(queue/join|call/(v2/)?\w+|component_server)/?")


def what(method: str, path: str) -> What:
    """What a route is.

    Args:
        method: of the request, in capitals.
        path: decoded, without the query.
    """
    if path in MCP_PATHS:
        return "mcp" if method == "POST" else "closed"
    if _WORK.fullmatch(path):
        return "work" if method == "POST" else "closed"
    if _STREAM.fullmatch(path):
        return "stream" if method == "GET" else "closed"
    return "page" if method in ("GET", "HEAD", "POST") and _PAGE.fullmatch(path) else "closed"
