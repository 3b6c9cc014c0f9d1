"""The page: a chat over the cards, the cards themselves, and a map of them, as Gradio Blocks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.web.chat import LONGEST_QUESTION, Chat, Shown
from assistant.web.lookups import Lookups
from assistant.web.messages import Growing, Page
from assistant.web.style import asset, page_style
from assistant.web.texts import TEXTS, text
from assistant.web.visitor import browser_language, language_of_request, remembered

if TYPE_CHECKING:
    from assistant import Assistant

__all__ = ["build_page", "page_style"]

# What the scripts may tell the page; Gradio makes an event of every name that the code on load quotes.
_BRIDGE = "paperCards.connect(trigger, server, ['ask', 'narrow', 'resume', 'forget', 'rate'])"


@dataclass(frozen=True)
class _Parts:
    """The components that handlers change.

    `worded` has those with words of ours on them: which property, and the key of its text.
    """

    browser: gr.BrowserState
    pending: gr.State
    messages: gr.Chatbot
    welcome: gr.HTML
    scope: gr.HTML
    box: gr.Textbox
    past: gr.HTML
    worded: Mapping[Any, tuple[str, str]]

    def all(self) -> list[Any]:
        return [self.browser, self.pending, self.messages, self.welcome, self.scope, self.box, self.past]


def build_page(assistant: "Assistant") -> gr.Blocks:
    """The page over an assistant's cards; `page_style` has the rest of what serving it needs.

    Args:
        assistant: answers, and keeps the conversations.
    """
    from assistant.web.api import add_api

    i18n = gr.I18n(**TEXTS)
    lookups = Lookups(assistant)
    chat = Chat(assistant, lookups)
    page = Page(title="Paper cards", fill_width=True, analytics_enabled=False)
    with page:
        bridge = gr.HTML(
            html_template="",
            js_on_load=_BRIDGE,
            server_functions=lookups.for_scripts(),
            elem_id="bridge",
            apply_default_css=False,
        )
        gr.HTML(
            html_template=asset("header.html"),
            js_on_load="paperCards.header(element)",
            elem_id="header",
            apply_default_css=False,
        )
        with gr.Sidebar(open=False, elem_id="sidebar", width=300):
            fresh = gr.Button(i18n("new_conversation"), elem_id="fresh")
            past = gr.HTML(elem_id="past", apply_default_css=False, js_on_load=None)
            download = gr.Button(i18n("download"), elem_id="download")
        with gr.Tabs(elem_id="views"):
            with gr.Tab(i18n("chat"), id="chat", elem_id="view-chat") as to_chat:
                welcome = gr.HTML(elem_id="welcome", apply_default_css=False, js_on_load=None)
                messages = gr.Chatbot(
                    elem_id="messages",
                    show_label=False,
                    container=False,
                    height=None,
                    layout="panel",
                    buttons=[],
                    render_markdown=False,
                    group_consecutive_messages=False,
                    latex_delimiters=[],
                    allow_tags=False,
                    feedback_options=None,
                    autoscroll=False,
                )
                with gr.Column(elem_id="composer", scale=0):
                    scope = gr.HTML(elem_id="scope", apply_default_css=False, js_on_load=None)
                    box = gr.Textbox(
                        elem_id="question",
                        label=i18n("ask_label"),
                        show_label=False,
                        container=False,
                        placeholder=i18n("ask_placeholder"),
                        lines=1,
                        max_lines=8,
                        max_length=LONGEST_QUESTION,
                        submit_btn=True,
                        autofocus=True,
                    )
            with gr.Tab(i18n("browse"), id="browse", elem_id="view-browse") as to_browse:
                gr.HTML(
                    html_template="", js_on_load="paperCards.browse(element)", elem_id="browse", apply_default_css=False
                )
            with gr.Tab(i18n("map"), id="map", elem_id="view-map") as to_map:
                gr.HTML(html_template="", js_on_load="paperCards.map(element)", elem_id="map", apply_default_css=False)
        gr.HTML(
            html_template=asset("panel.html"),
            js_on_load="paperCards.panel(element)",
            elem_id="panel",
            apply_default_css=False,
        )
        parts = _Parts(
            gr.BrowserState(None, storage_key="paper-cards", secret="paper-cards"),  # noqa: S106
            gr.State(""),
            messages,
            welcome,
            scope,
            box,
            past,
            {
                to_chat: ("label", "chat"),
                to_browse: ("label", "browse"),
                to_map: ("label", "map"),
                fresh: ("value", "new_conversation"),
                download: ("value", "download"),
            },
        )
        _wire(page, chat, parts, bridge, fresh, download)
        add_api(assistant)
    return page


def _wire(page: gr.Blocks, chat: Chat, parts: _Parts, bridge: gr.HTML, fresh: gr.Button, download: gr.Button) -> None:
    """Connect what visitors do with what the page then shows."""
    everything: dict[str, Any] = {"outputs": parts.all(), "api_visibility": "private", "show_progress": "hidden"}

    def opened(kept: Any, request: gr.Request) -> dict[Any, Any]:
        updates = _updates(parts, chat.opened(remembered(kept), request))
        return (
            updates | _reworded(parts, request)
            if language_of_request(request) != browser_language(request)
            else updates
        )

    def asked(typed: str, kept: Any, event: gr.EventData, request: gr.Request) -> Iterator[Growing | dict[Any, Any]]:
        begun = False
        for shown in chat.asked(typed, kept, _sent(event), request):
            # While an answer grows, nothing else on the page changes.
            yield Growing(parts.messages, shown.messages) if begun and shown.busy else _updates(parts, shown)
            begun = True

    def stopped(kept: Any, pending: str, request: gr.Request) -> dict[Any, Any]:
        return _updates(parts, chat.stopped(kept, pending, request))

    def narrowed(kept: Any, event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
        visitor = chat.narrowed(kept, _sent(event))
        return {
            parts.browser: visitor.model_dump(mode="json"),
            parts.scope: chat.scope(visitor, language_of_request(request)),
        }

    def began(kept: Any, request: gr.Request) -> dict[Any, Any]:
        return _updates(parts, chat.opened(chat.fresh(kept), request))

    def resumed(kept: Any, event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
        return _updates(parts, chat.opened(chat.resumed(kept, _sent(event)), request))

    def forgotten(kept: Any, event: gr.EventData, request: gr.Request) -> dict[Any, Any]:
        return _updates(parts, chat.opened(chat.forgotten(kept, _sent(event), request), request))

    def rated(kept: Any, event: gr.EventData, request: gr.Request) -> None:
        chat.rated(kept, _sent(event), request)

    browser = parts.browser
    page.load(opened, [browser], **{**everything, "outputs": [*parts.all(), *parts.worded]})
    answering: dict[str, Any] = {**everything, "trigger_mode": "once", "concurrency_id": "page"}
    asking = [
        parts.box.submit(asked, [parts.box, browser], **answering),
        bridge.ask(asked, [parts.box, browser], **answering),
    ]

    def instead(event: Callable[..., Any], then: Callable[..., Any], inputs: list[Any], **how: Any) -> None:
        """End the answer under way, then show something else.

        Two listeners, for Gradio's `cancels` ends a run after its own listener is through: what the answer still
        sent in between would be shown over what came instead.
        """
        event(None, cancels=asking, api_visibility="private")
        event(then, inputs, **everything, **how)

    instead(parts.box.stop, stopped, [browser, parts.pending])
    bridge.narrow(narrowed, [browser], trigger_mode="multiple", **everything)
    instead(fresh.click, began, [browser], js="(...kept) => paperCards.toChat(kept)")
    instead(bridge.resume, resumed, [browser])
    instead(bridge.forget, forgotten, [browser])
    # A comment may follow before the thumb has arrived.
    bridge.rate(rated, [browser], None, trigger_mode="multiple", api_visibility="private", show_progress="hidden")
    taken = gr.Textbox(visible=False)
    download.click(chat.markdown, [browser], [taken], api_visibility="private").then(
        None, [taken], None, js="(markdown) => paperCards.save(markdown)", api_visibility="private"
    )


def _updates(parts: _Parts, shown: Shown) -> dict[Any, Any]:
    """What every component is to show."""
    box: dict[str, Any] = {"submit_btn": not shown.busy, "stop_btn": shown.busy}
    if shown.typed is not None:
        box["value"] = shown.typed
    return {
        parts.browser: shown.visitor.model_dump(mode="json"),
        parts.pending: shown.pending,
        parts.messages: shown.messages,
        parts.welcome: shown.welcome,
        parts.scope: shown.scope,
        parts.box: gr.update(**box),
        parts.past: shown.past,
    }


def _reworded(parts: _Parts, request: gr.Request) -> dict[Any, Any]:
    """Gradio's components follow the browser's language by themselves; a choice made on the page counts for more."""
    language = language_of_request(request)
    worded: dict[Any, Any] = {}
    for part, (name, key) in parts.worded.items():
        said: dict[str, Any] = {name: text(language, key)}
        worded[part] = gr.update(**said)
    return {
        **worded,
        parts.box: gr.update(label=text(language, "ask_label"), placeholder=text(language, "ask_placeholder")),
    }


def _sent(event: gr.EventData) -> Mapping[str, Any]:
    """What a script sent with an event; nothing where a person pressed a key."""
    data = event._data
    return data if isinstance(data, dict) else {}
