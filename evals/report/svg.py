"""A small canvas for line, dot and bar charts: axes, scales and marks as inline SVG without any colour of its own."""

import math
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

from markupsafe import Markup

from assistant.cli.terminal import clean

Scale = Callable[[float], float]


class Chart:
    """One chart; colours come from the page's style sheet by class, so that light and dark both work.

    Args:
        label: what the chart shows, for those who cannot see it.
        width, height: of the whole, in the page's pixels before it is scaled.
        left, bottom: room for the axes' labels.
    """

    def __init__(self, label: str, *, width: int = 460, height: int = 290, left: int = 46, bottom: int = 44) -> None:
        self.root = ElementTree.Element("svg", viewBox=f"0 0 {width} {height}", role="img")
        self.root.set("aria-label", clean(label))
        self.left, self.top, self.right, self.bottom = left, 14, width - 14, height - bottom

    def across(self, low: float, high: float) -> Scale:
        """A linear scale from left to right."""
        return lambda value: self.left + (value - low) / (high - low) * (self.right - self.left)

    def across_log(self, low: float, high: float) -> Scale:
        """A logarithmic scale from left to right; values outside stick to the edges."""
        span = math.log(high / low)
        return lambda value: self.left + math.log(min(max(value, low), high) / low) / span * (self.right - self.left)

    def up(self, low: float = 0.0, high: float = 1.0) -> Scale:
        """A linear scale from bottom to top."""
        return lambda value: self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    def ticks_below(self, scale: Scale, ticks: Sequence[tuple[float, str]], title: str, grid: bool = False) -> None:
        """The axis below: labelled ticks and its title."""
        for value, label in ticks:
            x = scale(value)
            if grid:
                self.line(x, self.top, x, self.bottom, "grid")
            self.text(x, self.bottom + 17, label, "tick", anchor="middle")
        self.line(self.left, self.bottom, self.right, self.bottom, "axis")
        self.text((self.left + self.right) / 2, self.bottom + 36, title, "label", anchor="middle")

    def ticks_beside(self, scale: Scale, ticks: Sequence[tuple[float, str]]) -> None:
        """The axis on the left: a grid line and a label for each tick."""
        for value, label in ticks:
            y = scale(value)
            self.line(self.left, y, self.right, y, "grid")
            self.text(self.left - 8, y + 4, label, "tick", anchor="end")

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A straight line."""
        self._add("line", x1=_n(x1), y1=_n(y1), x2=_n(x2), y2=_n(y2), **{"class": style})

    def path(self, points: Sequence[tuple[float, float]], style: str, note: str = "") -> None:
        """A line through points."""
        drawn = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self._add("path", note, d=drawn, **{"class": style})

    def dot(self, x: float, y: float, style: str, note: str = "", radius: float = 3.5) -> None:
        """A dot, with a note for the pointer that rests on it."""
        self._add("circle", note, cx=_n(x), cy=_n(y), r=_n(radius), **{"class": style})

    def bar(self, x: float, y: float, width: float, height: float, style: str, note: str = "") -> None:
        """A rectangle by its upper left corner."""
        size = {"width": _n(max(width, 0)), "height": _n(max(height, 0))}
        self._add("rect", note, x=_n(x), y=_n(y), rx="2", **size, **{"class": style})

    def text(self, x: float, y: float, content: str, style: str, anchor: str = "start") -> None:
        """Words; whatever they are, they stay words."""
        self._add("text", x=_n(x), y=_n(y), **{"class": style, "text-anchor": anchor}).text = clean(content)

    def markup(self) -> Markup:
        """The chart as an `svg` element, everything in it escaped."""
        return Markup(ElementTree.tostring(self.root, encoding="unicode"))  # noqa: S704

    def _add(self, tag: str, note: str = "", **attributes: str) -> ElementTree.Element:
        element = ElementTree.SubElement(self.root, tag, attributes)
        if note:
            ElementTree.SubElement(element, "title").text = clean(note)
        return element


def _n(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")
