"""A cold start."""

from evals.bench.place import Place
from evals.bench.results import Baseline, Figure, Target, Timing

QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"


def ask(place: Place) -> list[Figure]:
    """`assistant ask` with the store ready, and the floor under it."""
    times = 10 if place.full else 5
    found = place.fresh.run("cold.ask", home=place.home(), question=QUESTION, times=times).result
    timings = {name: Timing.model_validate(timing) for name, timing in found["timings"].items()}
    floor = Baseline(name="its imports alone", value=timings["imports"].p50)
    return [
        Figure.timed(
            "cold.ask",
            "assistant ask, store ready",
            timings["ask"],
            baseline=floor,
            target=Target(limit=1.5),
            note=f"{timings['ask'].p50 - floor.value:.2f} s above the floor",
        ),
        Figure.timed(
            "cold.imports",
            "the libraries it imports, alone",
            timings["imports"],
            note=f"{found['modules']} modules, this project's own left out",
        ),
        Figure.timed("cold.python", "Python alone", timings["python"]),
        Figure(key="cold.memory", title="peak memory", value=found["memory"], unit="bytes"),
    ]
