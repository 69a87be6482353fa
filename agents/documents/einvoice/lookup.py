"""What the rules ask an e-invoice: texts and amounts at a path of local names, amounts of a role."""

from collections.abc import Iterator
from decimal import Decimal

from agents.documents.einvoice.reader import Element, Invoice, find, money

ZERO, CENT = Decimal(0), Decimal("0.01")


def texts(start: Element, *paths: str) -> Iterator[str]:
    """Yield the texts at the paths, empty ones left out; a path that ends with `/*` asks only whether anything is in
    the element, and yields `present`."""
    for path in paths:
        if path.endswith("/*"):
            for element, _ in find(start, path[:-2]):
                if len(element):
                    yield "present"
            continue
        for element, _ in find(start, path):
            text = " ".join((element.text or "").split())
            if text:
                yield text


def text_at(start: Element, *paths: str) -> str:
    """Return the first text at the paths, or the empty string."""
    return next(texts(start, *paths), "")


def money_at(start: Element, *paths: str) -> Decimal | None:
    """Return the number at the first path that holds a text."""
    return money(text_at(start, *paths))


def money_of(invoice: Invoice, role: str) -> Decimal | None:
    """Return the number of a role (`net`, `vat`, `total`, ...) of an invoice."""
    exact = invoice.values.get(role)
    return money(exact.value) if exact is not None else None
