"""What is measured: each section is some parts, and each part gives figures."""

from collections.abc import Callable, Mapping, Sequence

from evals.bench.place import Place
from evals.bench.results import Figure
from evals.bench.sections import asking, cold, collecting, embedder, overhead, peers, profile, scale

Part = Callable[[Place], Sequence[Figure]]

SECTIONS: Mapping[str, Sequence[Part]] = {
    "embedder": (embedder.batches, embedder.short, embedder.loading, embedder.precision),
    "ingest": (collecting.ingest, collecting.sampled),
    "cold": (cold.ask,),
    "search": (asking.search,),
    "answer": (asking.answer,),
    "overhead": (overhead.first_request, overhead.verification),
    "scale": (scale.sizes,),
    "profile": (profile.cold, profile.answer),
    "peers": (peers.ours, peers.tutorial, peers.paperqa),
}
