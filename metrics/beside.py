"""Beside FPT: the outcomes that FPT Smart Cloud reports, ours next to them, and what it would take to get there.

Theirs are printed as reported: no sample size, interval or formula was published for any of them.
"""

from core.contracts import Frozen
from metrics import accuracy
from metrics.estimate import Estimate, unknown
from metrics.sums import Sums

AGENTS = 1_500
WORKLOAD = 0.46
DOCUMENTS_A_YEAR = 400_000_000
DOCUMENT_ACCURACY = 0.95
UPLIFT = 0.20
YEAR_SECONDS = 365 * 24 * 3600


class Beside(Frozen):
    """One reported outcome: `theirs` as a number and in their words, `ours`, and what is missing or true of both."""

    name: str
    theirs: float
    words: str
    ours: Estimate
    note: str


def beside_fpt(figures: dict[str, Estimate], sums: Sums, uplift: Estimate | None = None) -> tuple[Beside, ...]:
    """The five outcomes; accuracy twice, for it is not said of what.

    `uplift` is revenue a lead, treated against a randomised hold-out; None: no campaign ran.
    """
    documents = accuracy.documents(sums)
    return (
        Beside(
            name="agents_in_service",
            theirs=AGENTS,
            words="more than 1,500 AI agents in service",
            ours=figures["agents_in_service"],
            note=_count_note(figures["agents_in_service"]),
        ),
        Beside(
            name="workload_share",
            theirs=WORKLOAD,
            words="46 % of the customer-service workload automated",
            ours=figures["workload_share"],
            note=_share_note(figures["workload_share"], WORKLOAD),
        ),
        Beside(
            name="documents_a_year",
            theirs=DOCUMENTS_A_YEAR,
            words="more than 400 million documents a year (12.7 a second, every second)",
            ours=figures["documents_a_year"],
            note=_volume_note(figures["documents_a_year"]),
        ),
        Beside(
            name="document_accuracy",
            theirs=DOCUMENT_ACCURACY,
            words="over 95 % accuracy, if of whole documents (it is not said)",
            ours=documents,
            note=_accuracy_note(documents, "whole documents judged right, of those that went straight through"),
        ),
        Beside(
            name="field_accuracy",
            theirs=DOCUMENT_ACCURACY,
            words="over 95 % accuracy, if of fields (it is not said)",
            ours=figures["field_accuracy"],
            note=_accuracy_note(figures["field_accuracy"], "fields right, of documents that went straight through"),
        ),
        Beside(
            name="uplift",
            theirs=UPLIFT,
            words="telesales revenue up 20 % (against what is not said)",
            ours=uplift or unknown("a campaign with a randomised hold-out"),
            note="revenue a lead, treated against a randomised hold-out; never before against after",
        ),
    )


def _count_note(ours: Estimate) -> str:
    more = AGENTS - int(ours.value or 0)
    return f"{more:,} more agent folders in service" if more > 0 else "reached"


def _share_note(ours: Estimate, goal: float) -> str:
    if ours.value is None:
        return f"not yet known: {ours.missing}"
    if ours.low is not None and ours.low >= goal:
        return "reached, with its whole interval above"
    if ours.value >= goal:
        return "above, but its interval still reaches below"
    return f"{goal - ours.value:.1%} of the workload more; the intents that would add most come first"


def _volume_note(ours: Estimate) -> str:
    if ours.value is None:
        return f"not yet known: {ours.missing}"
    rate = ours.value / YEAR_SECONDS
    said = f"{rate:.{3 if rate >= 0.01 else 5}f} a second in this period"
    return f"{said}; {DOCUMENTS_A_YEAR / YEAR_SECONDS:.1f} a second would be 400 million"


def _accuracy_note(ours: Estimate, level: str) -> str:
    if ours.value is None:
        return f"not yet known: {ours.missing}"
    if ours.low is not None and ours.low >= DOCUMENT_ACCURACY:
        return f"reached, with its whole interval above; {level}"
    return f"{ours.k} of {ours.n} audits right; {level}"
