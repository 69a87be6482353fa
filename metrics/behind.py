"""The items behind each figure: which it looks at, and which of them it counts. By the counters of core.rollups."""

from typing import Literal, NamedTuple

from core.rollups import FAILED


class Behind(NamedTuple):
    """An item is looked at where it adds to `of`, and counted where it also adds to `hit` ('': the figure counts no
    items but measures those it looks at); with `missed`, where it does not add to `hit`."""

    item: Literal["ticket", "document", ""]  # '': both
    of: str
    hit: str = ""
    missed: bool = False


STAGES = ("settled", "eligible", "attempted", "automated", "contained", "durable")
BEHIND: dict[str, Behind] = {
    "automation_share": Behind("ticket", "settled", "durable"),
    "workload_share": Behind("ticket", "settled", "durable"),
    "hours_saved": Behind("ticket", "settled", "durable"),
    "net_hours_saved": Behind("ticket", "settled", "durable"),
    "net_workload_share": Behind("ticket", "settled", "durable"),
    "accuracy": Behind("", "audit_n", "audit_k"),
    "document_accuracy": Behind("document", "audit_n", "audit_k"),
    "involvement": Behind("ticket", "settled", "attempted"),
    "containment": Behind("ticket", "attempted", "contained"),
    "resolution": Behind("ticket", "attempted", "durable"),
    "resolution_confirmed": Behind("ticket", "attempted", "confirmed"),
    "repeat_contact": Behind("ticket", "quiet", "durable", missed=True),
    "straight_through": Behind("document", "settled", "through"),
    "handoffs": Behind("ticket", "eligible", "handed_off"),
    "csat_automated": Behind("ticket", "csat_automated", "csat_automated_good"),
    "csat_assisted": Behind("ticket", "csat_assisted", "csat_assisted_good"),
    "csat_human": Behind("ticket", "csat_human", "csat_human_good"),
    **{
        f"csat_answered_{by}": Behind("ticket", f"csat_{by}_asked", f"csat_{by}")
        for by in ("automated", "assisted", "human")
    },
    "field_accuracy": Behind("document", "audit_n", "audit_k"),
    "reviewer_agreement": Behind("", "seconded", "seconded_both"),
    "provider_errors": Behind("", "items", FAILED),  # of any model
    "failed_items": Behind("", "items", "failed"),
    "cost_per_item": Behind("", "items", "cost"),
    "cost_per_resolution": Behind("ticket", "settled", "durable"),
    "tokens_per_item": Behind("", "items", "tokens"),
    "cached_tokens": Behind("", "tokens", "cached_tokens"),
    "run_seconds": Behind("", "runs"),
    "documents_a_year": Behind("document", "items"),
    **{f"stage_{stage}": Behind("ticket", "settled", stage) for stage in STAGES[1:]},
}
ANY = Behind("ticket", "items")  # waiting times and whatever else is measured over all tickets


def behind(figure: str) -> Behind:
    """Return what stands behind a figure, a stage of the waterfall (`stage_NAME`) or a reason (`held:CODE`)."""
    if figure.startswith("held:"):
        return Behind("ticket", "items", figure)
    return BEHIND.get(figure, ANY)
