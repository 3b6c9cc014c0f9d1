"""One collection of the Chroma Cloud of `cloud_contract`: its records, and which of them a filter or ranking finds."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

Json = dict[str, Any]
Scores = tuple[dict[str, float], float | None]
# Documented for Chroma Cloud: https://docs.trychroma.com/cloud/quotas-limits (the tighter of two versions).
RESULTS = RECORDS = 300
DOCUMENT, VALUE, COLLECTION_VALUE, ID, NAME, KEY = 16_384, 4_096, 256, 128, 128, 36
KEYS, PREDICATES = 32, 8


class Refused(Exception):
    """An answer that is none: an HTTP status, the name of an error of Chroma, and what is said."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status, self.name = status, name


def invalid(message: str) -> Refused:
    return Refused(400, "InvalidArgumentError", message)


def within(limit: int, size: int, what: str) -> None:
    if size > limit:
        raise Refused(429, "QuotaError", f"'{what}' exceeded quota limit: {size} > {limit}")


class Part:
    """One collection."""

    def __init__(self, body: Json, tenant: str, database: str) -> None:
        self.name, self.id = body["name"], str(uuid.uuid4())
        self.metadata, self.schema = body.get("metadata"), body.get("schema")
        self.tenant, self.database = tenant, database
        self.records: dict[str, Json] = {}
        vectors = ((self.schema or {}).get("keys") or {}).get("#embedding", {}).get("float_list", {})
        self.space = vectors.get("vector_index", {}).get("config", {}).get("space", "l2")

    def json(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "metadata": self.metadata,
            "configuration_json": {"hnsw": None, "spann": {"space": self.space}, "embedding_function": None},
            "schema": self.schema,
            "dimension": None,
            "tenant": self.tenant,
            "database": self.database,
            "version": 0,
            "log_position": 0,
        }

    def distance(self, query: np.ndarray, record: Json) -> float:
        vector = record["embedding"]
        if self.space == "cosine":
            return float(1 - query @ vector / (np.linalg.norm(query) * np.linalg.norm(vector)))
        return float(((query - vector) ** 2).sum())

    def is_sparse(self, key: str) -> bool:
        named = ((self.schema or {}).get("keys") or {}).get(key, {})
        return bool(named.get("sparse_vector", {}).get("sparse_vector_index", {}).get("enabled"))

    def nearest(self, query: np.ndarray, where: Json | None) -> list[tuple[str, float]]:
        """All records that pass a filter, the nearest first, with their distances."""
        allowed = [one for one, record in self.records.items() if matches(record["metadata"], where)]
        return sorted(((one, self.distance(query, self.records[one])) for one in allowed), key=lambda pair: pair[1])


class Ranking:
    """The ranking of one search.

    Args:
        part: whose records are ranked.
        where: the filter that they must pass.
        shaped: holds a body to the named schema of the installed server.
    """

    def __init__(self, part: Part, where: Json | None, shaped: Callable[[str, Json], None]) -> None:
        self.part, self.where, self.shaped = part, where, shaped

    def scores(self, rank: Json) -> Scores:
        """Scores of records, and the score of all others (None: they are not to be considered)."""
        ((name, inner),) = rank.items()
        if name == "$knn":
            return self._knn(inner)
        if name == "$val":
            return {}, float(inner)
        folds: dict[str, Callable[[float, float], float]] = {
            "$sum": lambda left, right: left + right,
            "$mul": lambda left, right: left * right,
            "$div": lambda left, right: left / right,
        }
        if name not in folds:
            raise invalid(f"unknown rank {name}")
        if name == "$div":
            if set(inner) != {"left", "right"}:
                raise invalid(f"$div: {sorted(inner)}")
            inner = [inner["left"], inner["right"]]
        whole, *others = [self.scores(each) for each in inner]
        for other in others:
            whole = _merged(whole, other, folds[name])
        return whole

    def _knn(self, knn: Json) -> Scores:
        if not set(knn) <= {"query", "key", "limit", "default", "return_rank"}:
            raise invalid(f"$knn: {sorted(knn)}")
        within(RESULTS, knn["limit"], "Limit of $knn")
        query = knn["query"]
        if isinstance(query, list):
            if knn["key"] != "#embedding":
                raise invalid(f"no dense vectors in {knn['key']}")
            near = self.part.nearest(np.array(query, np.float32), self.where)
        else:
            self.shaped("SparseVector", query)
            if not self.part.is_sparse(knn["key"]):
                raise invalid(f"no sparse index on {knn['key']}")
            near = _nearest_words(self.part, query, knn["key"], self.where)
        near = near[: knn["limit"]]
        ranks = knn.get("return_rank", False)
        return {one: float(rank if ranks else score) for rank, (one, score) in enumerate(near)}, knn.get("default")


def _nearest_words(part: Part, query: Json, key: str, where: Json | None) -> list[tuple[str, float]]:
    if query.get("#type") != "sparse_vector" or query["indices"] != sorted(set(query["indices"])):
        raise invalid("a sparse vector's indices ascend")
    asked = dict(zip(query["indices"], query["values"], strict=True))
    scores = []
    for one, record in part.records.items():
        words = record["metadata"].get(key)
        if words is not None and matches(record["metadata"], where):
            held = zip(words["indices"], words["values"], strict=True)
            # Chroma measures 1 - query · words, and until it has indexed a record lists it without a shared word, too.
            scores.append((one, 1 - sum(asked.get(index, 0.0) * value for index, value in held)))
    return sorted(scores, key=lambda pair: pair[1])


def _merged(left: Scores, right: Scores, fold: Callable[[float, float], float]) -> Scores:
    """As Chroma does: a record must stand on each side that has no default."""
    (here, here_else), (there, there_else) = left, right
    ids = {one for one in {*here, *there} if _at(here, one, here_else) and _at(there, one, there_else)}
    others = None if here_else is None or there_else is None else fold(here_else, there_else)
    return {one: fold(here.get(one, here_else or 0), there.get(one, there_else or 0)) for one in ids}, others


def _at(scores: Mapping[str, float], one: str, otherwise: float | None) -> bool:
    return one in scores or otherwise is not None


def matches(metadata: Mapping[str, Any], where: Json | None) -> bool:
    """Whether a record's metadata pass a filter."""
    if where is None:
        return True
    within(PREDICATES, sum(1 for _ in _predicates(where)), "Number of where predicates")
    return _passes(metadata, where)


def _passes(metadata: Mapping[str, Any], where: Json) -> bool:
    ((key, wanted),) = where.items()
    if key == "$and":
        return all(_passes(metadata, part) for part in wanted)
    if key == "$or":
        return any(_passes(metadata, part) for part in wanted)
    if not isinstance(wanted, dict):
        return bool(metadata.get(key) == wanted)
    ((operator, value),) = wanted.items()
    held = metadata.get(key)
    if operator == "$in":
        return held in value
    if operator == "$contains":
        return value in (held or [])
    if operator == "$eq":
        return bool(held == value)
    raise invalid(f"unknown operator {operator}")


def _predicates(where: Json) -> Iterator[str]:
    for key, wanted in where.items():
        if key in ("$and", "$or"):
            for part in wanted:
                yield from _predicates(part)
        else:
            yield key
