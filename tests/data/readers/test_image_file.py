"""Every kind of image comes out with the right pixels, and what is no image is named."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, features

from gansmith.data.readers import image_file
from gansmith.data.readers.image_file import EXTENSIONS, UnreadableError, decode, read_header

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def packed(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(mode: str, colour: object, size: tuple[int, int] = (8, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def pixel(raw: bytes, channels: int = 3) -> list[int]:
    values = decode(raw, 8, channels)
    assert values.shape == (channels, 8, 8)
    assert values.dtype == np.uint8
    assert (values == values[:, :1, :1]).all()
    return values[:, 0, 0].tolist()


def test_rgb_grey_and_one_bit_keep_their_values() -> None:
    assert pixel(packed(plain("RGB", (10, 20, 30)))) == [10, 20, 30]
    assert pixel(packed(plain("L", 77)), 1) == [77]
    assert pixel(packed(plain("L", 77)), 3) == [77, 77, 77]
    assert pixel(packed(plain("1", 1)), 1) == [255]
    assert pixel(packed(plain("RGB", RED)), 1) == [76]  # 0.299 * 255


def test_transparency_is_composited_on_white() -> None:
    assert pixel(packed(plain("RGBA", (255, 0, 0, 0)))) == [255, 255, 255]
    half = pixel(packed(plain("RGBA", (100, 0, 0, 128))))
    np.testing.assert_allclose(half, [177, 127, 127], atol=1)  # 100 and 0, half way to 255
    np.testing.assert_allclose(pixel(packed(plain("LA", (55, 128))), 1), [155], atol=1)
    assert pixel(packed(plain("L", 9), transparency=9), 1) == [255]


def raw_png(depth: int, colour: int, row: bytes, key: bytes) -> bytes:
    """Eight equal rows of eight pixels, with a transparent colour, as Pillow cannot write them."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, depth, colour, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + row) * 8))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"tRNS", key) + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("depth", "pixels", "key"),
    [
        (1, b"\x0f", 0),
        (2, b"\x55\xaa", 1),
        (4, b"\x55\x55\xaa\xaa", 5),
        (8, b"\x05\x05\x05\x05\xaa\xaa\xaa\xaa", 5),
        (16, struct.pack(">8H", *[0] * 4, *[43690] * 4), 0),
    ],
)
def test_a_transparent_grey_of_any_depth_is_white(depth: int, pixels: bytes, key: int) -> None:
    row = decode(raw_png(depth, 0, pixels, struct.pack(">H", key)), 8, 1)[0, 0].tolist()
    assert row == [255] * 4 + [255 if depth == 1 else 170] * 4


def test_a_transparent_colour_of_16_bits_is_white() -> None:
    colour = struct.pack(">3H", 0x1234, 0x5678, 0x9ABC)
    row = decode(raw_png(16, 2, colour * 4 + b"\xaa" * 24, colour), 8, 3)[:, 0]
    assert row.tolist() == [[255] * 4 + [170] * 4] * 3


def test_premultiplied_grey_is_composited_too() -> None:
    extra = [struct.pack("<HHII", 338, 3, 1, kind) for kind in (2, 1)]  # straight, premultiplied
    raw = packed(plain("LA", (50, 100)), "TIFF").replace(*extra)
    assert Image.open(io.BytesIO(raw)).mode == "La"
    np.testing.assert_allclose(pixel(raw, 1), [205], atol=1)  # 50 as it is, and 155 of white


def test_palette_with_and_without_transparency() -> None:
    image = plain("P", 1)
    image.putpalette([*RED, *GREEN])
    assert pixel(packed(image)) == list(GREEN)
    assert pixel(packed(image, transparency=1)) == [255, 255, 255]
    assert not read_header(packed(image)).grey
    image.putpalette([7, 7, 7, 90, 90, 90])
    assert read_header(packed(image)).grey
    assert pixel(packed(image), 1) == [90]


def test_cmyk_is_turned_to_rgb() -> None:
    red = pixel(packed(plain("CMYK", (0, 255, 255, 0)), "TIFF"))
    assert red == [255, 0, 0]


@pytest.mark.parametrize(("deep", "eight"), [(65535, 255), (0, 0), (32896, 128), (300, 1)])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_deep_grey_is_scaled_not_clipped(deep: int, eight: int, dtype: type) -> None:
    image = Image.fromarray(np.full((8, 8), deep, dtype))
    assert image.mode == ("I;16" if dtype == np.uint16 else "I")
    for kind in ("PNG", "TIFF")[dtype == np.int32 :]:
        assert read_header(packed(image, kind)).grey
        assert pixel(packed(image, kind), 1) == [eight]


