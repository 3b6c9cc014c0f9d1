"""The small Markdown of an answer as safe HTML: the one way in which such text gets into the page."""

import re
from collections.abc import Callable, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

Marked = Callable[[int], str]

_MARKER = re.compile(r"\[(\d{1,4})\]")
# Paragraphs, lists, tables, headings, bold and italic, and nothing that could link, load or hide anything. Escapes
# and entities are off too, so that words of a card are shown as they stand.
_RULES = ["paragraph", "list", "table", "heading", "emphasis", "newline", "balance_pairs", "fragments_join"]


class _Renderer(RendererHTML):
    """Text is escaped, and its markers are given to whoever draws citations."""

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        marked: Marked = env["marked"]
        words, drawn = tokens[idx].content, []
        place = 0
        for found in _MARKER.finditer(words):
            chip = marked(int(found[1]))
            if chip:
                # The blank before a chip would let it stand alone at a line's start.
                drawn += [escape(words[place : found.start()].rstrip(" ")), chip]
                place = found.end()
        return "".join([*drawn, escape(words[place:])])

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table" tabindex="0" role="group"><table>'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"html": False, "linkify": False, "typographer": False}, renderer_cls=_Renderer)
    return parser.enable(_RULES)


_PARSER = _parser()


def as_html(markdown: str, marked: Marked = lambda marker: "") -> str:
    """Render an answer's text.

    Args:
        markdown: paragraphs, lists, tables, headings, bold and italic; anything else is shown as it stands.
        marked: draws the marker `[n]` as HTML; nothing leaves it as text.

    Returns:
        HTML in which every word of the text is escaped.
    """
    html: str = _PARSER.render(markdown, {"marked": marked})
    return html
