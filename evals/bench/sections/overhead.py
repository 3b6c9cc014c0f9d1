"""What the assistant adds to the time that a language model takes."""

from evals.bench.place import Place
from evals.bench.results import Figure, Target, Timing


def first_request(place: Place) -> list[Figure]:
    """From a question to the first request."""
    limit = min(place.questions or 60, 60 if place.full else 20)
    found = place.fresh.run("modelled.first_request", home=place.home(), limit=limit).result
    return [
        Figure.timed(
            "overhead.first_request",
            "question to first request",
            Timing.model_validate(found["timing"]),
            target=Target(limit=0.1),
            note=f"a scripted model on this machine, asked for {found['asked']} of {found['of']} questions",
        )
    ]


def verification(place: Place) -> list[Figure]:
    """Checking what was written."""
    figures = []
    for key, reworded, ahead, words in (
        ("", False, True, "the evidence as it stands"),
        (".claims", True, True, "true and false claims"),
        (".claims_at_once", True, False, "the same, none of it seen while it was written"),
    ):
        limit = 30 if place.full else 8
        found = place.fresh.run(
            "modelled.verification", home=place.home(), limit=limit, reworded=reworded, ahead=ahead
        ).result
        figures.append(
            Figure.timed(
                f"overhead.verification{key}",
                f"checking 10 sentences, {words}",
                Timing.model_validate(found["timing"]),
                target=Target(limit=0.05),
                note=f"{found['passed']:.1f} of them pass",
            )
        )
    return figures
