"""The catalog: which agents there are, read from their folders without running any of their code.

The API, the workers and the command line hold one each and call `refresh()` every two seconds: it looks at the times
and sizes of the files and reads again only what changed; a new process takes what did not change from a file that an
earlier one left (`agents.catalog_cache`). A folder with a fault is refused, with file and line, and the
rest goes on; a folder that becomes faulty is refused too, so that every process sees the same agents.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agents import answers_file, catalog_cache, manifest_fit, yaml_errors
from agents.folder_look import Look, Signature, look, unchanged
from agents.knowledge import files as knowledge
from agents.manifest import Manifest
from agents.yaml_errors import Fault, Invalid
from core.errors import Rejected, TryLater

LIBRARY = Path(__file__).parent / "library"
REQUIRED = {"answers": "answers.md", "llm": "prompt.md", "extract": "fields.yaml"}
TEXTS = {".md", ".yaml", ".yml", ".py", ".json", ".txt", ".csv", ".html"}
MAX_FILE_BYTES = 5_000_000
# What a manifest says about permission and people does not change what the agent proposes, nor do its cases: they are
# no part of its version, so that an owner's new name or one more case does not cost the agent its certificate.
_NOT_BEHAVIOUR = {"summary", "owner", "tier", "target", "family"}
_KNOWLEDGE = f"{knowledge.FOLDER}/"  # may be large, and holds what is told, not how


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a folder was refused, or what does not fit in one that serves. `line` counts from 1; 0 where no line is at
    fault."""

    folder: Path
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        where = f"{self.folder / self.file}:{self.line}" if self.line else str(self.folder / self.file)
        return f"{where}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One agent as its folder describes it. `version` is the manifest's version and the start of `content_hash`."""

    manifest: Manifest
    folder: Path
    content_hash: str
    signature: Signature = field(repr=False)
    knowledge: str = ""  # the fingerprint of its knowledge folder, '' where it has none

    @property
    def name(self) -> str:
        """Return the agent's name, which is also its folder's."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """Return for example '3+9f2c1ab0'; it changes when anything does that could change a proposal."""
        return f"{self.manifest.version}+{self.content_hash[:8]}"

    @property
    def files(self) -> Mapping[str, str]:
        """Return the folder's text files by relative path, without its knowledge, read now.

        Raises TryLater if they changed since the scan.
        """
        texts = {
            name: _text(self.folder / name)
            for name, _, _ in self.signature
            if Path(name).suffix in TEXTS and not name.startswith(_KNOWLEDGE)
        }
        if look(str(self.folder)).signature != self.signature:
            raise TryLater(f"the folder of {self.name!r} changed while it was read", after=2.0)
        return texts

    def intents(self) -> answers_file.AnswersFile | None:
        """Return the agent's intents (of answers.md, or examples.md), or None if it has none."""
        texts = self.files
        text = texts.get("answers.md") or texts.get("examples.md")
        return answers_file.parse(text) if text else None


