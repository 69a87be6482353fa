"""List, show, make, test, replay, promote and demote agents."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agents import catalog, scaffold
from agents.catalog import Catalog
from agents.knowledge import files
from cli.embedded.place import holder
from core.contracts import Tier, WorkItem
from core.errors import Rejected
from core.settings import settings

if TYPE_CHECKING:  # only `saola agent test` needs these, and they take seconds to import
    from agents.cases import Result
    from agents.contract import Search
    from agents.knowledge.index import Index
    from agents.triage.classifier import Classifier
    from core.store.policies import TenantState

app = typer.Typer()
OUT = Console()
CONFIDENCE = 0.95
SHORTEST_SUMMARY = 24  # characters


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False) -> None:
    """List the agents, and the folders that were refused with the reason. The tier is the one in force where Saola
    runs, beside the most that the manifest allows."""
    found = _catalog()
    tiers, unknown = _tiers(found)
    if as_json:
        rows = [
            {**_row(one.manifest.model_dump(mode="json")), "version": one.version, "ceiling": one.manifest.tier}
            | {"tier": tiers[one.name]}
            for one in _sorted(found)
        ]
        told = {"problems": [str(one) for one in found.problems], "remarks": [str(one) for one in found.remarks]}
        OUT.print_json(json.dumps({"agents": rows, **told}))
    else:
        OUT.print(_listed(_sorted(found), tiers))
        if unknown:
            OUT.print(f"tiers by manifest; the live ones are not known: {unknown}", style="yellow", markup=False)
        for problem in found.problems:
            OUT.print(f"refused: {problem}", style="red", markup=False, soft_wrap=True)
        for remark in found.remarks:
            OUT.print(str(remark), style="yellow", markup=False, soft_wrap=True)
    if found.problems:
        raise typer.Exit(1)


def _listed(entries: list[catalog.Entry], tiers: Mapping[str, Tier]) -> Table:
    """Return the agents as a table. A name that is cut is of no use to the next command: rather the summary goes."""
    lowered = any(tiers[entry.name] != entry.manifest.tier for entry in entries)
    head = ("name", "kind", "engine", "tier", *(["at most"] if lowered else []), "languages", "version")
    rows = []
    for entry in entries:
        one = entry.manifest
        tier = [tiers[one.name], one.tier] if lowered else [one.tier]
        rows.append((one.name, one.kind, one.engine, *tier, " ".join(one.languages), entry.version, one.summary))
    widths = [max(map(len, column)) for column in zip(head, *(row[:-1] for row in rows), strict=True)]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column, width in zip(head, widths, strict=True):
        table.add_column(column, no_wrap=True, min_width=width)
    room = OUT.width - sum(widths) - 2 * (len(head) + 1)
    whole = room >= SHORTEST_SUMMARY
    if whole:
        table.add_column("summary", no_wrap=True, overflow="ellipsis", max_width=room)
    for row in rows:
        table.add_row(*(row if whole else row[:-1]))
    return table


@app.command()
def show(name: Annotated[str, typer.Argument(help="The agent's name.")]) -> None:
    """Show one agent: its manifest, its files and its intents."""
    entry = _catalog().get(name)
    OUT.print(f"[bold]{entry.name}[/bold] {entry.version}   {entry.folder}", soft_wrap=True)
    OUT.print_json(entry.manifest.model_dump_json(exclude_defaults=True))
    OUT.print("files: " + ", ".join(sorted(entry.files)), markup=False)
    intents = entry.intents()
    if intents:
        table = Table("intent", "examples", "answers", "summary", box=None)
        for one in intents.intents.values():
            answers = " ".join(one.answers) or "(a person)"
            table.add_row(one.name, str(len(one.examples)), answers, one.summary)
        OUT.print(table)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and _.")],
    engine: Annotated[str, typer.Option(help="answers (no model), llm, or extract (documents).")] = "answers",
    folder: Annotated[Path | None, typer.Option(help="Where to put it; else the first folder of SAOLA_AGENTS.")] = None,
) -> None:
    """Make an agent's folder with a failing case to fill in, and say what to do next."""
    chosen = next((one for one in scaffold.ENGINES if one == engine), None)
    if chosen is None:
        known = ", ".join(scaffold.ENGINES)
        raise Rejected(f"there is no engine {engine!r}", code="invalid", hint=f"Known are {known}.")
    scaffold.check_free(name, _catalog().entries)
    known_folders = catalog.folders_on_path(settings().agent_path)
    root = folder.resolve() if folder else (known_folders or [Path.cwd() / "agents"])[0]
    made = scaffold.scaffold(root, name, chosen)
    for path in made:
        OUT.print(f"made {path}", markup=False, soft_wrap=True)
    OUT.print("\nNext:")
    steps = scaffold.next_steps(root / name, chosen, known_folders)
    for number, step in enumerate(steps, 1):
        OUT.print(f"  {number}. {step}", markup=False, soft_wrap=True)


