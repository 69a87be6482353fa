"""ZIP files: their members are read one after another as further pages."""

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from agents.documents.parser import Source
from agents.documents.parsers.mail import inner
from agents.documents.values import Heading, Part
from core.errors import Rejected


class ZipParser:
    """Takes ZIP files that are no office file. They were scanned for bombs before (formats.check_zip)."""

    name: ClassVar[str] = "zip"
    media_types: ClassVar[frozenset[str]] = frozenset({"application/zip"})

    def score(self, media_type: str) -> float | None:
        """Take ZIP."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield the parts of each member; one that is refused becomes a note."""
        if source.read_inner is None:
            return
        with zipfile.ZipFile(source.path) as archive:
            for member in archive.infolist():
                name = Path(member.filename).name
                if member.is_dir() or name.startswith(".") or "__MACOSX" in member.filename:
                    continue
                if member.flag_bits & 1:
                    yield Heading("note", f"{name} is protected by a password and was not read")
                    continue
                with tempfile.TemporaryDirectory(prefix="saola-") as folder:
                    path = Path(folder) / "part"
                    try:
                        path.write_bytes(archive.read(member))
                        yield from source.read_inner(inner(source, path, name, source.next_number))
                    except (Rejected, zipfile.BadZipFile, NotImplementedError) as error:
                        yield Heading("note", f"{name} was not read: {error}")