class Catalog:
    """The agents in `folders`: each is one agent's folder, or holds such folders. Not thread-safe to refresh.

    `cache` is a file in which what was read at the first look is left for other processes, None for none.
    """

    def __init__(self, folders: Sequence[Path] = (), *, library: bool = True, cache: Path | None = None) -> None:
        self.folders: tuple[Path, ...] = ((LIBRARY,) if library else ()) + tuple(folders)
        self.entries: Mapping[str, Entry] = {}
        self.problems: tuple[Problem, ...] = ()
        self.remarks: tuple[Problem, ...] = ()  # of agents that serve, on what they say of others
        self._known: dict[str, tuple[Look, Entry | tuple[Problem, ...]]] = {}
        self._read_once = False
        self._cache = cache

    def refresh(self) -> bool:
        """Look for new, changed and removed folders; return whether anything changed."""
        cached = catalog_cache.read(self._cache) if self._cache and not self._read_once else {}
        known: dict[str, tuple[Look, Entry | tuple[Problem, ...]]] = {}
        for folder in _agent_folders(self.folders):
            before = self._known.get(folder)
            if before and unchanged(folder, before[0]):
                known[folder] = before
                continue
            try:
                seen = look(folder)
            except OSError:
                continue  # removed between the listing and the look: gone is gone
            known[folder] = seen, self._loaded(Path(folder), seen.signature, before, cached)
        if self._cache and not self._read_once:
            self._leave(known, cached)
        same = known.keys() == self._known.keys() and all(one[1] is self._known[at][1] for at, one in known.items())
        first, self._known, self._read_once = not self._read_once, known, True
        if same and not first:
            return False
        entries: dict[str, Entry] = {}
        problems = [_missing(folder) for folder in self.folders if not folder.is_dir()]
        for folder, (_, loaded) in known.items():
            if not isinstance(loaded, Entry):
                problems.extend(loaded)
            elif loaded.name in entries:
                told = f"the name {loaded.name!r} is taken by {entries[loaded.name].folder}"
                problems.append(Problem(folder=Path(folder), file="agent.yaml", line=0, message=told))
            else:
                entries[loaded.name] = loaded
        self.entries, self.problems = entries, tuple(problems)
        self.remarks = tuple(_remarks(entries.values(), self.manifests))
        return True

    def _loaded(
        self,
        folder: Path,
        signature: Signature,
        before: tuple[Look, Entry | tuple[Problem, ...]] | None,
        cached: Mapping[Path, catalog_cache.Found],
    ) -> Entry | tuple[Problem, ...]:
        if before and before[0].signature == signature:
            return before[1]
        if folder in cached and cached[folder].signature == signature:
            return _from_cache(folder, cached[folder])
        return _load(folder, signature)

    def _leave(self, known: Mapping[str, tuple[Look, Any]], cached: Mapping[Path, catalog_cache.Found]) -> None:
        good = {Path(folder): _to_cache(found) for folder, (_, found) in known.items() if isinstance(found, Entry)}
        if self._cache and good != cached:
            catalog_cache.write(self._cache, good)

    def get(self, name: str) -> Entry:
        """Return the agent called `name`. Raises Rejected, with the nearest known one, or why its folder is refused."""
        if name in self.entries:
            return self.entries[name]
        refused = [str(problem) for problem in self.problems if problem.folder.name == name]
        if refused:
            raise Rejected(f"the agent {name!r} is refused", code="agent_unknown", hint="\n".join(refused))
        hint = yaml_errors.near(name, list(self.entries)).removeprefix(" - ") if self.entries else "there are no agents"
        raise Rejected(f"there is no agent {name!r}", code="agent_unknown", hint=hint)

    @property
    def manifests(self) -> dict[str, Manifest]:
        """Return the manifests by agent name."""
        return {name: entry.manifest for name, entry in self.entries.items()}

    def without_knowledge(self, names: Iterable[str]) -> list[str]:
        """Return which of these agents have no knowledge folder any more. While a folder is refused or missing, one
        that is not known here may be in it, and is not returned."""
        known = {name: self.entries[name].knowledge for name in names if name in self.entries}
        gone = [name for name in names if name not in known and not self.problems]
        return sorted([*gone, *(name for name, knowledge in known.items() if not knowledge)])

    @property
    def fingerprint(self) -> str:
        """Return a hash that changes when any agent comes, goes or changes its behaviour."""
        return self.fingerprint_without(frozenset())

    def fingerprint_without(self, unused: Set[str]) -> str:
        """Return the same of a tenant that does not use the agents called `unused`."""
        return _hash(f"{name}@{entry.version}" for name, entry in sorted(self.entries.items()) if name not in unused)


def folders_on_path(path: str) -> list[Path]:
    """Return the folders of a SAOLA_AGENTS value: paths separated by ':' (';' on Windows)."""
    return [Path(part).expanduser().resolve() for part in path.split(os.pathsep) if part.strip()]


def packaged_folders(group: str = "saola.agents") -> list[Path]:
    """Return the folders of installed packages that offer agents under the entry-point group, without importing them.

    An entry point's value is a package, whose folder is an agent's or holds agents' folders.
    """
    found: list[Path] = []
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        package, *inner = point.module.split(".")
        spec = find_spec(package)  # a top-level name: found without running its code
        found.extend(Path(root, *inner) for root in (spec and spec.submodule_search_locations) or ())
    return found


def open_catalog(path: str = "", *, library: bool = True, home: Path | None = None) -> Catalog:
    """Return the catalog of the library, of a SAOLA_AGENTS path and of installed packages, read once; with a `home`,
    what did not change since an earlier process read it comes from there."""
    cache = home / "cache" / "catalog.json" if home else None
    catalog = Catalog([*folders_on_path(path), *packaged_folders()], library=library, cache=cache)
    catalog.refresh()
    return catalog


