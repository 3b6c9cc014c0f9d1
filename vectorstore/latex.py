"""LaTeX, as it survives in card texts, to readable words; never loses a figure."""

import re
from functools import lru_cache

_SYMBOLS = {
    "times": "×", "pm": "±", "approx": "≈", "sim": "~", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "ll": "≪",
    "gg": "≫", "neq": "≠", "to": "→", "rightarrow": "→", "leftarrow": "←", "uparrow": "↑", "downarrow": "↓",
    "Rightarrow": "⇒", "infty": "∞", "cdot": "·", "cdots": "…", "ldots": "…", "dots": "…", "nabla": "∇", "partial": "∂",
    "sum": "∑", "prod": "∏", "in": "∈", "cup": "∪", "cap": "∩", "subset": "⊂", "forall": "∀", "exists": "∃", "ell": "ℓ",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "star": "*", "ast": "*",
    "dagger": "†", "circ": "°", "sqrt": "√", "quad": " ", "qquad": " ", "textasciitilde": "~", "textgreater": ">",
    "textless": "<", "textdegree": "°", "textbackslash": "", "checkmark": "✓", "propto": "∝", "mid": "|", "lVert": "‖",
    "rVert": "‖", "eg": "e.g.", "ie": "i.e.", "log": "log", "exp": "exp", "min": "min", "max": "max",
}  # fmt: skip
# These only say how their argument looks.
_STYLES = frozenset(
    """textbf textit emph textsc texttt textrm textsf textsuperscript textsubscript underline text mathrm mathbf mathcal
    mathbb mathit mathsf mathtt boldsymbol bm operatorname mbox hbox url href bf it em tt sc rm left right big Big bigl bigr
    displaystyle mathop tilde hat bar vec overline ensuremath textnormal footnotesize small large noindent xspace item
    begin end itemize enumerate"""
    .split()
)
# What is left of a macro whose backslash-t (or -n) a broken export turned into white space.
_LOST_T = {
    "heta": "θ", "au": "τ", "imes": "×", "o": "→",
}  # fmt: skip
_LOST_STYLE = re.compile(r"\b(?:extbf|extit|extsc|exttt|extrm|extsf|ext)\s*\{([^{}]*)\}")
_LOST_DASH = re.compile(r"\s*\bext(?:ord|en)dash(?:\{\})?\s*|\s*\bextord\s*\{-\}\s*")
_LOST_SYMBOL = re.compile(r"\$\s+(heta|au|imes|o)\b")
_LOST_TIMES = re.compile(r"(?<=\d)\s+imes\b")
_LOST_NABLA = re.compile(r"\$?\s*\n\s*abla\b")
_CITE = re.compile(r"[ ~]*\\(?:cite[a-z]*|ref|label|footnotemark)\*?\s*(?:\[[^\]]*\])?\{[^{}]*\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}\d]*\}")
_MACRO = re.compile(r"\\([A-Za-z]+)\*?[ ]?(\{\})?")
_ESCAPED = re.compile(r"\\+([%$&#_{}~^])")
_SPACING = re.compile(r"\\[,;:! ]")
_LEFT_BACKSLASH = re.compile(r"\\+")
_SCRIPT = re.compile(r"([\^_])\{([^{}]*)\}")
_MATH_DOLLAR = re.compile(r"\$\$?([^$]{0,400}?)\$\$?")
_PDF_HYPHEN = re.compile(r"\b([a-z]{3,})- ([a-z]{2,})\b")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_QUOTES = re.compile(r"``|''")

# After "pre- " these go on with a list, they do not continue a broken word.
_LIST_WORDS = frozenset("and or to und as vs versus but nor".split())
_PREFIXES = frozenset(
    "pre post short long low high mid multi single inter intra sub non self cross few zero one two three in out left right "
    "coarse fine token step word image text question large small open closed short-".split()
)


@lru_cache(maxsize=16_384)
def readable(text: str) -> str:
    """The words of a field as a person would read them.

    Args:
        text: a stored field or a span of one; anything is accepted.

    Returns:
        The text without LaTeX; every run of digits is still there. Plain text comes back as it was,
        runs of blanks apart.
    """
    if "\\" not in text and "$" not in text and "ext" not in text and "- " not in text and "~" not in text:
        return _BLANKS.sub(" ", text).strip()
    text = _LOST_NABLA.sub("$∇", text)
    text = _LOST_DASH.sub("-", text)
    text = _LOST_SYMBOL.sub(lambda m: "$" + _LOST_T[m[1]], text)
    text = _LOST_TIMES.sub("×", text)
    text = _CITE.sub("", text)
    text = _ENVIRONMENT.sub(" ", text)
    text = _ESCAPED.sub(lambda m: _HIDDEN.get(m[1], m[1]), text)
    text = _SPACING.sub(" ", text)
    text = re.sub(r"(?<=[\w}\])$.,])~(?=[\w{\[($\\])", " ", text)
    for _ in range(3):
        text = _FRACTION.sub(r"\1/\2", text)
        text = _LOST_STYLE.sub(r"\1", text)
    text = _MACRO.sub(_spoken, text)
    text = _LEFT_BACKSLASH.sub("", text)
    for _ in range(2):
        text = _SCRIPT.sub(_script, text)
    text = _MATH_DOLLAR.sub(_math, text)
    text = text.replace("{", "").replace("}", "")
    text = _QUOTES.sub('"', text)
    text = _PDF_HYPHEN.sub(_rejoined, text)
    for sign, hidden in _HIDDEN.items():
        text = text.replace(hidden, sign)
    return _BLANKS.sub(" ", text).strip()


# Escaped signs are set aside while braces and dollars still mean something (private use area).
_HIDDEN = {"$": "\ue001", "{": "\ue002", "}": "\ue003", "~": "\ue004", "^": "\ue005", "_": "\ue006"}


def _spoken(match: re.Match[str]) -> str:
    name = match[1]
    if name in _SYMBOLS:
        symbol = _SYMBOLS[name]
        # `\alpha x`: the blank after a macro is its end, but words must stay apart.
        spaced = match.group().endswith(" ")
        return symbol + (" " if spaced else "")
    if name in _STYLES:
        return " " if match.group().endswith(" ") else ""
    return name + (" " if match.group().endswith(" ") else "")


def _script(match: re.Match[str]) -> str:
    kind, inner = match[1], match[2].strip()
    return f"{kind}{inner}" if kind == "^" else f"_{inner}"


def _math(match: re.Match[str]) -> str:
    """Drop the dollars of a formula; two prices in one sentence are not one."""
    inner = match[1]
    if re.match(r"\s*\d[\d,.]*\s*(?:[a-z]{3,}|/|per\b|to\b)", inner) and not re.search(r"[\^_=<>×≈±%]", inner):
        return match.group()
    return inner.strip() if inner.strip() else ""


def _rejoined(match: re.Match[str]) -> str:
    first, second = match[1], match[2]
    if second in _LIST_WORDS or first in _PREFIXES:
        return match.group()
    return first + second
