"""`python -m core.draw_page PATH MEDIA_TYPE NUMBER` writes one page as PNG to its output; a child with hard limits."""

import io
import resource
import sys
from pathlib import Path

from PIL import Image, ImageOps

MEMORY = 2_000_000_000
CPU_SECONDS = 15
WIDTH = 1_240  # pixels: A4 at 150 dpi
MAX_PIXELS = 100_000_000


def main(path: str, media_type: str, number: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    drawn = _pdf(path, number) if media_type == "application/pdf" else _image(path, number)
    content = io.BytesIO()
    drawn.save(content, "PNG")
    sys.stdout.buffer.write(content.getvalue())


def _pdf(path: str, number: int) -> Image.Image:
    import pypdfium2

    document = pypdfium2.PdfDocument(Path(path))
    page = document[number - 1]
    width, height = page.get_size()
    scale = min(WIDTH / width, (MAX_PIXELS / (width * height)) ** 0.5)
    return page.render(scale=scale).to_pil().convert("RGB")  # type: ignore[no-any-return]  # pypdfium2 is untyped


def _image(path: str, number: int) -> Image.Image:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    picture = Image.open(path)
    picture.seek(number - 1)  # EOFError where there is no such page
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((WIDTH, WIDTH * 4))
    return upright.convert("RGB")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
