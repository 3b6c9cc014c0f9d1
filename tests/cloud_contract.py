"""Chroma Cloud as far as this project uses it: a local server that holds requests to the contract and answers them.

The contract is that of the installed Chroma: routes and shapes from the OpenAPI document of its own server, the
grammar of rankings from its source (execution/operators of the worker), limits from Chroma Cloud's documentation.
What it gives is computed from what was stored, so a whole ingest and a whole answer run through it.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from cloud_collection import (
    COLLECTION_VALUE,
    DOCUMENT,
    ID,
    KEY,
    KEYS,
    NAME,
    RECORDS,
    RESULTS,
    VALUE,
    Json,
    Part,
    Ranking,
    Refused,
    invalid,
    matches,
    within,
)
from jsonschema import Draft202012Validator

_NO_SPARSE = "Sparse vector indexing is not enabled in local"


class CloudContract:
    """Use as a context manager.

    Args:
        openapi: the OpenAPI document of the installed Chroma server.
        key, tenant, database: what it lets in.
        hybrid: whether it has hybrid search, which a server of one's own has not.
    """

    def __init__(
        self,
        openapi: Json,
        *,
        key: str = "ck-right",
        tenant: str = "tenant-1",
        database: str = "papers",
        hybrid: bool = True,
    ) -> None:
        self.key, self.tenant, self.database, self.hybrid = key, tenant, database, hybrid
        self.parts: dict[str, Part] = {}
        self.requests: list[tuple[str, str, Json]] = []
        # Asked before each request with (method, route, body); may wait or raise `Refused`.
        self.before: Callable[[str, str, Json], None] = lambda method, route, body: None
        # Its "one of" an integer and a number cannot be meant so: every integer is both.
        self._components = json.loads(json.dumps(openapi["components"]).replace('"oneOf"', '"anyOf"'))
        self._lock = threading.Lock()

    def __enter__(self) -> "CloudContract":
        contract = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length)
                try:
                    body = json.loads(raw) if raw else {}
                    status, answer = 200, contract.answer(self.command, self.path, dict(self.headers), body)
                except Refused as error:
                    status, answer = error.status, {"error": error.name, "message": str(error)}
                payload = json.dumps(answer).encode()
                # Who does not wait for the answer has hung up.
                with suppress(ConnectionError):
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(payload)))
                    self.end_headers()
                    self.wfile.write(payload)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def store(self) -> str:
        """What ASSISTANT_STORE is for it."""
        return f"cloud:{self.url}"

    def asked(self, action: str) -> list[Json]:
        """The bodies of all requests of a kind, such as `search`."""
        return [body for _, route, body in self.requests if route.rsplit("/", 1)[-1] == action]

    # Routes

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: Json) -> Any:
        route = path.partition("?")[0].removeprefix("/api/v2/")
        lowered = {name.lower(): value for name, value in headers.items()}
        if lowered.get("x-chroma-token") != self.key:
            raise Refused(401, "AuthError", "Unauthorized")
        self.before(method, route, body)
        with self._lock:
            self.requests.append((method, route, body))
            return self._answer(method, route, body)

    def _answer(self, method: str, route: str, body: Json) -> Any:
        if (method, route) == ("GET", "auth/identity"):
            return {"user_id": "user-1", "tenant": self.tenant, "databases": [self.database]}
        if (method, route) == ("GET", "heartbeat"):
            return {"nanosecond heartbeat": time.time_ns()}
        if (method, route) == ("GET", "pre-flight-checks"):
            return {"max_batch_size": 1_000, "supports_base64_encoding": True}
        steps = route.split("/")
        if method == "GET" and steps[:1] == ["tenants"] and len(steps) == 2:
            self._known(steps[1] == self.tenant, f"Tenant [{steps[1]}] not found")
            return {"name": self.tenant}
        self._known(steps[0::2][:2] == ["tenants", "databases"], route)
        self._known((steps[1], steps[3]) == (self.tenant, self.database), f"Database [{steps[3]}] not found")
        if method == "GET" and len(steps) == 4:
            return {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, "papers")), "name": steps[3], "tenant": steps[1]}
        self._known(steps[4] == "collections", route)
        if len(steps) == 5:
            return self._created(body)
        return self._of_part(method, steps[5], "/".join(steps[6:]), body)

    def _known(self, known: bool, what: str) -> None:
        if not known:
            raise Refused(404, "NotFoundError", what)

    def _shaped(self, schema: str, body: Json) -> None:
        """Hold a body to the installed server's own description of it."""
        whole = {"$ref": f"#/components/schemas/{schema}", "components": self._components}
        # What is null is left out: the server takes it so, though its own description does not say it everywhere.
        for error in Draft202012Validator(whole).iter_errors(_shortened(body)):
            raise Refused(422, "InvalidArgumentError", f"{schema}: {error.json_path}: {error.message[:300]}")

    def _created(self, body: Json) -> Json:
        self._shaped("CreateCollectionPayload", body)
        within(NAME, len(body["name"]), "Collection name size")
        for key, value in (body["metadata"] or {}).items():
            within(KEY, len(key), "Metadata key size")
            within(COLLECTION_VALUE, len(str(value).encode()), "Collection metadata value size")
        if body["name"] in self.parts:
            if not body["get_or_create"]:
                raise Refused(409, "UniqueConstraintError", f"Collection [{body['name']}] already exists")
            return self.parts[body["name"]].json()
        part = Part(body, self.tenant, self.database)
        if not self.hybrid and any(part.is_sparse(key) for key in ((part.schema or {}).get("keys") or {})):
            raise invalid(f"Failed to reconcile schema: Invalid schema input: {_NO_SPARSE}")
        self.parts[part.name] = part
        return part.json()

    def _of_part(self, method: str, name: str, action: str, body: Json) -> Any:
        part = next((part for part in self.parts.values() if name in (part.name, part.id)), None)
        if part is None:
            raise Refused(404, "NotFoundError", f"Collection [{name}] does not exist")
        if not action:
            return self._itself(method, part, body)
        actions: dict[str, Callable[[Part, Json], Any]] = {
            "add": self._upsert,
            "upsert": self._upsert,
            "update": self._update,
            "delete": self._delete,
            "get": self._get,
            "query": self._query,
            "search": self._search,
            "count": lambda part, body: len(part.records),
        }
        self._known(action in actions, action)
        return actions[action](part, body)

    def _itself(self, method: str, part: Part, body: Json) -> Json:
        if method == "DELETE":
            del self.parts[part.name]
        elif method == "PUT":
            self._shaped("UpdateCollectionPayload", body)
            part.metadata = body["new_metadata"] or part.metadata
        return part.json()

    # Records

    def _upsert(self, part: Part, body: Json) -> Json:
        self._shaped("UpsertCollectionRecordsPayload", body)
        self._bounded(body)
        rows = [np.frombuffer(base64.b64decode(text), np.float32) for text in body["embeddings"]]
        for place, record_id in enumerate(body["ids"]):
            record = part.records.setdefault(record_id, {"metadata": {}})
            record |= {"embedding": rows[place], "document": body["documents"][place]}
            _merge(record["metadata"], body["metadatas"][place])
        return {}

    def _update(self, part: Part, body: Json) -> Json:
        self._shaped("UpdateCollectionRecordsPayload", body)
        self._bounded(body)
        for place, record_id in enumerate(body["ids"]):
            if record_id in part.records:
                _merge(part.records[record_id]["metadata"], body["metadatas"][place])
        return {}

    def _bounded(self, body: Json) -> None:
        within(RECORDS, len(body["ids"]), "Number of records")
        for record_id in body["ids"]:
            within(ID, len(record_id.encode()), "ID size")
        for document in body["documents"] or []:
            within(DOCUMENT, len((document or "").encode()), "Document size")
        for metadata in body["metadatas"] or []:
            within(KEYS, len(metadata), "Number of metadata keys")
            for key, value in metadata.items():
                within(KEY, len(key), "Metadata key size")
                within(VALUE, _size(value), f"Metadata value size of {key}")

    def _delete(self, part: Part, body: Json) -> Json:
        self._shaped("DeleteCollectionRecordsPayload", body)
        within(RECORDS, len(body["ids"]), "Number of records")
        gone = [part.records.pop(record_id, None) for record_id in body["ids"]]
        return {"deleted": sum(record is not None for record in gone)}

    def _get(self, part: Part, body: Json) -> Json:
        self._shaped("GetRequestPayload", body)
        wanted = len(body["ids"]) if body["ids"] is not None else body["limit"]
        within(RESULTS, wanted if wanted is not None else len(part.records), "Limit")
        ids = list(part.records) if body["ids"] is None else [one for one in body["ids"] if one in part.records]
        ids = [one for one in ids if matches(part.records[one]["metadata"], body["where"])]
        start = body["offset"] or 0
        page = ids[start : start + body["limit"] if body["limit"] is not None else None]
        found: Json = {"ids": page, "include": body["include"], "uris": None}
        for name, singular in (("documents", "document"), ("metadatas", "metadata"), ("embeddings", "embedding")):
            chosen = [_plain(part.records[one][singular]) for one in page]
            found[name] = chosen if name in body["include"] else None
        return found

    def _query(self, part: Part, body: Json) -> Json:
        self._shaped("QueryRequestPayload", body)
        within(RESULTS, body["n_results"], "Number of results")
        (query,) = (np.array(vector, np.float32) for vector in body["query_embeddings"])
        near = part.nearest(query, body["where"])[: body["n_results"]]
        return {
            "ids": [[record_id for record_id, _ in near]],
            "distances": [[distance for _, distance in near]],
            "include": body["include"],
        } | dict.fromkeys(("documents", "metadatas", "embeddings", "uris"))

    # Search

    def _search(self, part: Part, body: Json) -> Json:
        self._shaped("SearchRequestPayload", body)
        if not self.hybrid:
            raise Refused(501, "ChromaError", "Unimplemented: Sparse vector is not supported for local chroma: words")
        answers = [self._one_search(part, search) for search in body["searches"]]
        return {
            "ids": [[record_id for record_id, _ in found] for found, _ in answers],
            "scores": [[score for _, score in found] for found, _ in answers],
            "select": [keys for _, keys in answers],
        } | {name: [None] * len(answers) for name in ("documents", "embeddings", "metadatas")}

    def _one_search(self, part: Part, search: Json) -> tuple[list[tuple[str, float]], list[str]]:
        if set(search) != {"filter", "rank", "group_by", "limit", "select"} or search["group_by"] != {}:
            raise invalid(f"search: {sorted(search)}")
        if search["select"] != {"keys": ["#score"]}:
            raise invalid(f"select: {search['select']}")
        limit = search["limit"]
        within(RESULTS, limit["limit"], "Limit")
        scores, _ = Ranking(part, search["filter"], self._shaped).scores(search["rank"])
        best = sorted(scores.items(), key=lambda pair: pair[1])
        return best[limit["offset"] : limit["offset"] + limit["limit"]], search["select"]["keys"]


def _merge(held: Json, given: Mapping[str, Any] | None) -> None:
    for key, value in (given or {}).items():
        if value is None:
            held.pop(key, None)
        else:
            held[key] = value


def _shortened(value: Any) -> Any:
    """A body without nulls, and of its lists what is enough to tell their shape."""
    if isinstance(value, dict):
        return {key: _shortened(inner) for key, inner in value.items() if inner is not None}
    return [_shortened(inner) for inner in value[:4]] if isinstance(value, list) else value


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 8 * len(value["indices"])
    if isinstance(value, list):
        return sum(_size(one) for one in value)
    return len(str(value).encode())


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
