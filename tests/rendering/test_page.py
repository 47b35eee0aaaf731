"""Pages of HTML that stand alone: images inside, values as words."""

import base64
import io
import re

import pytest
from PIL import Image

from gansmith.rendering.page import picture, readable


def opened(page):
    (code,) = re.findall(r'src="data:image/png;base64,([A-Za-z0-9+/=]+)"', page)
    return Image.open(io.BytesIO(base64.b64decode(code)))


def test_a_large_sheet_is_made_smaller_and_grey_stays_grey(tmp_path):
    path = tmp_path / "x.png"
    Image.new("RGB", (1500, 600), (7, 7, 7)).save(path)
    image = opened(picture(path, "alt", 300))
    assert (image.size, image.mode) == ((300, 120), "L")
    Image.new("RGB", (20, 10), (7, 8, 7)).save(path)
    image = opened(picture(path, "alt", 300))
    assert (image.size, image.mode) == ((20, 10), "RGB")


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "none"), (True, "yes"), (1e-5, "1e-05"), ((1, "/a/b"), "1, b"), ("a/b", "a/b")],
)
def test_values_as_words(value, words):
    assert readable(value) == words
