"""QR codes and barcodes by zxing-cpp."""

from collections.abc import Iterator
from typing import Any

import zxingcpp

from agents.documents.values import Code

MATRIX = ("qrcode", "microqr", "datamatrix", "aztec", "pdf417")


def find(picture: Any, number: int) -> Iterator[Code]:
    """Yield the codes on a picture (blue-green-red array) with their box as shares of it."""
    height, width = picture.shape[:2]
    for found in zxingcpp.read_barcodes(picture):
        at = found.position
        xs = [at.top_left.x, at.top_right.x, at.bottom_left.x, at.bottom_right.x]
        ys = [at.top_left.y, at.top_right.y, at.bottom_left.y, at.bottom_right.y]
        kind = (
            "qr" if str(found.format).lower().replace(" ", "").replace("_", "").split(".")[-1] in MATRIX else "barcode"
        )
        box = (min(xs) / width, min(ys) / height, max(xs) / width, max(ys) / height)
        yield Code(kind, found.text, number, box)
