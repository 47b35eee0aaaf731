"""What a game can do beyond being trained. Commands ask for a protocol, not for a game.

All protocols can be checked at run time: `isinstance(game, Samples)`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from gansmith.core.latent import Latent
from gansmith.core.rng import Rng


@runtime_checkable
class Samples(Protocol):
    """A game that generates examples unconditionally."""

    def sample(self, n: int, rng: Rng) -> Tensor:
        """n examples, in the shape and range of the data that players see."""
        ...


@runtime_checkable
class HasDecoder(Protocol):
    """A game that decodes latent codes, so that one can interpolate between them."""

    @property
    def latent(self) -> Latent:
        """The prior over codes."""
        ...

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (n, latent.dim) to examples."""
        ...


@runtime_checkable
class ConditionalSampler(Protocol):
    """A game that generates examples conditioned on something: a class, a sentence, an image.

    condition_field: the field of a batch that holds the conditions.
    """

    condition_field: str

    def generate(self, conditions: Tensor, rng: Rng) -> Tensor:
        """An example for each condition (n, ...), in the shape and range that players see."""
        ...


@runtime_checkable
class Translates(Protocol):
    """A game that translates examples between domains with names."""

    def translate(self, x: Tensor, source: str, target: str) -> Tensor:
        """Examples (n, ...) of the domain `source` in the domain `target`, in the same range."""
        ...


@runtime_checkable
class Encodes(Protocol):
    """A game with an encoder."""

    def encode(self, x: Tensor) -> Tensor:
        """The codes of examples, (n, ...) -> (n, latent.dim)."""
        ...


@runtime_checkable
class Classifies(Protocol):
    """A game with a classifier."""

    def classify(self, x: Tensor) -> Tensor:
        """Class probabilities of examples, (n, ...) -> (n, K)."""
        ...


class ExportInput(NamedTuple):
    """An input of an exported module, described for those who run it without Gansmith.

    example: a tensor of two rows. meaning: in words.
    code: a Python expression in plain torch that gives 16 rows.
    """

    example: Tensor
    meaning: str
    code: str


def codes_input(latent: Latent) -> ExportInput:
    """Codes of a prior as an input, (n, latent.dim)."""
    return ExportInput(torch.zeros(2, latent.dim), latent.meaning, latent.torch_expression(16))


class ExportableModule(NamedTuple):
    """A player ready for export: tensors with a common first axis in, one tensor out.

    output: what comes out, in words; "" for examples of the data.
    """

    module: nn.Module
    inputs: dict[str, ExportInput]
    output: str = ""


@runtime_checkable
class Exports(Protocol):
    """A game with players that are of use by themselves."""

    def exports(self) -> dict[str, ExportableModule]:
        """What is exported, by the name of the player."""
        ...


@runtime_checkable
class ExportsFrom(Protocol):
    """A game with players that take conditions, or examples, whose form the game does not know."""

    def exports_from(self, given: ExportInput) -> dict[str, ExportableModule]:
        """What is exported. given: the conditions of a `ConditionalSampler`, else examples."""
        ...
