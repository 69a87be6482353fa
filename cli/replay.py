"""The report of `saola agent replay`: past tickets and an agent as it is now, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import ndiff
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from metrics.certificates import binomial
from metrics.certificates.fixed_sequence import choose_threshold
from workers.preview import Pair


@dataclass(frozen=True, kw_only=True)
class Side:
    """What is known of one side: of `total` tickets `answered` got a proposal; `k` of `n` judged ones were right;
    `share` of all could be certified at the target by these judgements, from `threshold` on (None: none)."""

    total: int
    answered: int
    k: int
    n: int
    share: float
    threshold: float | None


def sides(pairs: Sequence[Pair], target: float, confidence: float) -> tuple[Side, Side]:
    """Return how it was and how it would be."""
    old = [(one.old_score if one.old.get("kind") != "abstain" else 0.0, one.old_right) for one in pairs]
    new = [(one.new.score if one.new.kind != "abstain" else 0.0, one.new_right) for one in pairs]
    answered = [one.old.get("kind") != "abstain" for one in pairs], [one.new.kind != "abstain" for one in pairs]
    return _side(old, answered[0], target, confidence), _side(new, answered[1], target, confidence)


def _side(
    found: Sequence[tuple[float, bool | None]], answered: Sequence[bool], target: float, confidence: float
) -> Side:
    judged = [
        (score, right) for (score, right), told in zip(found, answered, strict=True) if right is not None and told
    ]
    share, threshold = 0.0, None
    if judged:
        scores, right = np.array([one for one, _ in judged]), np.array([one for _, one in judged])
        population = np.array([score for score, _ in found])
        choice = choose_threshold(scores, right, population=population, target=target, confidence=confidence)
        share, threshold = choice.share, choice.threshold
    k = sum(bool(right) for _, right in judged)
    return Side(total=len(found), answered=sum(answered), k=k, n=len(judged), share=share, threshold=threshold)


def show(console: Console, pairs: Sequence[Pair], target: float, confidence: float, most: int) -> None:
    """Print what would change, side by side, and the figures of both."""
    changed = [one for one in pairs if not one.same]
    for one in changed[:most]:
        console.rule(f"ticket {one.ticket_id}  {one.subject}", align="left", style="dim")
        console.print(f"was   {_told(one.old)}  score {one.old_score:.3f}", markup=False, style="red")
        console.print(f"now   {_told(one.new.model_dump())}  score {one.new.score:.3f}", markup=False, style="green")
        for line in _difference(_seen(one.old), _seen(one.new.model_dump(mode="json"))):
            console.print(f"      {line}", markup=False, soft_wrap=True)
    if len(changed) > most:
        console.print(f"... and {len(changed) - most} more")
    was, now = sides(pairs, target, confidence)
    table = Table("", "was", "now", box=None)
    table.add_row("tickets", str(was.total), str(now.total))
    table.add_row("would be seen by customers", "", f"{len(changed)} changed, {len(pairs) - len(changed)} the same")
    table.add_row("with a proposal", str(was.answered), str(now.answered))
    table.add_row("right, of those whose truth is known", _rate(was), _rate(now))
    table.add_row(f"share that these judgements certify at {target:g}", _share(was), _share(now))
    console.print(table)
    unknown = len([one for one in changed if one.new_right is None and one.new.kind != "abstain"])
    if unknown:
        console.print(f"{unknown} changed proposals have no known truth: judge them, or run the agent in shadow first.")


def _told(found: Mapping[str, Any]) -> str:
    name = f"{found.get('agent') or 'a person'}/{found.get('intent') or '-'}"
    reason = f" ({found.get('reason')})" if found.get("kind") == "abstain" and found.get("reason") else ""
    return f"{found.get('kind')} {name}{reason}"


def _seen(found: Mapping[str, Any]) -> list[str]:
    """Return what a proposal says and does, line by line: whatever can differ between two that are not the same."""
    asks = ["(asks the customer)"] if found.get("question") else []
    return [*str(found.get("reply", "")).splitlines(), *asks, *map(_action, found.get("actions", ()))]


def _action(found: Mapping[str, Any]) -> str:
    origins, arguments = found.get("provenance", {}), sorted(found["arguments"].items())
    told = [f"{name}={value!r} (from {origins.get(name, 'agent')})" for name, value in arguments]
    return f"action {found['name']}: {', '.join(told)}{'; confirmed' if found.get('confirmed') else ''}"


def _difference(old: Sequence[str], new: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in ndiff(old, new) if line[:2] in ("- ", "+ ")]


def _rate(side: Side) -> str:
    if not side.n:
        return "not yet known"
    low, high = binomial.interval(side.k, side.n)
    return f"{side.k / side.n:.1%} ({low:.1%} to {high:.1%}, n = {side.n:,})"


def _share(side: Side) -> str:
    return "none" if side.threshold is None else f"{side.share:.1%} (score {side.threshold:.3f} and above)"
