"""What the server says about itself to whoever watches over it: alive, and ready to answer."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class Health:
    """The state of the server, for `/healthz` (is it alive) and `/readyz` (should it be sent anyone).

    Args:
        cards: how many cards can be asked about.
    """

    def __init__(self, cards: int = 0) -> None:
        self.cards = cards
        self.ready = False
        self.stopping = False

    def response(self, path: str) -> Response:
        """The answer on one of the two routes; it tells nobody anything that the page does not."""
        if path == "/healthz":
            return _fresh({"status": "ok"}, 200)
        if self.stopping:
            return _fresh({"status": "stopping"}, 503)
        if not self.ready:
            return _fresh({"status": "starting"}, 503)
        return _fresh({"status": "ready", "cards": self.cards}, 200)

    def route(self) -> Route:
        """`/readyz` for an application that no guard stands in front of."""

        async def ready(request: Request) -> Response:
            return self.response(request.url.path)

        return Route("/readyz", ready)


def _fresh(body: dict[str, str | int], status: int) -> Response:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
