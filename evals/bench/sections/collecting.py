"""Ingest, beside the tutorial pipeline over the same cards with the same embedder."""

from evals.bench.fresh import Taken
from evals.bench.place import Place
from evals.bench.results import Baseline, Figure, Target

TUTORIAL = "LangChain tutorial"
# The goals were set for the full card file.
_FROM_NOTHING, _AGAIN = Target(limit=150.0), Target(limit=1.0)


def ingest(place: Place) -> list[Figure]:
    """The whole collection, from nothing and unchanged again."""
    taken = place.ingested()
    found = taken.result
    first = place.unpacked().result["seconds"]
    if place.cards is None:
        return [
            Figure(
                key="ingest.builtin",
                title="built-in corpus, from nothing",
                value=found["seconds"],
                processor=taken.processor,
                note=f"{found['cards']} cards, the vectors come with them; unpacking the embedder {first:.1f} s more",
            ),
            Figure(key="ingest.memory", title="peak memory", value=taken.peak, unit="bytes"),
        ]
    tutorial = place.tutorial()
    again = place.fresh.run("collecting.ingest", home=place.home(), cards=place.file, turn=1)
    return [
        Figure(
            key="ingest.full",
            title="card file, from nothing",
            value=first + found["seconds"],
            processor=taken.processor,
            baseline=Baseline(name=TUTORIAL, value=tutorial.result["index"]),
            target=_FROM_NOTHING,
            note=f"{found['cards']} cards, {found['passages']} vectors; unpacking the embedder included",
        ),
        Figure(
            key="ingest.again",
            title="unchanged again, everything open",
            value=again.result["again"],
            baseline=Baseline(name="from nothing", value=first + found["seconds"]),
            target=_AGAIN,
            note=f"{again.result['changed_again']} cards changed",
        ),
        Figure(
            key="ingest.again_cold",
            title="unchanged again, in a new process",
            value=again.result["imports"] + again.result["seconds"],
            note=f"{again.result['imports']:.2f} s of that before the assistant is there",
        ),
        Figure(
            key="ingest.memory",
            title="peak memory",
            value=taken.peak,
            unit="bytes",
            baseline=Baseline(name=TUTORIAL, value=tutorial.peak),
        ),
    ]


def sampled(place: Place) -> list[Figure]:
    """Some of the built-in cards, all of whose passages are embedded; a full run has the card file for it."""
    if place.full:
        return []
    taken = ingested_sample(place)
    tutorial = place.tutorial()
    return [
        Figure(
            key="ingest.sample",
            title=f"{place.sample} cards, all embedded",
            value=taken.result["seconds"],
            processor=taken.processor,
            baseline=Baseline(name=TUTORIAL, value=tutorial.result["index"]),
            note=f"{taken.result['passages']} vectors, embedded here",
        ),
        Figure(
            key="ingest.sample_again",
            title="unchanged again, everything open",
            value=taken.result["again"],
            target=_AGAIN,
            note=f"{taken.result['changed_again']} cards changed",
        ),
    ]


def ingested_sample(place: Place) -> Taken:
    """Some of the built-in cards in a collection of their own."""
    file = str(place.folder / "sample.jsonl")
    place.fresh.run("cards.sample", out=file, limit=place.sample)
    return place.fresh.run("collecting.ingest", home=place.once("home-sample"), cards=file, own_vectors=True)
