"""How good a ranking of cards is: recall, reciprocal rank and nDCG, computed by `ir-measures` (trec_eval)."""

from collections.abc import Sequence
from typing import Any

from evals.datasets.models import BaseQuestion, Topic

# Rankings are cut here: nobody reads on.
DEPTH = 10
RECALL_AT = (1, 5, 10)


def ranking_values(asked: Sequence[tuple[BaseQuestion, Sequence[str]]]) -> list[dict[str, float]]:
    """Score rankings.

    Args:
        asked: questions, each with the card ids found for it, best first.

    Returns:
        For each: `recall@1`, `recall@5`, `recall@10` (share of the gold cards among the first), `first` (1
        where the first card is gold), `mrr` (1 / rank of the first gold card, 0 below ten) and `ndcg@10`
        (by grades where the question has them).
    """
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    binary = {f"recall@{k}": R @ k for k in RECALL_AT} | {"first": Success @ 1, "mrr": RR @ DEPTH}
    names = {measure: name for name, measure in binary.items()}
    found: list[dict[str, float]] = [{} for _ in asked]
    gold, graded, ranked = [], [], []
    for place, (question, ids) in enumerate(asked):
        key = str(place)
        gold += [ir_measures.Qrel(key, card_id, 1) for card_id in question.gold]
        graded += [ir_measures.Qrel(key, card_id, grade) for card_id, grade in grades(question).items()]
        ranked += _scored(key, ids)
    for result in ir_measures.iter_calc(list(binary.values()), gold, ranked):
        found[int(result.query_id)][names[result.measure]] = float(result.value)
    for result in ir_measures.iter_calc([nDCG @ DEPTH], graded, ranked):
        found[int(result.query_id)]["ndcg@10"] = float(result.value)
    # trec_eval leaves out a question for which nothing was found; finding nothing is the worst ranking.
    nothing = dict.fromkeys((*binary, "ndcg@10"), 0.0)
    return [nothing | values for values in found]


def grades(question: BaseQuestion) -> dict[str, int]:
    """How relevant each card is: a topic's own grades, otherwise 1 for every gold card."""
    if isinstance(question, Topic) and question.graded:
        return dict(question.graded)
    return dict.fromkeys(question.gold, 1)


def _scored(key: str, ids: Sequence[str]) -> list[Any]:
    """A ranking in the library's form: ranks become falling scores, so that ties cannot reorder it."""
    import ir_measures

    distinct = list(dict.fromkeys(ids))[:DEPTH]
    return [ir_measures.ScoredDoc(key, card_id, float(DEPTH - rank)) for rank, card_id in enumerate(distinct)]
