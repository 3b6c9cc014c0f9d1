"""One pass over LaTeX, well-formed or not, that says every command in plain characters."""

import re
import unicodedata

from vectorstore.latex_tables import (
    ACCENTS,
    CITATIONS,
    COLOURED,
    DINGBATS,
    FRACTIONS,
    FUNCTIONS,
    LITERAL,
    OPERATORS,
    STYLES,
    SYMBOLS,
)
from vectorstore.latex_tokens import formulas, pairs, tokens_of

# Looking into groups ahead of their turn is bounded: nested ones would cost the square of their depth.
_GLANCE = 60
_YEAR_KEY = re.compile(r"([A-Za-z][A-Za-z\-]*)[:_\-]?((?:19|20)\d\d)([^\d]*)")
# These stand before an amount without a blank: "~21%".
_SIGNS = frozenset("~≈±<>≤≥")
_KEEPS_BRACES = re.compile(r"[,:;\"|=_]")
_COMPOUND = re.compile(r"[+*/=,<>|\s]|(?<=.)-")


def spoken(text: str) -> str:
    """The text without LaTeX commands, groups and dollars; linear in its length.

    Every digit stays, colour names, code points and symbol numbers apart.
    """
    return _Scan(text).run()


class _Scan:
    """The state of one pass: tokens, which brace closes which, and what some braces become."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.close = pairs(self.tokens)
        self.delimiters = formulas(self.tokens)
        self.become: dict[int, str] = {}
        self.out: list[str] = []
        self.math = False

    def run(self) -> str:
        place = 0
        while place < len(self.tokens):
            part = self.tokens[place]
            if place in self.become:
                self.say(self.become[place])
            elif part[0] == "\\":
                place = self.command(part[1:], place + 1)
                continue
            elif part == "$":
                self.dollar(place)
            elif part in ("^", "_"):
                place = self.script(part, place + 1)
                continue
            elif part == "{":
                self.group(place)
            elif part != "}":
                self.say(part)
            place += 1
        return "".join(self.out)

    def say(self, words: str) -> None:
        if words:
            self.out.append(words)

    def said(self) -> str:
        """The last character said, or a blank."""
        return self.out[-1][-1] if self.out else " "

    def at(self, place: int) -> str:
        return self.tokens[place] if place < len(self.tokens) else ""

    def raw(self, place: int) -> str:
        """The inside of the group that opens at `place`, as it stands; empty where none closes."""
        end = self.close.get(place)
        return "".join(self.tokens[place + 1 : end]) if end is not None else ""

    def glance(self, place: int) -> str:
        """`raw` of a group that is yet to be said; of a long one only the beginning."""
        end = self.close.get(place)
        return "".join(self.tokens[place + 1 : min(end, place + _GLANCE)]) if end is not None else ""

    def dollar(self, place: int) -> None:
        if place in self.delimiters:
            self.math = not self.math
            return
        before, after = self.said(), self.at(place + 1)[:1]
        cut_formula = after == "\\" or ((before in "}%" or before.isdigit()) and not after.isalnum())
        self.say("" if cut_formula else "$")

    def group(self, place: int) -> None:
        end = self.close.get(place)
        if end is None:
            return
        inside = self.glance(place)
        if inside == "," and self.said().isdigit():
            # "1{,}000" keeps TeX from setting a blank after the comma.
            return
        if not self.math and (len(inside.strip()) < 3 or _KEEPS_BRACES.search(inside)) and "\\" not in inside:
            # A set, a label or a piece of code in plain text.
            self.say("{")
            self.become[end] = "}"

    def argument(self, place: int) -> int | None:
        """Where the group argument of a command opens, if it has one; a blank before it does not count."""
        if self.at(place) == "{":
            return place
        return place + 1 if self.at(place).isspace() and self.at(place + 1) == "{" else None

    def unwrap(self, place: int, before: str = "", after: str = "") -> int | None:
        """Say the group at `place` without its braces; returns where it closes."""
        self.become[place] = before
        end = self.close.get(place)
        if end is not None:
            self.become[end] = after
        return end

    def optional(self, place: int) -> tuple[str, int]:
        """The inside of `[...]` at `place` and where to go on."""
        if self.at(place) == "[" and (end := self.close.get(place)) is not None:
            return self.raw(place), end + 1
        return "", place

    def command(self, name: str, place: int) -> int:
        """Say one command; `place` is the token after it. Returns the token to go on with."""
        if not name[:1].isalpha():
            return self.sign(name, place)
        name = name.rstrip("*")
        opens = self.argument(place)
        if name in LITERAL and opens is not None and opens in self.close:
            self.say(re.sub(r"\\([%#&_~{}])", r"\1", self.raw(opens)))
            return self.close[opens] + 1
        if name in ("href", "hyperref", "hyperlink"):
            return self.link(place)
        if name in CITATIONS:
            return self.citation(place)
        if name in COLOURED:
            if opens is not None and opens in self.close:
                return self.close[opens] + 1
        elif name in FRACTIONS:
            return self.fraction(place)
        elif name == "sqrt":
            degree, place = self.optional(place)
            self.say(degree + "√")
            if self.at(place) == "{":
                compound = len(self.glance(place)) > 1
                self.unwrap(place, "(" if compound else "", ")" if compound else "")
        elif name in ("footnote", "thanks"):
            if opens is not None:
                self.unwrap(opens, " (", ")")
                return opens
        elif name in ("unicode", "ding", "symbol"):
            return self.numbered(name, opens, place)
        elif name in ("begin", "end"):
            self.say("\n" if self.said() != "\n" else "")
            if opens is not None and opens in self.close:
                return self.close[opens] + 1
        elif name == "item":
            self.say("\n- " if self.said() != "\n" else "- ")
            label, place = self.optional(place)
            self.say(label)
        elif name in ("textsuperscript", "textsubscript"):
            return self.script("^" if "super" in name else "_", opens if opens is not None else place)
        elif name in SYMBOLS:
            return self.symbol(SYMBOLS[name], place)
        else:
            return self.other(name, opens, place)
        return place

    def other(self, name: str, opens: int | None, place: int) -> int:
        """A command that styles its argument, an icon, or a macro nobody defined: its name is the word then."""
        empty = opens == place and self.close.get(place) == place + 1
        if (
            name in STYLES
            or re.fullmatch(r"fa[A-Z]\w*", name)
            or (opens == place and not empty and name not in FUNCTIONS)
        ):
            word = ""
        else:
            word = name + (" " if opens == place and not empty else "")
        self.say(word)
        if opens is not None and (opens == place or name in STYLES):
            self.unwrap(opens)
            return opens
        return place

    def symbol(self, sign: str, place: int) -> int:
        if self.at(place) == "{" and self.close.get(place) == place + 1:
            place += 2
        after = self.at(place)
        blank, leads = after[:1] == " ", self.said() in " (\n"
        if leads and blank and sign in _SIGNS:
            self.tokens[place] = after.lstrip(" ") or " "
        elif not leads and ((blank and sign in OPERATORS) or (sign == "~" and self.said().isalpha())):
            # A tilde between letters would be a tie.
            self.say(" ")
        self.say(sign)
        return place

    def sign(self, name: str, place: int) -> int:
        if name in ACCENTS:
            return self.accent(name, place)
        if name in "()[]" and name:
            self.math = name in "(["
        elif name in ",;: \n~" or (name == ">" and self.math):
            self.say(" " if name != "\n" else name)
        elif name == "\\":
            self.say(" ")
        elif name not in "!-/":
            self.say(name)
        return place

    def accent(self, name: str, place: int) -> int:
        """`\\"i` is ï inside a word or a group; elsewhere it is an escaped sign."""
        braced = self.at(place) == "{" and place in self.close
        letter = self.glance(place) if braced else self.at(place)[:1]
        composed = unicodedata.normalize("NFC", letter + ACCENTS[name]) if letter.isalpha() else ""
        in_word = braced or self.said().isalpha() or self.at(place - 2) == "{"
        if len(letter) != 1 or len(composed) != 1 or not in_word:
            self.say(name)
            return place
        self.say(composed)
        if braced:
            return self.close[place] + 1
        self.tokens[place] = self.tokens[place][1:]
        return place if self.tokens[place] else place + 1

    def script(self, kind: str, place: int) -> int:
        if self.at(place) != "{":
            if self.at(place).rstrip("*") in ("\\circ", "\\degree", "\\prime") and kind == "^":
                return place
            self.say(kind)
            return place
        inside = self.glance(place)
        if not inside.strip() or inside in ("\\circ", "\\degree", "\\prime"):
            self.unwrap(place)
        elif inside.startswith("\\pm"):
            self.unwrap(place, " ")
        else:
            plain = re.sub(r"\\[A-Za-z]+\s?", "", inside)
            wrapped = bool(_COMPOUND.search(plain)) and self.math
            end = self.close[place]
            apart = " " if inside[-1:].isdigit() and self.at(end + 1)[:1].isdigit() else ""
            self.unwrap(place, kind + "(" if wrapped else kind, (")" if wrapped else "") + apart)
        return place

    def fraction(self, place: int) -> int:
        end = self.close.get(place) if self.at(place) == "{" else None
        if end is None or self.at(end + 1) != "{":
            short = re.match(r"\s*(\d)(\d)", self.at(place))
            if short:
                self.tokens[place] = f"{short[1]}/{short[2]}{self.tokens[place][short.end() :]}"
            return place
        self.say(" " if self.said().isdigit() else "")
        for opens, before, after in ((place, "", "/"), (end + 1, "", "")):
            compound = bool(_COMPOUND.search(self.glance(opens).strip()))
            self.unwrap(opens, before + "(" * compound, ")" * compound + after)
        return place

    def numbered(self, name: str, opens: int | None, place: int) -> int:
        if opens is None or opens not in self.close:
            return place
        code = self.raw(opens).strip()
        try:
            value = int(code[1:], 16) if code[:1] in "xX" else int(code)
            self.say(DINGBATS.get(value, "•") if name == "ding" else chr(value))
        except (ValueError, OverflowError):
            self.say(code)
        return self.close[opens] + 1

    def link(self, place: int) -> int:
        """The words of a link, and its address after them where they are not the same."""
        address, go_on = self.optional(place)
        if not address and self.at(place) == "{" and place in self.close:
            address, go_on = self.raw(place), self.close[place] + 1
        opens = self.argument(go_on)
        if opens is None:
            self.say(address)
            return go_on
        shown = re.sub(r"\\[A-Za-z]+|[{}\s]", "", self.glance(opens))
        known = not address or address.strip() == shown or not (re.search(r"\d", address) or "//" in address)
        self.unwrap(opens, "", "" if known else f" ({address.strip()})")
        return opens

    def citation(self, place: int) -> int:
        """Keys that hold a figure are kept as words, since no digit may get lost; others go."""
        notes = []
        for _ in range(2):
            note, place = self.optional(place)
            notes.append(note.strip(" ;,"))
        if self.at(place) != "{" or place not in self.close:
            return place
        keys = [key.strip() for key in self.raw(place).split(",")]
        shown = [_key(key) for key in keys if re.search(r"\d", key)]
        words = [words for words in (notes[0], *shown, notes[1]) if words]
        if words:
            lead = "" if self.said() in " \n([" else " "
            self.say(f"{lead}({'; '.join(words)})")
        elif self.out:
            self.out[-1] = self.out[-1].rstrip(" ")
            if not self.out[-1]:
                self.out.pop()
        return self.close[place] + 1


def _key(key: str) -> str:
    match = _YEAR_KEY.fullmatch(key)
    return f"{match[1][0].upper()}{match[1][1:]} {match[2]}" if match else key