@app.command()
def test(
    names: Annotated[list[str] | None, typer.Argument(help="Agents by name; none: all.")] = None,
    model: Annotated[bool, typer.Option("--model", help="Ask the configured model instead of the scripts.")] = False,
    runs: Annotated[int, typer.Option(min=0, max=50, help="With --model: run each case so often; 0: as it says.")] = 0,
    needs: Annotated[int, typer.Option(min=0, help="With --runs: so many must pass; 0: as it says, or all.")] = 0,
) -> None:
    """Run agents' cases and show what differs."""
    if needs > runs:
        raise Rejected(f"of {runs} runs {needs} can never pass", code="invalid", hint="Say --runs, too.")
    from agents import cases
    from agents.yaml_errors import Invalid

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found = _catalog()
    bench = replace(_bench(found, model), runs=runs, needs=needs)
    failed = len([problem for problem in found.problems if not names])
    for problem in found.problems if not names else ():
        OUT.print(f"refused: {problem}", style="red", markup=False, soft_wrap=True)
    for name in names or sorted(found.entries):
        entry = found.get(name)
        OUT.print(f"[bold]{name}[/bold] {entry.version}")
        for remark in (one for one in found.remarks if one.folder == entry.folder):
            failed += 1
            OUT.print(f"  {remark}", style="red", markup=False, soft_wrap=True)
        try:
            for result in cases.run(entry, bench):
                _show_result(result)
                failed += bool(result.differences)
        except Invalid as error:
            failed += 1
            for fault in error.faults:
                told = f"{entry.folder / 'cases.yaml'}:{fault.line}: {fault.message}"
                OUT.print(f"  {told}", style="red", markup=False, soft_wrap=True)
    if failed:
        OUT.print(f"{failed} failed", style="red")
        raise typer.Exit(1)


@app.command()
def replay(
    name: Annotated[str, typer.Argument(help="The agent's name.")],
    since: Annotated[datetime, typer.Option(help="Tickets that came in since this day.", formats=["%Y-%m-%d"])],
    limit: Annotated[int, typer.Option(help="At most so many tickets, the newest.")] = 500,
    show: Annotated[int, typer.Option("--show", help="Show so many changes.")] = 20,
    target: Annotated[float | None, typer.Option(help="Accuracy to certify; else the manifest's.")] = None,
) -> None:
    """Run an agent as its folder is now over past tickets, and show what would change. Nothing is recorded or sent."""
    from cli import replay as report
    from cli.connect import connected
    from workers.preview import preview

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with connected() as tenant:
        pairs = preview(tenant, name, since.astimezone(), limit)
    if not pairs:
        raise Rejected(f"{name!r} has worked on no ticket since {since:%Y-%m-%d}", code="no_tickets")
    report.show(OUT, pairs, target or _catalog().get(name).manifest.target, CONFIDENCE, show)


@app.command()
def promote(name: Annotated[str, typer.Argument(help="The agent's name.")]) -> None:
    """Raise an agent's live tier by one step, to its manifest's at most. The journal keeps it."""
    _change_tier(name, 1)


