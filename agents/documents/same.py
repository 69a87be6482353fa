"""When two files are the same document: by their bytes, or by everything that is printed on them."""

import hashlib

from agents.documents.extract.text import squeeze
from agents.documents.values import Reading

LEAST = 60  # letters and digits; with fewer, two documents may well say the same


def content_key(reading: Reading) -> str:
    """Return a digest of all letters and digits of a document, equal for the same document saved by another program;
    empty where there are too few to tell. An e-invoice counts by its XML too."""
    printed = squeeze(reading.text) + "".join(squeeze(one.text) for one in reading.embedded)
    return hashlib.sha256(printed.encode()).hexdigest()[:32] if len(printed) >= LEAST else ""
