"""Every prompt, as a text file with named blanks; nothing else in the project holds prompt text."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template


@dataclass(frozen=True)
class Prompt:
    """A prompt with blanks written `$name`.

    Args:
        name: the file's name without its ending.
        text: the text with its blanks.
    """

    name: str
    text: str

    @property
    def blanks(self) -> frozenset[str]:
        """The names of the blanks."""
        return frozenset(Template(self.text).get_identifiers())

    def fill(self, **values: str) -> str:
        """The text with every blank filled, each value put in as it stands.

        Args:
            values: one for each blank, no more and no fewer.

        Raises:
            KeyError: a blank has no value, or a value has no blank.
        """
        if values.keys() != self.blanks:
            raise KeyError(f"prompt {self.name} has the blanks {sorted(self.blanks)}, not {sorted(values)}")
        return Template(self.text).substitute(values)


@cache
def load(name: str) -> Prompt:
    """Read `prompts/<name>.txt`.

    Raises:
        FileNotFoundError: there is no such prompt.
        ValueError: a `$` in it does not begin a blank.
    """
    prompt = Prompt(name, files(__package__).joinpath(f"{name}.txt").read_text("utf-8").strip())
    if not Template(prompt.text).is_valid():
        raise ValueError(f"prompt {name} has a $ that does not begin a blank")
    return prompt
