"""Sets outcomes beside what would be right: a value for every metric that applies, and words for what is wrong."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from assistant.types import Citation
from evals.datasets.models import AnyItem, BaseQuestion, Count, FollowUp, LabelledClaim, List, Topic, Unanswerable
from evals.metrics.answering import answer_values, fact_stands, in_language, literal_facts
from evals.metrics.citing import check_sentences, citation_values, quotes_only, valid
from evals.metrics.ranking import ranking_values
from evals.results import Failure, Outcome, Part
from vectorstore.cards import PaperCard

# Whether some cards, holding nothing but quotes, support a sentence.
Check = Callable[[str, Sequence[PaperCard]], bool]

_CONVERSATION = ("answered", "gold_first", "facts", "language")


class Scorer:
    """Scores outcomes.

    Args:
        items: what was asked, by id.
        cards: the collection, by id.
        check: says whether quotes support a sentence.
        parts: what is wanted; values of other parts are left out.
        only: for some systems by name, the parts that alone are wanted of them.
    """

    def __init__(
        self,
        items: Mapping[str, AnyItem],
        cards: Mapping[str, PaperCard],
        check: Check,
        parts: Collection[Part],
        only: Mapping[str, Collection[Part]] | None = None,
    ) -> None:
        self._items, self._cards, self._check, self._parts = items, cards, check, parts
        self._only = only or {}

    def score(self, outcomes: Sequence[Outcome]) -> None:
        """Fill `values`, `sentences` and `failures` of each outcome."""
        self._score_rankings([outcome for outcome in outcomes if outcome.task == "search"])
        for outcome in outcomes:
            if outcome.task == "answer":
                self._score_answer(outcome)
            elif outcome.task == "verify":
                self._score_verdict(outcome)
            if outcome.error:
                outcome.failures.insert(0, Failure(part=self._part(outcome), why=f"it failed: {outcome.error}"))
            wanted = set(self._parts) & set(self._only.get(outcome.system, self._parts))
            values = outcome.values.items()
            # Six digits are plenty, and keep a reference that lies in the repository small.
            outcome.values = {key: round(value, 6) for key, value in values if key.partition(".")[0] in wanted}
            outcome.failures = [failure for failure in outcome.failures if failure.part in wanted]

    def _part(self, outcome: Outcome) -> Part:
        if isinstance(self._items[outcome.item], FollowUp):
            return "conversations"
        return {"search": "retrieval", "answer": "answers", "verify": "claims"}[outcome.task]  # type: ignore[return-value]

    def _question(self, outcome: Outcome) -> BaseQuestion:
        item = self._items[outcome.item]
        if not isinstance(item, BaseQuestion):
            raise TypeError(f"{item.id} is no question")
        return item

    def _score_rankings(self, outcomes: Sequence[Outcome]) -> None:
        asked = [(self._question(each), [card.card_id for card in each.found]) for each in outcomes]
        for outcome, (question, ids), values in zip(outcomes, asked, ranking_values(asked), strict=True):
            if isinstance(question, FollowUp):
                self._keep(outcome, "conversations", {key: values[key] for key in ("recall@1", "recall@5")})
                continue
            self._keep(outcome, "retrieval", values)
            if outcome.seconds:
                outcome.values["retrieval.seconds"] = outcome.seconds
            outcome.failures += _ranking_failures(question, ids)

    def _score_answer(self, outcome: Outcome) -> None:
        question = self._question(outcome)
        answer = outcome.answer
        refused = answer is not None and answer.status != "answered"
        if not isinstance(question, FollowUp):
            self._score_decision(outcome, question, refused)
        if answer is None:
            self._score_nothing(outcome, question)
            return
        self._score_citations(outcome)
        if isinstance(question, Unanswerable):
            outcome.values["answers.language"] = in_language(question, answer)
        else:
            values = answer_values(question, answer)
            if isinstance(question, FollowUp):
                self._keep(outcome, "conversations", {key: values[key] for key in _CONVERSATION if key in values})
                found = [card.card_id for card in outcome.found]
                ranked = ranking_values([(question, found)])[0]
                self._keep(outcome, "conversations", {key: ranked[key] for key in ("recall@1", "recall@5")})
            else:
                self._keep(outcome, "answers", values)
            part: Part = "conversations" if isinstance(question, FollowUp) else "answers"
            outcome.failures += [Failure(part=part, why=why) for why in _answer_failures(question, outcome, values)]
        if not isinstance(question, FollowUp):
            outcome.values["answers.seconds"] = outcome.seconds
            used = answer.usage.input_tokens + answer.usage.output_tokens
            if used:
                outcome.values["answers.tokens"] = float(used)

    def _score_nothing(self, outcome: Outcome, question: BaseQuestion) -> None:
        """What failed is as bad as can be: no metric may gain by leaving it out."""
        if isinstance(question, FollowUp):
            values = dict.fromkeys((*_CONVERSATION[:2], "language", "recall@1", "recall@5"), 0.0)
            self._keep(outcome, "conversations", values | self._no_facts(question))
        elif isinstance(question, List):
            zeros = dict.fromkeys(("answered", "language", "list_exact", "list_recall", "list_precision"), 0.0)
            self._keep(outcome, "answers", zeros)
        elif isinstance(question, Count):
            self._keep(outcome, "answers", dict.fromkeys(("answered", "language", "count_exact"), 0.0))
        elif not isinstance(question, Unanswerable):
            zeros = dict.fromkeys(("answered", "language", "gold_first", "gold_cited"), 0.0)
            if isinstance(question, Topic):
                zeros |= dict.fromkeys(("topic_recall@10", "topic_ndcg@10"), 0.0)
            self._keep(outcome, "answers", zeros | self._no_facts(question))

    def _no_facts(self, question: BaseQuestion) -> dict[str, float]:
        return {"facts": 0.0, "all_facts": 0.0} if literal_facts(question.key_facts) else {}

    def _score_decision(self, outcome: Outcome, question: BaseQuestion, refused: bool) -> None:
        unanswerable = isinstance(question, Unanswerable)
        values = {"unanswerable": float(unanswerable), "refused": float(refused), "answerable": float(not unanswerable)}
        values["recall" if unanswerable else "wrongly_refused"] = float(refused)
        if refused:
            values["precision"] = float(unanswerable)
        if "confidence" in outcome.signals:
            values["confidence"] = outcome.signals["confidence"]
        self._keep(outcome, "abstention", values)
        if unanswerable and not refused and outcome.answer is not None:
            why = f": {question.why}" if isinstance(question, Unanswerable) and question.why else ""
            outcome.failures.append(Failure(part="abstention", why=f"answered what the cards do not say{why}"))
        if not unanswerable and refused:
            outcome.failures.append(Failure(part="abstention", why="refused what the cards answer"))

    def _score_citations(self, outcome: Outcome) -> None:
        answer = outcome.answer
        if answer is None or answer.status != "answered" or "citations" not in self._parts:
            return
        outcome.sentences = [] if answer.mode == "catalog" else check_sentences(answer, self._supports)
        values = citation_values(answer, outcome.sentences, self._cards.get)
        self._keep(outcome, "citations", values)
        for citation in answer.citations:
            if not valid(citation, self._cards.get(citation.card_id)):
                why = f"[{citation.marker}] is not {citation.card_id}.{citation.field}[{citation.start}:{citation.end}]"
                outcome.failures.append(Failure(part="citations", why=why))
        for sentence in outcome.sentences:
            if sentence.missing_figures:
                missing = ", ".join(sentence.missing_figures)
                why = f"{missing} stands in no quote that this cites: {sentence.text}"
                outcome.failures.append(Failure(part="citations", why=why))
            if not sentence.supported:
                why = "cites nothing" if not sentence.markers else "is not fully supported by what it cites"
                outcome.failures.append(Failure(part="citations", why=f"{why}: {sentence.text}"))

    def _supports(self, sentence: str, cited: Sequence[Citation]) -> bool:
        quotes = quotes_only([each for each in cited if valid(each, self._cards.get(each.card_id))], self._cards)
        return bool(quotes) and self._check(sentence, quotes)

    def _score_verdict(self, outcome: Outcome) -> None:
        claim = self._items[outcome.item]
        if not isinstance(claim, LabelledClaim):
            raise TypeError(f"{claim.id} is no claim")
        accepted = outcome.verdict is not None and outcome.verdict.supported
        right = outcome.verdict is not None and accepted == claim.supported
        values = {"right": float(right)}
        values["true_accepted" if claim.supported else "false_rejected"] = float(right)
        if not outcome.error:
            values["seconds"] = outcome.seconds
        self._keep(outcome, "claims", values)
        if not right and not outcome.error:
            said = outcome.verdict.reason if outcome.verdict is not None else ""
            note = f" ({claim.note})" if claim.note else ""
            why = f"a true claim was rejected: {said}" if claim.supported else f"a false claim was accepted{note}"
            outcome.failures.append(Failure(part="claims", why=why))

    def _keep(self, outcome: Outcome, part: Part, values: Mapping[str, float]) -> None:
        outcome.values.update({f"{part}.{name}": value for name, value in values.items()})


def _ranking_failures(question: BaseQuestion, ids: Sequence[str]) -> Iterable[Failure]:
    missing = [card_id for card_id in question.gold if card_id not in ids]
    if len(question.gold) == 1:
        if missing:
            yield Failure(part="retrieval", why="the gold card is not among the first ten")
        elif ids[0] not in question.gold:
            rank = list(ids).index(question.gold[0]) + 1
            yield Failure(part="retrieval", why=f"the gold card is number {rank}")
    elif missing:
        yield Failure(part="retrieval", why=f"not among the first ten: {', '.join(missing)}")


def _answer_failures(question: BaseQuestion, outcome: Outcome, values: Mapping[str, float]) -> Iterable[str]:
    answer = outcome.answer
    if answer is None:
        return
    if answer.status != "answered":
        yield "refused what the cards answer"
        return
    if isinstance(question, List) and not values["list_exact"]:
        given, gold = set(answer.cards), set(question.gold)
        yield f"{len(gold - given)} cards are missing from the list, {len(given - gold)} do not belong in it"
    if isinstance(question, Count) and not values["count_exact"]:
        yield f"the number is {len(question.gold)}; the answer counts {len(set(answer.cards))} cards"
    if values.get("gold_first") == 0.0:
        yield f"the first citation is not of {' or '.join(question.gold)}"
    if "facts" in values:
        absent = [fact for fact in literal_facts(question.key_facts) if not fact_stands(fact, answer.text)]
        if absent:
            yield f"not in the answer: {', '.join(absent)}"
    if not values["language"]:
        yield "the answer is in the other language"
