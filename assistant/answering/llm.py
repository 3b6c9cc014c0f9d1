"""The answerer that lets a language model write: numbered evidence in, text with `[n]` markers out."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import groupby

import prompts
from assistant.answering.failures import ModelError
from assistant.answering.fencing import plain, shortened, tokens
from assistant.answering.model import ChatModel
from assistant.answering.streaming import Reply
from assistant.types import Evidence, Query, Usage
from vectorstore.latex import readable

NO_ANSWER = "NO_ANSWER"

_LANGUAGES = {"en": "English", "zh": "Chinese (中文)"}
# History and question may take so much of the context at most; evidence is what answers.
_HISTORY_SHARE = 0.2
_QUESTION_SHARE = 0.15
_TURNS = 6
_CITED = re.compile(r"\[\d+\]")
# What a server's chat template puts around the messages.
_TEMPLATE_TOKENS = 60


class Draft(Iterator[str]):
    """A model's unverified text as it comes; `text` and `usage` are final when it ends.

    `text` is exactly `NO_ANSWER` where the model says that the evidence does not answer.

    Raises:
        ModelError: while iterating, when the model fails.
    """

    def __init__(self, reply: Reply) -> None:
        self.text = ""
        self._reply = reply
        self._held: str | None = ""

    @property
    def usage(self) -> Usage:
        """What the model reported."""
        return self._reply.usage

    def __next__(self) -> str:
        for chunk in self._reply:
            if self._held is None:
                self.text += chunk
                return chunk
            self._held += chunk
            begun = self._held.lstrip(" \n\t*_`\"'")
            # Only a text that cannot become the token is shown while it is written.
            if begun and not NO_ANSWER.startswith(begun[: len(NO_ANSWER)]):
                self.text, self._held = self._held, None
                return self.text
        if self._held is not None:
            rest, self._held = self._final(), None
            self.text = rest
            if rest:
                return rest
        elif self._reply.text:
            self.text = self._final()
        raise StopIteration

    def _final(self) -> str:
        text = self._reply.text.strip()
        # Some models say it, and then explain; where they then cite, the explanation is an answer.
        without = text.replace(NO_ANSWER, "").strip(" \n\t*_`\"'.")
        return text if NO_ANSWER not in text else without if _CITED.search(without) else NO_ANSWER

    def close(self) -> None:
        """Stop reading and hang up."""
        self._reply.close()


class LLMAnswerer:
    """Writes drafts with a language model.

    Args:
        model: who writes.
        context_tokens: longest prompt; the weakest evidence is left out first.
    """

    def __init__(self, model: ChatModel, *, context_tokens: int = 6000) -> None:
        self._model, self._context = model, context_tokens

    def draft(self, query: Query, evidence: Sequence[Evidence], history: Sequence[Mapping[str, str]] = ()) -> Draft:
        """Ask the model.

        Args:
            query: the question.
            evidence: what may be cited, each by its own number.
            history: the conversation so far, oldest first.

        Returns:
            The text as it comes.

        Raises:
            ModelError: here or while iterating; says what is wrong and what to do.
        """
        return Draft(self._model.stream(self.messages(query, evidence, history)))

    async def adraft(
        self, query: Query, evidence: Sequence[Evidence], history: Sequence[Mapping[str, str]] = ()
    ) -> AsyncIterator[str]:
        """As `draft`, without blocking the event loop."""
        draft = await asyncio.to_thread(self.draft, query, evidence, history)
        try:
            while (chunk := await asyncio.to_thread(next, draft, None)) is not None:
                yield chunk
        finally:
            draft.close()

    def messages(
        self, query: Query, evidence: Sequence[Evidence], history: Sequence[Mapping[str, str]] = ()
    ) -> list[dict[str, str]]:
        """The prompt as messages in OpenAI's form, within `context_tokens`."""
        language = _LANGUAGES[query.language]
        system = prompts.load("answer_system").fill(language=language, no_answer=NO_ANSWER)
        question = shortened(plain(query.standalone or query.question), int(self._context * _QUESTION_SHARE))

        def user(lines: Sequence[str]) -> str:
            return prompts.load("answer_user").fill(
                evidence="\n".join(lines), question=question, language=language, no_answer=NO_ANSWER
            )

        left = self._context - tokens(system) - tokens(user([])) - _TEMPLATE_TOKENS
        turns = _turns(history, int(min(left, self._context) * _HISTORY_SHARE))
        left -= sum(tokens(turn["content"]) + 5 for turn in turns)
        return [
            {"role": "system", "content": system},
            *turns,
            {"role": "user", "content": user(_fitting(evidence, left))},
        ]


def _fitting(evidence: Sequence[Evidence], limit: int) -> list[str]:
    """Evidence in its order under the titles of its cards: the strongest that fits, and always one."""
    lines = {item.number: f"[{item.number}] {plain(readable(item.passage.text))}" for item in evidence}
    ranked = sorted(evidence, key=lambda item: (-item.score, item.number))
    kept: set[int] = set()
    titled: set[str] = set()
    for item in ranked:
        title = 0 if item.passage.card_id in titled else tokens(_title(item)) + 2
        cost = tokens(lines[item.number]) + title
        if cost <= limit:
            kept.add(item.number)
            titled.add(item.passage.card_id)
            limit -= cost
    if not kept and ranked:
        best = ranked[0].number
        lines[best] = shortened(lines[best], max(limit, 40))
        kept.add(best)
    kept_evidence = [item for item in evidence if item.number in kept]
    written: list[str] = []
    for _, items in groupby(kept_evidence, key=lambda item: item.passage.card_id):
        group = list(items)
        written += [f"Card: {_title(group[0])}", *(lines[item.number] for item in group)]
    return written


def _title(item: Evidence) -> str:
    return plain(readable(item.title))


def _turns(history: Sequence[Mapping[str, str]], limit: int) -> list[dict[str, str]]:
    """The last messages that fit; only what was asked and answered, and without old markers."""
    turns: list[dict[str, str]] = []
    # A long list among the answers leaves room for the question that it answered.
    longest = limit // 2 - 5
    for message in reversed(history[-_TURNS:]):
        role, content = message.get("role"), message.get("content")
        if role not in ("user", "assistant") or not isinstance(content, str):
            continue
        text = shortened(plain(_CITED.sub("", content)), longest)
        limit -= tokens(text) + 5
        if limit < 0:
            break
        turns.insert(0, {"role": role, "content": text})
    # Chat templates want the user to begin, and turns to alternate up to the question.
    while turns and turns[0]["role"] != "user":
        turns.pop(0)
    return turns if turns and turns[-1]["role"] == "assistant" else turns[:-1]


__all__ = ["NO_ANSWER", "Draft", "LLMAnswerer", "ModelError"]
