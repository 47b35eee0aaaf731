"""The options with which a data set is read from disk."""

from __future__ import annotations

from dataclasses import dataclass

from gansmith.data.spec import NotImagesError

LARGE = 512 * 2**20


@dataclass(frozen=True)
class ReadOptions:
    """The options of `read_path`.

    size      images: height and width; text: most words of a sentence; None: found from the data
    channels  images: 1 (grey) or 3 (RGB); None: found from the data
    val       part to hold out, in (0, 1); None: a tenth, or the split that the data brings
    skip_bad  leave out what cannot be used, listed in `Dataset.skipped`, where it would be refused
    large     bytes of decoded images from which they are kept in a memory-mapped file
    """

    size: int | None = None
    channels: int | None = None
    val: float | None = None
    skip_bad: bool = False
    large: int = LARGE

    def __post_init__(self) -> None:
        if self.channels not in (None, 1, 3):
            raise ValueError(f"channels is 1 (grey) or 3 (RGB); got {self.channels}")
        if self.size is not None and self.size < 1:
            raise ValueError(f"a size is at least 1; got {self.size}")

    def refuse_image_options(self, where: str, what: str, *, size: bool = True) -> None:
        """DataError when an option of images is set for something else."""
        given = ["channels"] * (self.channels is not None)
        given += ["size"] * (size and self.size is not None)
        if given:
            raise NotImagesError(f"{where} holds {what}: leave out {' and '.join(given)}")