def check(folder: Path) -> tuple[Entry | None, tuple[Problem, ...]]:
    """Return the agent in one folder, or None and what is wrong with it."""
    if not (folder / "agent.yaml").is_file():
        return None, (_missing(folder),)
    loaded = _load(folder, look(str(folder)).signature)
    return (loaded, ()) if isinstance(loaded, Entry) else (None, loaded)


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of agent.yaml, for editors."""
    schema = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": schema, **Manifest.model_json_schema(), "title": "agent.yaml"}


def _agent_folders(roots: Iterable[Path]) -> Iterator[str]:
    seen: set[str] = set()
    for root in roots:
        if not root.is_dir():
            continue
        if (root / "agent.yaml").exists():
            folders = [str(root)]
        else:
            with os.scandir(root) as found:
                folders = sorted(child.path for child in found if child.name[0] not in "._" and child.is_dir())
        for folder in folders:
            if folder not in seen:
                seen.add(folder)
                yield folder


def _missing(folder: Path) -> Problem:
    told = "there is no such folder" if not folder.is_dir() else "there is no agent.yaml"
    return Problem(folder=folder, file="", line=0, message=told)


def _from_cache(folder: Path, found: catalog_cache.Found) -> Entry:
    return Entry(
        manifest=found.manifest,
        folder=folder,
        content_hash=found.content_hash,
        signature=found.signature,
        knowledge=found.knowledge,
    )


def _to_cache(entry: Entry) -> catalog_cache.Found:
    return catalog_cache.Found(
        signature=entry.signature,
        manifest=entry.manifest,
        content_hash=entry.content_hash,
        knowledge=entry.knowledge,
    )


def _load(folder: Path, signature: Signature) -> Entry | tuple[Problem, ...]:
    names = {name for name, _, _ in signature}
    faults: list[tuple[str, Fault]] = [
        (name, Fault(0, f"larger than {MAX_FILE_BYTES:,} bytes"))
        for name, _, size in signature
        if size > MAX_FILE_BYTES and not name.startswith(_KNOWLEDGE)
    ]
    manifest: Manifest | None = None
    if "agent.yaml" not in names:
        faults.append(("agent.yaml", Fault(0, "there is no agent.yaml")))
    elif not faults:
        manifest = _checked(folder, "agent.yaml", lambda text: yaml_errors.parse(Manifest, text), faults)
    if manifest:
        faults.extend(_unfit(folder, manifest, names))
        for name, read in _READERS.items():
            if name in names:
                found = _checked(folder, name, read, faults)
                if name == "answers.md" and found is not None:
                    faults.extend((name, fault) for fault in _unfit_slots(manifest, found))
    if manifest and not faults:
        return Entry(
            manifest=manifest,
            folder=folder,
            content_hash=_content(folder, manifest, names),
            signature=signature,
            knowledge=knowledge.fingerprint(knowledge.files(folder / knowledge.FOLDER)),
        )
    return tuple(Problem(folder=folder, file=name, line=one.line, message=one.message) for name, one in faults)


_READERS: dict[str, Callable[[str], Any]] = {
    "answers.md": answers_file.parse,
    "examples.md": answers_file.parse,
    "cases.yaml": yaml_errors.read,
    "fields.yaml": yaml_errors.read,
}


def _checked(folder: Path, name: str, read: Callable[[str], Any], faults: list[tuple[str, Fault]]) -> Any:
    try:
        return read(_text(folder / name))
    except Invalid as error:
        faults.extend((name, fault) for fault in error.faults)
    except (OSError, UnicodeDecodeError) as error:
        faults.append((name, Fault(0, f"cannot be read: {error}")))
    return None


def _unfit(folder: Path, manifest: Manifest, names: set[str]) -> Iterator[tuple[str, Fault]]:
    found = list(manifest_fit.unfit(manifest, folder.name, names))
    lines = yaml_errors.read(_text(folder / "agent.yaml"))[1] if found else {}
    yield from (("agent.yaml", Fault(yaml_errors.line_of(lines, where), told)) for where, told in found)
    for name in (REQUIRED[manifest.engine], "cases.yaml"):
        if name not in names:
            yield name, Fault(0, f"is missing: an agent of the engine {manifest.engine!r} needs it")


def _remarks(entries: Iterable[Entry], agents: Mapping[str, Manifest]) -> Iterator[Problem]:
    for entry in entries:
        faults: list[tuple[str, Fault]] = []
        for where, told in manifest_fit.unfit_others(entry.manifest, agents):
            read = _checked(entry.folder, "agent.yaml", yaml_errors.read, faults)
            line = yaml_errors.line_of(read[1], where) if read else 0  # gone again: the next look says so
            yield Problem(folder=entry.folder, file="agent.yaml", line=line, message=told)


def _unfit_slots(manifest: Manifest, answers: answers_file.AnswersFile) -> Iterator[Fault]:
    """Yield the slots that no declared tool may fill: it must read, for the verified customer alone."""
    tools = {tool.name: tool for tool in manifest.tools}
    for name, line in answers.lookups().items():
        tool = tools.get(name)
        if tool is None:
            yield Fault(line, f"a slot asks for {name!r}, which agent.yaml does not declare under tools")
        elif tool.effect != "read" or not tool.verified_customer:
            yield Fault(line, f"a slot asks for {name!r}, which must be effect: read and verified_customer: true")


def _content(folder: Path, manifest: Manifest, names: set[str]) -> str:
    behaviour = json.dumps(manifest.model_dump(mode="json", exclude=_NOT_BEHAVIOUR), sort_keys=True)
    kept = sorted(name for name in names if name not in {"agent.yaml", "cases.yaml"} and not name.startswith("cases/"))
    return _hash([behaviour, *(f"{name}:{hashlib.sha256((folder / name).read_bytes()).hexdigest()}" for name in kept)])


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")
