"""What is said around exact lists and counts, in both languages; terms and tags in it are shown as words."""

from collections.abc import Sequence

from assistant.catalog.spellings import Spelling
from assistant.inert import inert
from assistant.types import Filters, Selection
from vectorstore.cards import CATEGORY_NAMES
from vectorstore.language import Language
from vectorstore.latex import readable

_VERSIONS_SHOWN = 3


def shown(text: str) -> str:
    """Words of a card or a question, safe to be shown in a line of Markdown and in a cell of a table."""
    return inert(readable(text)).replace("|", "∣").replace("**", "∗∗")


def category_shown(category: str, language: Language) -> str:
    """A category's name in the language of the answer."""
    return shown(CATEGORY_NAMES.get(category, category) if language == "en" else category)


def counted(number: int, total: int, selection: Selection, filters: Filters, language: Language) -> str:
    """How many cards there are: "27 of 803 cards mention GSM8K."

    Args:
        number: cards that the selection asks for.
        total: cards that the filters leave.
        selection, filters: what was asked for.
        language: of the sentence.
    """
    if language == "zh":
        return _counted_zh(number, total, selection, filters)
    scope = _scope(filters)
    if not selection:
        where = _where(filters)
        are = "is" if number < 2 else "are"
        return f"{_cards(number)} {are}{where}." if where else f"There {are} {_cards(number)}."
    verb = _verbs(selection, number == 1)
    if number == 0:
        return f"None of the {total} {scope}cards{_tagged(filters)} {_verbs(selection, True)}."
    of = f"{number} of {'the ' if scope or filters.tags else ''}{total} {scope}cards{_tagged(filters)}"
    return f"{of} {verb}."


def _cards(number: int) -> str:
    return f"{number or 'No'} card{'' if number < 2 else 's'}"


def _scope(filters: Filters) -> str:
    names = " and ".join(category_shown(category, "en") for category in filters.categories)
    return f"{names} " if names else ""


def _tagged(filters: Filters) -> str:
    return f" tagged {_either([f'“{shown(tag)}”' for tag in filters.tags], 'or')}" if filters.tags else ""


def _where(filters: Filters) -> str:
    names = _either([category_shown(category, "en") for category in filters.categories], "or")
    return f"{' in ' + names if names else ''}{_tagged(filters)}"


def _either(words: Sequence[str], joint: str) -> str:
    return f"{', '.join(words[:-1])} {joint} {words[-1]}" if len(words) > 1 else "".join(words)


def _verbs(selection: Selection, single: bool) -> str:
    wanted = _either([_either([shown(term) for term in group], "or") for group in selection.mentions], "and")
    unwanted = _either([shown(term) for term in selection.without], "or")
    mention, do = ("mentions", "does") if single else ("mention", "do")
    if wanted and unwanted:
        return f"{mention} {wanted} but not {unwanted}"
    return f"{mention} {wanted}" if wanted else f"{do} not mention {unwanted}"


def _counted_zh(number: int, total: int, selection: Selection, filters: Filters) -> str:
    categories = "、".join(category_shown(category, "zh") for category in filters.categories)
    tags = "或".join(f"「{shown(tag)}」" for tag in filters.tags)
    scope = f"{categories}类" if categories else ""
    scope += f"{'中' if scope else ''}带有标签{tags}" if tags else ""
    if not selection:
        cards = f"{scope}的卡片" if scope else "卡片"
        return f"{cards}共有 {number} 张。" if number else f"{cards}一张也没有。"
    wanted = "、".join("或".join(shown(term) for term in group) for group in selection.mentions)
    unwanted = "或".join(shown(term) for term in selection.without)
    both = "同时提到" if len(selection.mentions) > 1 else "提到"
    said = f"{both}{_spaced(wanted)}" if wanted else ""
    said += f"{'但' if wanted else ''}未提到{_spaced(unwanted)}" if unwanted else ""
    of = f"{scope}的 {total} 张卡片" if scope else f"{total} 张卡片"
    return f"{of}中有 {number} 张{said}。" if number else f"{of}中没有一张{said}。"


def nearly(word: str, number: int, language: Language) -> str:
    """What a term that no card mentions may have been meant to be."""
    if language == "zh":
        return f"写法相近的有 {shown(word)}:{number} 张提到。"
    return f"{shown(word)}, which {number} {'mentions' if number == 1 else 'mention'}, is written much like it."


def partly(part: str, number: int, language: Language) -> str:
    """How many cards mention a part of a term that none mentions."""
    if language == "zh":
        return f"其中 {shown(part)} 单独出现在 {number} 张中。"
    return f"“{shown(part)}” by itself stands in {number}."


def _spaced(words: str) -> str:
    """A blank before Latin words, as Chinese text has it."""
    return f" {words}" if words[:1].isascii() else words


def also(spellings: Sequence[Spelling], number: int, language: Language) -> str:
    """What other wordings add: "2 more write it as “mixture of experts”."

    Args:
        spellings: the other wordings.
        number: how many the term itself found.
        language: of the sentences.
    """
    return ("" if language == "zh" else " ").join(_adds(one, number, language) for one in spellings)


def _adds(spelling: Spelling, number: int, language: Language) -> str:
    cards = len(spelling.cards)
    if spelling.versions:
        named = [shown(version) for version in spelling.versions[:_VERSIONS_SHOWN]]
        more = "" if len(spelling.versions) <= _VERSIONS_SHOWN else ("……" if language == "zh" else ", ...")
        if language == "zh":
            return f"{'另有' if number else '有'} {cards} 张在其后直接写数字({'、'.join(named)}{more})。"
        return f"{cards}{' more' if number else ''} {_join(cards)} a number to it ({', '.join(named)}{more})."
    if language == "zh":
        return f"{'另有' if number else '有'} {cards} 张写作「{shown(spelling.wording)}」。"
    return (
        f"{cards}{' more' if number else ''} {'writes' if cards == 1 else 'write'} it as “{shown(spelling.wording)}”."
    )


def _join(cards: int) -> str:
    return "joins" if cards == 1 else "join"


def item(title: str, quotes: Sequence[tuple[str, int]], by: str, elsewhere: bool, language: Language) -> str:
    """One card of a list: its title and the exact words that mention what was asked for, with their markers."""
    zh = language == "zh"
    how = (f"(标签「{shown(by)}」)" if zh else f" (its tag “{shown(by)}”)") if by else ""
    if elsewhere:
        how = "(在卡片的其他文字中)" if zh else " (in other words of its card)"
    opened, closed = ("「", "」") if zh else ("“", "”")
    said = " ".join(f"{opened}{shown(quote)}{closed} [{marker}]" for quote, marker in quotes)
    colon = (":" if zh else ": ") if said else ""
    return f"- {shown(title)}{how}{colon}{said}"


def rest(number: int, language: Language) -> str:
    """How many cards are not shown, and how to see them."""
    if language == "zh":
        return f"还有 {number} 张未列出;说“全部列出”即可看到每一张。"
    return f"{number} more {'is' if number == 1 else 'are'} not shown here; ask for all of them to see every one."


def rows_left(number: int, language: Language) -> str:
    """How many rows of a table are not shown, and how to see them."""
    if language == "zh":
        return f"还有 {number} 行未列出;说“全部列出”即可看到。"
    return f"{number} more row{' is' if number == 1 else 's are'} not shown here; ask for all of them to see every one."
