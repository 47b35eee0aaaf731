"""Runs of these tests are scored by few samples, which spares time."""

from collections.abc import Iterator

import pytest

from gansmith.modalities import MODALITIES


@pytest.fixture(autouse=True, scope="module")
def _few_samples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for modality in MODALITIES.values():
            patch.setattr(type(modality), "score_count", 64)
        yield
