"""A model's reply as a validated value: JSON is asked for, checked, and asked for once more."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

import prompts
from assistant.answering.fencing import plain, shortened

if TYPE_CHECKING:
    from assistant.answering.model import ChatModel

Form = TypeVar("Form", bound=BaseModel)

# What is shown to the model of its own first reply.
_REPEATED_TOKENS = 400


class BudgetSpentError(Exception):
    """The model may not be asked again in this run."""


class Budget:
    """Counts how often a model was asked.

    Args:
        max_calls: how often it may be; None means no limit.
    """

    def __init__(self, max_calls: int | None = None) -> None:
        self.max_calls, self.calls = max_calls, 0

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.max_calls is not None and self.calls >= self.max_calls

    def take(self) -> None:
        """Count one request.

        Raises:
            BudgetSpentError: none is left.
        """
        if self.is_spent:
            raise BudgetSpentError
        self.calls += 1


def ask(model: "ChatModel", prompt: str, form: type[Form], budget: Budget) -> Form | None:
    """Ask for a JSON object of a form; a reply that is none is asked for once more.

    Args:
        model: who is asked.
        prompt: says what form is wanted.
        form: the form.
        budget: both requests are counted.

    Returns:
        The value; None where the model gave no usable one twice.

    Raises:
        ModelError: the model cannot be reached or fails.
        BudgetSpentError: the budget does not allow the request.
    """
    messages = [{"role": "user", "content": prompt}]
    for _ in range(2):
        budget.take()
        reply = model.complete(messages)
        value, problem = parsed(reply, form)
        if value is not None:
            return value
        messages = [
            messages[0],
            {"role": "assistant", "content": shortened(plain(reply), _REPEATED_TOKENS) or "(nothing)"},
            {"role": "user", "content": prompts.load("json_again").fill(problem=problem)},
        ]
    return None


def parsed(reply: str, form: type[Form]) -> tuple[Form | None, str]:
    """The one value of a form in a reply, whatever prose or code fence is around it.

    Two different ones in one reply are none: a model that repeats what it was given, JSON included, must not
    pass that off as its own.

    Returns:
        The value, or None and the problem in words that hold nothing of the reply.
    """
    values: list[Form] = []
    problem = "there is no JSON object in it"
    for found in _objects(reply):
        try:
            value = form.model_validate(found)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in wrong["loc"] if isinstance(part, int) or part in form.model_fields)
            problem = f"{place or 'the object'} is missing or not of the form asked for"
            continue
        if value not in values:
            values.append(value)
    if len(values) > 1:
        return None, "there is more than one JSON object in it"
    return (values[0], "") if values else (None, problem)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object in a text that stands in no other."""
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield value
        at = text.find("{", end)