@app.command()
def demote(name: Annotated[str, typer.Argument(help="The agent's name.")]) -> None:
    """Lower an agent's live tier by one step, in force at the next decision. The journal keeps it."""
    _change_tier(name, -1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of agent.yaml, for editors."""
    typer.echo(json.dumps(catalog.manifest_schema(), indent=2))


def _tiers(found: Catalog) -> tuple[dict[str, Tier], str]:
    """Return the tier of each agent: the one in force where Saola runs, else the manifest's; and why, if it could not
    be asked. No server is started for it."""
    tiers: dict[str, Tier] = {entry.name: entry.manifest.tier for entry in found.entries.values()}
    home = settings().home.absolute()
    if not settings().database_url and (not home.exists() or holder(home, "postgres") is None):
        return tiers, ""
    from sqlalchemy.exc import OperationalError

    from cli.connect import connected
    from core.db import app_database
    from core.store import policies

    try:
        with connected() as tenant, app_database().transaction(tenant) as connection:
            state = policies.tenant_state(connection)
    except Rejected as error:
        return tiers, f"{error}. {error.hint}".strip()
    except OperationalError:
        return tiers, "the database does not answer"
    return {name: _in_force(state, name, ceiling) for name, ceiling in tiers.items()}, ""


def _in_force(state: "TenantState", name: str, ceiling: Tier) -> Tier:
    from core.store.policies import AgentSetting

    return state.agents.get(name, AgentSetting()).tier_under(ceiling)


def _change_tier(name: str, by: int) -> None:
    from api.agents_seen import catalog as seen
    from api.routes.agents import AgentChange, change_agent
    from api.security import Caller
    from cli.connect import connected
    from core.contracts import TIERS
    from core.db import app_database
    from core.store import policies

    with connected() as tenant, app_database().transaction(tenant) as connection:
        ceiling = seen().get(name).manifest.tier
        before = _in_force(policies.tenant_state(connection), name, ceiling)
        place = TIERS.index(before) + by
        if not 0 <= place <= TIERS.index(ceiling):
            told = "is off already" if by < 0 else f"is {before}, which is all that its manifest allows"
            raise Rejected(f"{name!r} {told}", code="tier_at_end")
        tier = TIERS[place]
        change_agent(connection, Caller(tenant_id=tenant, name="cli", scopes=frozenset()), name, AgentChange(tier=tier))
    OUT.print(f"{name}: {before} -> [bold]{tier}[/bold]", highlight=False)


def _catalog() -> Catalog:
    return catalog.open_catalog(settings().agent_path, library=settings().library)


def _sorted(found: Catalog) -> list[catalog.Entry]:
    return [entry for _, entry in sorted(found.entries.items())]


def _row(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {key: manifest[key] for key in ("name", "kind", "engine", "tier", "languages", "summary", "owner", "target")}


def _bench(found: Catalog, model: bool) -> Any:
    from agents.cases import Bench
    from agents.loader import Loader

    @cache
    def classifier() -> "Classifier":
        from agents.triage.embedder import MessageEmbedder
        from agents.triage.embedding_cache import CachedEmbedder
        from agents.triage.examples import from_entries
        from agents.triage.trained import trained

        folder = settings().home / "cache"
        with OUT.status("learning from the examples of all agents"):
            return trained(from_entries(found.entries.values()), CachedEmbedder(MessageEmbedder(), folder), folder)

    def read(path: Path) -> Any:
        from workers.parse_client import parse

        return parse(path, filename=path.name)

    @cache
    def index_in(folder: Path) -> "Index":
        from agents.knowledge.folder import index_of
        from agents.triage.embedders import chosen
        from agents.triage.embedding_cache import CachedEmbedder

        passages = CachedEmbedder(chosen("passage"), settings().home / "cache")
        with OUT.status("reading the knowledge folder"):
            return index_of(folder, read, chosen(), passages)

    def search(entry: catalog.Entry, item: WorkItem) -> "Search":
        from agents.knowledge.search import find_articles

        return partial(find_articles, index_in(entry.folder / files.FOLDER), item)

    from workers.cases import scripted

    return Bench(
        loader=Loader(found),
        classifier=classifier,
        read_document=read,
        scripted=scripted,
        search=search,
        model=model,
        manifests=found.manifests,
    )


def _show_result(result: "Result") -> None:
    if result.skipped:
        OUT.print(f"  skipped  {result.case.name}: {result.skipped}", style="yellow", markup=False)
    elif result.passed:
        of_many = f"  ({result.right} of {result.runs} runs)" if result.runs > 1 else ""
        OUT.print(f"  [green]passed[/green]   {escape(result.case.name)}{of_many}", highlight=False)
    else:
        OUT.print(f"  [red]failed[/red]   {escape(result.case.name)}", highlight=False)
        for line in result.differences:
            OUT.print(f"           {line}", markup=False, soft_wrap=True)
