"""One question, of which nothing is expected but that it is answered as promised or refused plainly."""

from assistant import Assistant
from assistant.types import Answer
from evals.guarantees import check_guarantees
from vectorstore.errors import UserError


def answered(assistant: Assistant, question: str, **more: object) -> Answer | None:
    """The answer, for which every guarantee holds; None where it was refused in one line."""
    try:
        answer = assistant.answer(question, **more)  # type: ignore[arg-type]
    except UserError as error:
        said = str(error)
    else:
        check_guarantees(answer, assistant.card)
        return answer
    assert len(said.splitlines()) == 1
    return None
