"""The tree stays as readable as it began: small files, empty __init__.py, tests that mirror the packages."""

from pathlib import Path

from tests.architecture.tree import PACKAGES, ROOT, files, text

CEILING = 400
CODE = {".py", ".js", ".css", ".html"}
# folder of tests, or one test -> why it mirrors no module
WHOLE = {
    "tests/architecture": "the rules of the house, about all packages",
    "tests/journeys": "ways through the whole line",
    "tests/faults": "what is lost when parts of the line are killed",
    "tests/browser": "the pages, as a person meets them",
    "tests/agents/llm/test_wire.py": "the engine and its client together, over real HTTP",
    "tests/agents/llm/test_llama.py": "the same against a real model server",
    "tests/agents/documents/extract/test_values.py": "every kind of value, over the modules that find them",
    "tests/agents/documents/extract/test_types.py": "every type of field in three languages, over the whole engine",
    "tests/metrics/certificates/test_helpers.py": "the three small methods beside the certificates",
    "tests/metrics/test_pitfalls.py": "the classic mistakes, across all figures",
}


def test_no_file_grows_beyond_the_ceiling() -> None:
    lines = {str(path): text(path).count("\n") for path in files() if path.suffix in CODE}
    long = {name: count for name, count in lines.items() if count > CEILING}
    assert not long, f"split them where a second subject begins; {CEILING} lines are the most"


def test_init_files_are_empty() -> None:
    full = [path for path in files() if path.name == "__init__.py" and text(path)]
    assert not full, "re-exports become import edges that nobody meant"


def test_every_folder_of_python_files_is_a_package() -> None:
    here = set(files())
    folders = {path.parent for path in here if path.suffix == ".py" and path.parts[0] in (*PACKAGES, "tests")}
    # An agent's folder is found by its manifest, and may lie anywhere; nothing imports it by name.
    bare = [path for path in folders if path / "__init__.py" not in here and path / "agent.yaml" not in here]
    parents = [path.parent for path in folders if len(path.parts) > 1 and path.parent / "__init__.py" not in here]
    parents = [path for path in parents if path != Path("agents/library")]
    assert not bare + parents, "add an empty __init__.py, or tests/agents shadows agents"


def test_tests_mirror_the_packages() -> None:
    lost = []
    for path in files():
        if path.parts[0] != "tests" or not path.name.startswith("test_"):
            continue
        if str(path) in WHOLE or any(str(folder) in WHOLE for folder in path.parents):
            continue
        module = ROOT.joinpath(*path.parts[1:-1], path.stem.removeprefix("test_"))
        candidates = (module.with_suffix(".py"), module.with_name(module.name + "_.py"))  # import_.py: a keyword
        whole_package = module.name == module.parent.name and module.parent.is_dir()  # einvoice/test_einvoice.py
        if not any(candidate.exists() for candidate in candidates) and not module.is_dir() and not whole_package:
            lost.append(str(path))
    assert not lost, "tests/a/test_b.py tests a/b.py; journeys, faults and architecture have folders of their own"
    assert [name for name in WHOLE if not (ROOT / name).exists() and name != "tests/browser"] == []
