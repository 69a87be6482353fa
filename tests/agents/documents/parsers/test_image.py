"""Every kind of picture reaches the reader as what one sees: TIFF of many pages, HEIC, turned by EXIF, any colours."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agents.documents.ocr.engine import OcrEngine
from agents.documents.reading import read
from bench.document_pictures import receipt

ORIENTATION = 0x0112  # of EXIF; 8: the camera was held on its left side


@pytest.fixture(scope="module")
def engine() -> OcrEngine:
    return OcrEngine()


def printed(seed: int) -> Image.Image:
    return Image.fromarray(receipt(seed, "en", "SourceSansPro-Regular").grey)


def as_tiff(picture: Image.Image, other: Image.Image) -> bytes:
    """A fax, black and white, and a page in the colours of print."""
    made = BytesIO()
    second = other.convert("CMYK")
    second.encoderinfo = {"compression": "tiff_lzw"}
    picture.convert("1").save(made, "TIFF", compression="group4", save_all=True, append_images=[second])
    return made.getvalue()


def turned(kind: str) -> Callable[[Image.Image, Image.Image], bytes]:
    """A photo that lies on its side, with EXIF data that says so."""

    def save(picture: Image.Image, _: Image.Image) -> bytes:
        exif, made = Image.Exif(), BytesIO()
        exif[ORIENTATION] = 8
        picture.convert("RGB").rotate(-90, expand=True).save(made, kind, exif=exif, quality=90)
        return made.getvalue()

    return save


def as_heic(picture: Image.Image, _: Image.Image) -> bytes:
    """A phone's photo: HEIF turns pictures by a box of its own, never by EXIF, so this one lies as it is."""
    made = BytesIO()
    picture.convert("RGB").save(made, "HEIF", quality=90)
    return made.getvalue()


def clear(picture: Image.Image, _: Image.Image) -> bytes:
    """Black on nothing, as programs save signatures and cut-outs."""
    made, black = BytesIO(), Image.new("RGBA", picture.size, (0, 0, 0, 0))
    black.putalpha(Image.fromarray(255 - np.asarray(picture.convert("L"))))
    black.save(made, "PNG")
    return made.getvalue()


@pytest.mark.parametrize(
    ("save", "media_type", "pages"),
    [
        (as_tiff, "image/tiff", 2),
        (as_heic, "image/heic", 1),
        (turned("JPEG"), "image/jpeg", 1),
        (turned("WEBP"), "image/webp", 1),
        (clear, "image/png", 1),
    ],
    ids=["TIFF", "HEIC", "JPEG", "WebP", "PNG"],
)
def test_a_picture_of_this_kind_is_read(
    engine: OcrEngine,
    tmp_path: Path,
    save: Callable[[Image.Image, Image.Image], bytes],
    media_type: str,
    pages: int,
) -> None:
    path = tmp_path / "upload"  # by its bytes alone, whatever its name
    path.write_bytes(save(printed(2), printed(3)))
    reading = read(path, ocr=engine)
    assert (reading.media_type, len(reading.pages)) == (media_type, pages)
    assert [page.turned for page in reading.pages] == [0] * pages, "upright before anything is read"
    assert all("SAO LA LIVING LTD" in page.text for page in reading.pages)
    assert len({page.text for page in reading.pages}) == pages