def test_float_grey_counts_from_0_to_1() -> None:
    assert pixel(packed(Image.fromarray(np.full((8, 8), 0.5, np.float32)), "TIFF"), 1) == [128]
    values = np.full((8, 8), 1 + 1e-6, np.float32)
    values[:, 0] = -1e-7
    row = decode(packed(Image.fromarray(values), "TIFF"), 8, 1)[0, 0]
    assert row.tolist() == [0, *[255] * 7]  # a rounding error changes nothing
    values = np.full((8, 8), 0.5, np.float32)
    values[0, 0] = 2
    with pytest.raises(UnreadableError, match=r"float grey values from 0\.5 to 2, expected"):
        decode(packed(Image.fromarray(values), "TIFF"), 8, 1)
    with pytest.raises(UnreadableError, match="from nan to nan"):
        decode(packed(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF"), 8, 1)


def test_deep_grey_out_of_range_is_unreadable() -> None:
    with pytest.raises(
        UnreadableError, match="16-bit grey values from -1 to -1, expected 0 to 65535"
    ):
        decode(packed(Image.fromarray(np.full((8, 8), -1, np.int32)), "TIFF"), 8, 1)


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (3, (-1, -1)), (6, (0, -1)), (8, (-1, 0))]
)
def test_exif_orientation_is_undone(orientation: int, corner: tuple[int, int]) -> None:
    image = plain("RGB", BLUE, (16, 16))
    image.paste(RED, (0, 0, 4, 4))
    exif = Image.Exif()
    exif[0x0112] = orientation
    values = decode(packed(image, exif=exif), 16, 3)
    assert values[:, corner[0], corner[1]].tolist() == list(RED)
    assert (values[0] == 255).sum() == 16  # the other corners are not red


def test_the_centre_is_cropped() -> None:
    columns = np.repeat(np.arange(12, dtype=np.uint8)[None], 8, axis=0)
    assert decode(packed(Image.fromarray(columns)), 8, 1)[0, 0].tolist() == list(range(2, 10))
    assert decode(packed(Image.fromarray(columns.T.copy())), 8, 1)[0, :, 0].tolist() == list(
        range(2, 10)
    )


def test_outside_the_crop_nothing_leaks_into_the_resized_picture() -> None:
    image = plain("L", 255, (48, 16))
    image.paste(0, (16, 0, 32, 16))
    assert decode(packed(image), 8, 1).max() == 0


def test_reducing_does_not_alias() -> None:
    checks = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    values = decode(packed(Image.fromarray(checks)), 8, 1).astype(int)
    assert abs(values - 127.5).max() < 3


def test_an_animation_gives_its_first_frame() -> None:
    frames = [plain("RGB", RED), plain("RGB", GREEN)]
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True})):
        raw = packed(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert Image.open(io.BytesIO(raw)).n_frames == 2
        assert pixel(raw) == list(RED)


def test_glance_tells_the_shorter_side_and_grey() -> None:
    seen = read_header(packed(plain("RGB", RED, (30, 20))))
    assert (seen.side, seen.grey) == (20, False)
    assert all(read_header(packed(plain(mode, 1))).grey for mode in ("L", "1", "LA"))


def test_what_is_no_picture_says_so() -> None:
    with pytest.raises(UnreadableError, match="empty file"):
        decode(b"", 8, 3)
    with pytest.raises(UnreadableError, match="not an image"):
        decode(b"<html>not found</html>", 8, 3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_truncated_picture_is_unreadable(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    raw = packed(Image.fromarray(noise), kind)
    read_header(raw[: len(raw) // 2])  # the header is whole
    with pytest.raises(UnreadableError, match="truncated"):
        decode(raw[: len(raw) // 2], 8, 3)


def test_a_decompression_bomb_is_unreadable() -> None:
    header = b"P5 20000 20000 255\n"
    with pytest.raises(UnreadableError, match="more than 89478485"):
        decode(header, 8, 1)


def test_too_many_pixels_are_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gansmith.data.readers.image_file.MAX_PIXELS", 63)
    with pytest.raises(UnreadableError, match="8x8 pixels, more than 63"):
        decode(packed(plain("L", 1)), 8, 1)


AVIF = "avif" in features.modules and features.check_module("avif")


@pytest.mark.skipif(not AVIF, reason="this Pillow reads no AVIF")
def test_avif_is_read() -> None:
    assert ".avif" in EXTENSIONS
    raw = packed(plain("RGB", (10, 200, 30)), "AVIF", quality=100)
    assert np.abs(decode(raw, 8, 3)[:, 4, 4].astype(int) - [10, 200, 30]).max() <= 3


def test_avif_is_refused_with_what_to_do_where_pillow_lacks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(image_file.features, "modules", {})
    with pytest.raises(UnreadableError, match="AVIF, which this Pillow does not read: pip install"):
        decode(b"\0\0\0\x20ftypavif" + bytes(40), 8, 3)


def test_jfif_is_a_name_of_jpeg() -> None:
    assert ".jfif" in EXTENSIONS
