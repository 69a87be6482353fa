"""Pictures: photos and scans in any format that Pillow opens (JPEG, PNG, WebP, TIFF of many pages, HEIC)."""

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError
from pillow_heif import register_heif_opener

from agents.documents.parser import OcrWanted, Source
from agents.documents.values import Heading, Part
from core.errors import Rejected

register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before any pixel is decoded


class ImageParser:
    """Hands each picture of the file to the OCR engine, upright as its EXIF data says."""

    name: ClassVar[str] = "image"
    media_types: ClassVar[frozenset[str]] = frozenset(
        {"image/jpeg", "image/png", "image/webp", "image/tiff", "image/bmp", "image/gif", "image/heic", "image/heif"}
    )

    def score(self, media_type: str) -> float | None:
        """Take the picture types that were recognised by their first bytes."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield a page for each frame. Raises Rejected (damaged, too_many_pixels)."""
        try:
            with Image.open(source.path) as picture:
                yield from self._frames(picture, source)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
            raise Rejected("the picture is damaged or of an unknown kind", code="damaged") from error

    def _frames(self, picture: Image.Image, source: Source) -> Iterator[Part]:
        frames = min(getattr(picture, "n_frames", 1), 1 if picture.format == "GIF" else source.limits.pages)
        number = source.first
        for frame in ImageSequence.Iterator(picture):
            if number - source.first >= frames:
                return
            if frame.width * frame.height > source.limits.pixels:
                raise Rejected(
                    f"{frame.width} x {frame.height} pixels are too many",
                    code="too_many_pixels",
                    hint="send it smaller",
                )
            if min(frame.width, frame.height) < 16:
                yield Heading("note", f"picture {number} is too small to hold text")
            elif source.wanted(number):
                if source.ocr is None:
                    raise OcrWanted
                upright = ImageOps.exif_transpose(frame)
                upright.draft("RGB", (4000, 4000))
                flat = np.asarray(_on_white(upright))
                yield from source.ocr.read(np.ascontiguousarray(flat[:, :, ::-1]), number, source.hints, source.part)
            number += 1


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")
