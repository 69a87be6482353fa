"""What every figure says of itself, for people and machines; pages, API and reports print it beside the number."""

from typing import Literal

from core.contracts import Frozen

Unit = Literal["share", "seconds", "usd", "per_year", "count", "kappa"]


class Definition(Frozen):
    """One figure: what is counted (numerator), of what (denominator), when, without what, and where it comes from."""

    name: str
    title: str
    unit: Unit
    numerator: str
    denominator: str
    window: str
    exclusions: str = ""
    source: str
