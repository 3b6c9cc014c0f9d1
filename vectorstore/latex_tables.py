"""What LaTeX commands stand for in readable text."""

SYMBOLS = {
    "times": "×", "pm": "±", "mp": "∓", "div": "÷", "approx": "≈", "sim": "~", "simeq": "≃", "cong":
    "≅", "equiv": "≡",
    "leq": "≤", "le": "≤", "leqslant": "≤", "geq": "≥", "ge": "≥", "geqslant": "≥", "lt": "<", "gt":
    ">", "ll": "≪",
    "gg": "≫", "neq": "≠", "ne": "≠", "to": "→", "rightarrow": "→", "leftarrow": "←", "leftrightarrow": "↔",
    "longrightarrow": "→", "mapsto": "↦", "uparrow": "↑", "downarrow": "↓", "nearrow": "↗", "searrow": "↘",
    "Rightarrow": "⇒", "Leftarrow": "⇐", "Leftrightarrow": "⇔", "implies": "⇒", "iff": "⇔", "infty":
    "∞", "cdot": "·",
    "cdots": "…", "ldots": "…", "dots": "…", "vdots": "…", "bullet": "•", "nabla": "∇", "partial": "∂",
    "sum": "∑",
    "prod": "∏", "int": "∫", "in": "∈", "notin": "∉", "ni": "∋", "cup": "∪", "cap": "∩", "subset": "⊂",
    "subseteq": "⊆",
    "supset": "⊃", "supseteq": "⊇", "emptyset": "∅", "varnothing": "∅", "setminus": "∖", "forall": "∀",
    "exists": "∃",
    "neg": "¬", "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨", "oplus": "⊕", "otimes": "⊗", "odot":
    "⊙", "circ": "°",
    "degree": "°", "ell": "ℓ", "hbar": "ħ", "Re": "Re", "Im": "Im", "propto": "∝", "mid": "|", "vert":
    "|", "lvert": "|",
    "rvert": "|", "Vert": "‖", "lVert": "‖", "rVert": "‖", "parallel": "∥", "perp": "⊥", "top": "⊤",
    "bot": "⊥",
    "prime": "′", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil":
    "⌉", "lbrace": "{",
    "rbrace": "}", "star": "*", "ast": "*", "dagger": "†", "ddagger": "‡", "S": "§", "checkmark": "✓",
    "xmark": "✗",
    "cmark": "✓", "backslash": "/", "textbackslash": "/", "slash": "/", "textasciitilde": "~",
    "textasciicircum": "^",
    "textgreater": ">", "textless": "<", "textdegree": "°", "textperthousand": "‰", "textpm": "±",
    "texttimes": "×",
    "textmu": "µ", "textord": "", "textendash": "–", "textemdash": "—", "textbar": "|", "textbullet": "•",
    "textellipsis": "…", "textquotesingle": "'", "textquotedblleft": "“", "textquotedblright": "”",
    "textquoteleft": "‘",
    "textquoteright": "’", "textunderscore": "_", "textdollar": "$", "texttrademark": "™",
    "textregistered": "®",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta":
    "ζ", "eta": "η",
    "theta": "θ", "vartheta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi":
    "ξ", "pi": "π",
    "rho": "ρ", "varrho": "ρ", "sigma": "σ", "varsigma": "ς", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "varphi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi":
    "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "ss": "ß", "ae": "æ", "AE": "Æ",
    "oe": "œ",
    "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "i": "ı", "copyright": "©",
    "pounds": "£",
    "quad": " ", "qquad": " ", "newline": " ", "linebreak": " ", "par": "\n", "TeX": "TeX", "LaTeX":
    "LaTeX",
    "eg": "e.g.", "Eg": "E.g.", "ie": "i.e.", "Ie": "I.e.", "etal": "et al.", "wrt": "w.r.t.",
    "aka": "a.k.a.",
}  # fmt: skip

