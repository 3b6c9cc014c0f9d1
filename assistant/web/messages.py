"""Messages of the chat in the form in which Gradio sends them.

Given a component for each message, Gradio makes and describes all of them anew with every update of the page: two
milliseconds a message, many times a second. Here the description is made once.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

if TYPE_CHECKING:
    from gradio.block_function import BlockFunction
    from gradio.state_holder import SessionState

Message = dict[str, Any]

_OPTIONS: Mapping[str, Any] = {"apply_default_css": False, "js_on_load": None, "render": False}
# Within a handler Gradio makes components only by halves.
_PROPS: Mapping[str, Any] = gr.HTML("", **_OPTIONS).get_config()


def message(role: str, html: str) -> Message:
    """One message.

    Args:
        role: `user` or `assistant`.
        html: what it shows; a component instead of text, because the chat's own sanitiser, which stays on, takes the
            chips' attributes away.
    """
    props = {**_PROPS, "value": html}
    content = {"component": "html", "value": html, "constructor_args": _OPTIONS, "props": props, "type": "component"}
    return {"role": role, "metadata": None, "content": [content], "options": None}


class Growing:
    """An update of nothing but the messages of a chat, while an answer grows.

    Args:
        chat: the component that shows them.
        messages: all of them, as `message` makes them.
    """

    def __init__(self, chat: gr.Chatbot, messages: list[Message]) -> None:
        self.chat, self.messages = chat, messages


class Page(gr.Blocks):
    """Blocks that hand growing messages on as they are.

    Gradio makes every component anew, with each update, that the update leaves alone.
    """

    async def postprocess_data(
        self, block_fn: "BlockFunction", predictions: Any, state: "SessionState | None"
    ) -> list[Any]:
        """What goes to the browser for what a handler returned."""
        if not isinstance(predictions, Growing):
            found: list[Any] = await super().postprocess_data(block_fn, predictions, state)
            return found
        untouched = [None if part.stateful else gr.skip() for part in block_fn.outputs]
        return [
            predictions.messages if part is predictions.chat else left
            for part, left in zip(block_fn.outputs, untouched, strict=True)
        ]
