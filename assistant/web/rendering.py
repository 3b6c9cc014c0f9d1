"""Questions, answers and what happens in between as HTML; every word that is not the page's own is escaped here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from assistant.conversations import ConversationInfo, Rating
from assistant.inert import visible
from assistant.types import Answer, Bar, CardHit, Citation, Filters, StepName
from assistant.web.markdown import as_html
from assistant.web.texts import category_label, field_label, text
from vectorstore.language import Language, language_of
from vectorstore.latex import readable

_STEPS: tuple[StepName, ...] = ("understanding", "searching", "writing", "checking")
_BARS = 15
_QUOTE_MARKS: Mapping[Language, tuple[str, str]] = {"en": ("“", "”"), "zh": ("「", "」")}


@dataclass
class Progress:
    """How far an answer is: its steps so far, the cards found, and the unverified draft."""

    steps: list[StepName] = field(default_factory=list)
    found: int | None = None
    draft: str = ""


def words(card_text: str) -> str:
    """A text of a card for reading: without LaTeX, escaped."""
    return escape(visible(readable(card_text)))


def question_html(question: str, language: Language) -> str:
    """What a visitor asked, as typed."""
    heading = escape(text(language, "you"))
    return f'<div class="question"><span class="for-readers">{heading}: </span>{escape(question)}</div>'


def progress_html(progress: Progress, language: Language) -> str:
    """An answer under way: steps, and the draft dimmed."""
    reached = progress.steps[-1] if progress.steps else _STEPS[0]
    items = []
    for step in _STEPS[: _STEPS.index(reached) + 1]:
        state = "now" if step == reached else "done"
        label = escape(text(language, f"step_{step}"))
        if step == "searching" and progress.found is not None:
            label += f' <span class="found">{escape(text(language, "found", count=progress.found))}</span>'
        items.append(f'<li class="{state}">{label}</li>')
    draft = ""
    if progress.draft:
        label = escape(text(language, "draft"))
        draft = f'<div class="draft"><p class="draft-label">{label}</p>{as_html(progress.draft, _unchecked)}</div>'
    return f'<div class="answer pending" aria-busy="true"><ol class="steps">{"".join(items)}</ol>{draft}</div>'


def _unchecked(marker: int) -> str:
    return f'<sup class="unchecked">{marker}</sup>'


def answer_html(
    answer: Answer, language: Language, *, turn: str, rating: Rating | None = None, latest: bool = False
) -> str:
    """A verified answer with its citations, and what can be done with it.

    Args:
        answer: the answer.
        language: of the interface.
        turn: its id in the log of conversations.
        rating: what the visitor thought of it.
        latest: whether it is the last one, which can be asked again and followed up.
    """
    chips = _Chips(answer.citations, language)
    abstained = answer.status != "answered"
    # A trend is looked at before its table is read.
    first, rest = (answer.text.partition("\n\n")[::2]) if answer.kind == "trend" else (answer.text, "")
    said = [
        f'<div class="said" lang="{answer.language}">{as_html(part, chips)}</div>' if part else ""
        for part in (first, rest)
    ]
    parts = [
        said[0],
        _bars(answer.bars, language),
        said[1],
        _all_cards(answer, language),
        _cards(answer.suggestions, language) if abstained else "",
        _dropped(answer, language),
        "".join(f'<p class="note">{escape(note)}</p>' for note in answer.notes),
        _actions(answer, language, turn, rating, latest),
        _followups(answer.followups, language) if latest else "",
    ]
    return f'<div class="answer{" abstained" if abstained else ""}" data-turn="{escape(turn)}">{"".join(parts)}</div>'


def failure_html(reason: str, language: Language) -> str:
    """Why there is no answer."""
    return f'<div class="answer failed" role="alert"><p>{escape(visible(reason))}</p></div>'


class _Chips:
    """Draws `[n]` as a button that shows and opens the words that it stands for."""

    def __init__(self, citations: Sequence[Citation], language: Language) -> None:
        self._language = language
        self._by_marker: dict[int, list[Citation]] = {}
        for citation in citations:
            self._by_marker.setdefault(citation.marker, []).append(citation)

    def __call__(self, marker: int) -> str:
        cited = self._by_marker.get(marker)
        if not cited:
            return ""
        first = cited[0]
        cited = [citation for citation in cited if citation.card_id == first.card_id]
        title = visible(readable(first.title))
        label = field_label(self._language, first.field)
        quote = " … ".join(visible(readable(citation.quote)) for citation in cited)
        left, right = _QUOTE_MARKS[language_of(quote)]
        attributes = {
            "data-card": first.card_id,
            "data-marker": str(marker),
            "data-spans": " ".join(f"{each.field}:{each.start}:{each.end}" for each in cited),
            "data-title": title,
            "data-field": label,
            "data-quote": f"{left}{quote}{right}",
            "aria-label": text(self._language, "source", marker=marker, title=title, field=label),
        }
        held = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
        # Not a button element: that would part from its sentence at a line's end, and not be copied with it.
        return f'<span class="citation" role="button" tabindex="0" {held}>{marker}</span>'


def _bars(bars: Sequence[Bar], language: Language) -> str:
    """What was counted, as bars that open to their cards; the script fills in the titles."""
    if not bars:
        return ""
    most = max(len(bar.cards) for bar in bars) or 1
    drawn = [_bar(bar, most, language) for bar in bars]
    rest = ""
    if len(bars) > _BARS:
        label = escape(text(language, "more_bars", count=len(bars) - _BARS))
        rest = f'<details class="more-bars"><summary>{label}</summary>{"".join(drawn[_BARS:])}</details>'
    label = escape(text(language, "counted"))
    shown = "".join(drawn[:_BARS])
    return f'<div class="bars" role="group" aria-label="{label}"><p class="quiet">{label}</p>{shown}{rest}</div>'


def _bar(bar: Bar, most: int, language: Language) -> str:
    count = len(bar.cards)
    said = escape(text(language, "cards_one" if count == 1 else "cards", count=count))
    return (
        f'<details class="bar cards-of" data-cards="{escape(" ".join(bar.cards))}">'
        f'<summary><span class="bar-label">{words(bar.label)}</span>'
        f'<span class="bar-track"><span class="bar-fill" style="width:{100 * count / most:.1f}%"></span></span>'
        f'<span class="bar-count">{said}</span></summary></details>'
    )


def _all_cards(answer: Answer, language: Language) -> str:
    """Every card of a list or an overview, folded."""
    if answer.kind not in ("list", "count", "topic") or len(answer.cards) < 2:
        return ""
    label = escape(text(language, "all_cards", count=len(answer.cards)))
    held = escape(" ".join(answer.cards))
    return f'<details class="cards-of all-cards" data-cards="{held}"><summary>{label}</summary></details>'


def _cards(hits: Sequence[CardHit], language: Language) -> str:
    if not hits:
        return ""
    return f'<div class="nearest"><p class="quiet">{escape(text(language, "nearest"))}</p>{card_links(hits)}</div>'


def card_links(hits: Sequence[CardHit]) -> str:
    """Cards as a list of buttons that open them."""
    items = "".join(
        f'<li><button type="button" class="card-link" data-card="{escape(hit.card_id)}">'
        f"{words(hit.title)}</button></li>"
        for hit in hits
    )
    return f'<ul class="card-links">{items}</ul>'


def _dropped(answer: Answer, language: Language) -> str:
    """How many sentences the check left out, opening to which and why."""
    left_out = [claim for claim in answer.claims if not claim.supported]
    if not answer.dropped:
        return ""
    key = "dropped_one" if answer.dropped == 1 else "dropped"
    items = "".join(
        f"<li><s>{escape(visible(claim.text))}</s> "
        f'<span class="reason">{escape(visible(claim.reason) or text(language, "no_reason"))}</span></li>'
        for claim in left_out
    )
    return (
        f'<details class="dropped"><summary>{escape(text(language, key, count=answer.dropped))}</summary>'
        f"<ul>{items}</ul></details>"
    )


def _actions(answer: Answer, language: Language, turn: str, rating: Rating | None, latest: bool) -> str:
    def button(action: str, icon: str, key: str, more: str = "") -> str:
        label = escape(text(language, key))
        return (
            f'<button type="button" class="action" data-action="{action}" aria-label="{label}" title="{label}"{more}>'
            f'<span class="icon icon-{icon}" aria-hidden="true"></span></button>'
        )

    def thumb(value: Rating, key: str) -> str:
        pressed = "true" if rating == value else "false"
        return button("rate", value, key, f' data-rating="{value}" aria-pressed="{pressed}"')

    mode = f'<span class="mode">{escape(text(language, f"mode_{answer.mode}"))}</span>'
    said = "" if answer.status != "answered" else mode
    return (
        f'<div class="actions">{said}<span class="buttons">{button("copy", "copy", "copy")}'
        f"{button('retry', 'retry', 'retry') if latest else ''}{thumb('up', 'good')}{thumb('down', 'bad')}</span></div>"
    )


def _followups(questions: Sequence[str], language: Language) -> str:
    if not questions:
        return ""
    return (
        f'<div class="followups"><p class="quiet">{escape(text(language, "followups"))}</p>'
        f"{question_buttons(questions)}</div>"
    )


def question_buttons(questions: Sequence[str]) -> str:
    """Questions as buttons that ask them."""
    items = "".join(
        f'<li><button type="button" class="suggestion" data-ask="{escape(question)}">{escape(question)}</button></li>'
        for question in questions
    )
    return f'<ul class="suggestions">{items}</ul>'


def welcome_html(questions: Sequence[str], count: int, language: Language) -> str:
    """The empty page: what this is, and questions to begin with."""
    return (
        f'<div class="welcome"><h2>{escape(text(language, "welcome"))}</h2>'
        f"<p>{escape(text(language, 'welcome_sub', count=count))}</p>"
        f'<p class="quiet try">{escape(text(language, "try"))}'
        f' <button type="button" class="link" data-action="examples">{escape(text(language, "more_examples"))}</button>'
        f"</p>{question_buttons(questions)}</div>"
    )


def past_html(
    conversations: Sequence[ConversationInfo], current: str | None, language: Language, *, kept: bool = True
) -> str:
    """A visitor's earlier conversations, each to resume or to delete."""
    remark = f'<p class="quiet">{escape(text(language, "no_conversations" if kept else "not_kept"))}</p>'
    if not conversations:
        return remark
    items = []
    for info in conversations:
        here = ' aria-current="true"' if info.id == current else ""
        title = escape(info.title)
        label = escape(text(language, "delete", title=info.title))
        items.append(
            f'<li{here}><button type="button" class="resume" data-resume="{escape(info.id)}">{title}</button>'
            f'<button type="button" class="forget" data-forget="{escape(info.id)}" aria-label="{label}" '
            f'title="{label}"><span class="icon icon-close" aria-hidden="true"></span></button></li>'
        )
    return f'<ul class="past">{"".join(items)}</ul>{"" if kept else remark}'


def scope_html(filters: Filters, titles: Mapping[str, str], language: Language) -> str:
    """What questions are asked within, each part removable; nothing where it is everything.

    Args:
        filters: the scope.
        titles: titles of the cards in it.
        language: of the interface.
    """
    parts = [
        *(("categories", name, category_label(language, name)) for name in filters.categories),
        *(("tags", name, f"#{name}") for name in filters.tags),
        *(("cards", name, visible(readable(titles.get(name, name)))) for name in filters.cards),
    ]
    if not parts:
        return ""
    items = "".join(
        f'<li><span>{escape(shown)}</span><button type="button" data-unscope="{kind}" data-value="{escape(value)}" '
        f'aria-label="{escape(text(language, "remove", name=shown))}">'
        f'<span class="icon icon-close" aria-hidden="true"></span></button></li>'
        for kind, value, shown in parts
    )
    return f'<div class="scope"><span class="quiet">{escape(text(language, "within"))}</span><ul>{items}</ul></div>'