# Signs between two operands: a blank after the command means one before it too.
OPERATORS = frozenset("×±∓÷·~≈≃≅≡≤≥<>≪≫≠→←↔↦⇒⇐⇔∈∉∋∪∩⊂⊆⊃⊇∖∧∨⊕⊗⊙∝|")

# Names of functions: they need a blank before a group that loses its braces.
FUNCTIONS = frozenset(
    [
        "log",
        "ln",
        "exp",
        "sin",
        "cos",
        "tan",
        "tanh",
        "max",
        "min",
        "sup",
        "inf",
        "argmax",
        "argmin",
        "lim",
        "det",
        "dim",
        "deg",
        "gcd",
        "Pr",
        "softmax",
        "mod",
    ]
)

# These only say how what follows looks, or how it is spaced.
STYLES = frozenset(
    [
        "textbf",
        "textit",
        "emph",
        "textsc",
        "texttt",
        "textrm",
        "textsf",
        "textmd",
        "textup",
        "textsl",
        "textnormal",
        "underline",
        "uline",
        "text",
        "mathrm",
        "mathbf",
        "mathcal",
        "mathbb",
        "mathit",
        "mathsf",
        "mathtt",
        "mathfrak",
        "mathscr",
        "boldsymbol",
        "bm",
        "pmb",
        "operatorname",
        "mbox",
        "hbox",
        "fbox",
        "url",
        "bf",
        "it",
        "em",
        "tt",
        "sc",
        "rm",
        "sf",
        "bfseries",
        "itshape",
        "ttfamily",
        "scshape",
        "rmfamily",
        "left",
        "right",
        "middle",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "mathop",
        "mathord",
        "mathbin",
        "mathrel",
        "mathopen",
        "mathclose",
        "tilde",
        "hat",
        "bar",
        "vec",
        "dot",
        "ddot",
        "check",
        "breve",
        "widetilde",
        "widehat",
        "overline",
        "ensuremath",
        "protect",
        "footnotesize",
        "scriptsize",
        "tiny",
        "small",
        "normalsize",
        "large",
        "Large",
        "LARGE",
        "huge",
        "noindent",
        "centering",
        "xspace",
        "limits",
        "nolimits",
        "nonumber",
        "allowbreak",
        "nobreak",
        "relax",
        "phantom",
        "smash",
        "makebox",
        "uppercase",
        "lowercase",
        "MakeUppercase",
        "textcase",
    ]
)

# First argument only says how the second looks.
COLOURED = frozenset(["color", "textcolor", "colorbox", "pagecolor", "fontsize", "vspace", "hspace"])

FRACTIONS = frozenset(["frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"])

CITATIONS = frozenset(
    [
        "cite",
        "citep",
        "citet",
        "citealp",
        "citealt",
        "citeauthor",
        "citeyear",
        "citeyearpar",
        "citenum",
        "parencite",
        "textcite",
        "autocite",
        "footcite",
        "nocite",
        "ref",
        "eqref",
        "autoref",
        "cref",
        "Cref",
        "pageref",
        "label",
        "footnotemark",
    ]
)

LITERAL = frozenset(("url", "path", "nolinkurl"))

# What an export leaves of `\theta`, `\nabla`, ... when it takes the backslash and first letter for a control
# character. These are no words of any language we expect, so they are mended wherever they stand alone.
LOST = {
    "heta": "theta", "imes": "times", "extord": "textord", "extendash": "textendash", "extemdash":
    "textemdash",
    "extperthousand": "textperthousand", "abla": "nabla", "ightarrow": "rightarrow",
}  # fmt: skip
# These might be words, so they are mended only right after a dollar.
LOST_IN_MATH = {
    "au": "tau", "o": "to", "ilde": "tilde", "op": "top", "eq": "neq", "u": "nu",
    "ho": "rho", "ext": "text",
}  # fmt: skip

DINGBATS = {51: "✓", 52: "✓", 55: "✗", 56: "✗", 72: "★", 73: "★"} | {
    first + step: f"({step + 1})" for first in (172, 182, 192, 202) for step in range(10)
}

ACCENTS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
}  # fmt: skip
