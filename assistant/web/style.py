"""How the page looks and which scripts it runs: all is sent with the page itself, nothing comes from elsewhere."""

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from assistant.web.texts import TEXTS
from assistant.web.visitor import LANGUAGE_COOKIE
from vectorstore.cards import CATEGORY_NAMES

if TYPE_CHECKING:
    import gradio as gr

_SCRIPTS = ("core.js", "citations.js", "panel.js", "conversation.js", "browse.js", "map.js")
_SANS = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC")
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def page_style() -> dict[str, Any]:
    """The arguments of `launch` and `mount_gradio_app` that belong to the page."""
    import gradio as gr

    return {"theme": _theme(), "head": _head(), "i18n": gr.I18n(**TEXTS), "footer_links": []}


def asset(name: str) -> str:
    """The text of a file of the page."""
    return (files("assistant.web") / "assets" / name).read_text("utf-8")


def _head() -> str:
    """Styles and scripts. Gradio would keep `css=` to its own container, and ours reaches beyond it."""
    known = json.dumps({"texts": TEXTS, "categories": CATEGORY_NAMES, "cookie": LANGUAGE_COOKIE}, ensure_ascii=False)
    known = known.replace("<", "\\u003c")
    parts = [f"<style>{asset('page.css')}</style>"]
    parts.append(f"<script>window.paperCards = {known};</script>")
    parts += [f"<script>{asset(name)}</script>" for name in _SCRIPTS]
    return "\n".join(parts)


def _theme() -> "gr.themes.Base":
    """Gradio's own parts in our colours; see `assets/page.css` for what the names stand for."""
    import gradio as gr

    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.cyan,
        neutral_hue=gr.themes.colors.stone,
        font=_SANS,
        font_mono=_MONO,
        radius_size=gr.themes.sizes.radius_lg,
    )
    both = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--ink-quiet)",
        "background_fill_primary": "var(--paper)",
        "background_fill_secondary": "var(--paper-raised)",
        "block_background_fill": "transparent",
        "border_color_primary": "var(--line)",
        "color_accent_soft": "var(--accent-soft)",
        "input_background_fill": "var(--paper-raised)",
        "input_border_color": "var(--line)",
        "input_placeholder_color": "var(--ink-quiet)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_text_color": "var(--on-accent)",
        "button_secondary_background_fill": "var(--paper-raised)",
        "button_secondary_background_fill_hover": "var(--accent-soft)",
        "button_secondary_text_color": "var(--ink)",
        "block_label_text_color": "var(--ink-quiet)",
    }
    return theme.set(
        **both,
        **{f"{name}_dark": value for name, value in both.items()},
        color_accent="var(--accent)",
        block_border_width="0px",
    )
