"""`python -m bench.answers PATH`: does the search in knowledge find the right article?

PATH is a folder (or holds such folders) with articles in faq.jsonl (id, question, answers) or docs.jsonl (id, title,
text or content), and questions in queries.jsonl or qrels.jsonl: a `query`, or messages in `history_newest_first`, and
the article wanted in `faq_id`, `doc_id` or `doc_ids`. Nothing is trained or tuned on them.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from agents.knowledge.chunks import Article, chunks
from agents.knowledge.files import File
from agents.knowledge.index import Index, pieces
from agents.knowledge.store import build
from agents.triage.embedder import BundledEmbedder, Embedder, Floats
from agents.triage.embedding_cache import CachedEmbedder
from bench.ticket_figures import rate

CONSOLE = Console(stderr=True)
BLOCK = 500
TOP = 10


@dataclass(frozen=True)
class Question:
    """A customer's messages, the newest first, and the articles that answer them."""

    asked: tuple[str, ...]
    wanted: frozenset[str]


@dataclass(frozen=True)
class AnswerSet:
    """One data set."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]


class Remembered:
    """An embedder whose vectors are all made before, so that nothing is computed while searching."""

    def __init__(self, inner: Embedder, texts: Iterable[str]) -> None:
        self.name = inner.name
        wanted = list(dict.fromkeys(texts))
        self._known: dict[str, Floats] = {}
        for start in track(range(0, len(wanted), BLOCK), "embedding", console=CONSOLE):
            part = wanted[start : start + BLOCK]
            self._known |= dict(zip(part, inner.embed(part), strict=True))
        self._empty = inner.embed([])

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x d vectors."""
        return np.stack([self._known[text] for text in texts]) if texts else self._empty


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark on each data set at the path, and print a table and, last, one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.answers", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("path", type=Path, help="a folder of articles and questions, or a folder of such folders")
    parser.add_argument("--part", type=float, default=1.0, help="this share of the questions alone, evenly taken")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "saola-bench-cache",
                        help="where embeddings are kept between runs")  # fmt: skip
    options = parser.parse_args(arguments)
    started = time.monotonic()
    results = [_one(data, options) for data in read_sets(options.path)]
    line: dict[str, Any] = {"bench": "answers", "data": str(options.path), "n": sum(one["n"] for one in results)}
    line["seconds"] = round(time.monotonic() - started, 1)
    line["figures"] = results[0]["figures"] if len(results) == 1 else _mean([one["figures"] for one in results])
    yardsticks = [one["yardstick"] for one in results]
    line["yardstick"] = (
        yardsticks[0]
        if len(results) == 1
        else {name: _mean([one[name] for one in yardsticks]) for name in yardsticks[0]}
    )
    if len(results) > 1:
        line["sets"] = {one["data"]: {"figures": one["figures"], "yardstick": one["yardstick"]} for one in results}
    _print_table(results)
    print(json.dumps(line, ensure_ascii=False))


def read_sets(path: Path) -> list[AnswerSet]:
    """Return the data sets at `path`. Raises ValueError where there is none."""
    folders = [path, *sorted(one for one in path.iterdir() if one.is_dir())]
    found = [one for folder in folders if (one := _read(folder))]
    if not found:
        raise ValueError(f"{path}: no faq.jsonl or docs.jsonl with queries.jsonl or qrels.jsonl")
    return found


def _read(folder: Path) -> AnswerSet | None:
    articles, questions = (
        next((folder / name for name in names if (folder / name).is_file()), None)
        for names in (("faq.jsonl", "docs.jsonl"), ("queries.jsonl", "qrels.jsonl"))
    )
    if articles is None or questions is None:
        return None
    return AnswerSet(
        folder.name,
        tuple(_article(row) for row in _rows(articles)),
        tuple(_question(row) for row in _rows(questions)),
    )


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def _article(row: Mapping[str, Any]) -> Article:
    text = row.get("text") or row.get("content") or "\n\n".join(row.get("answers", ()))
    return Article(id=str(row["id"]), title=str(row.get("question") or row.get("title") or ""), text=text)


def _question(row: Mapping[str, Any]) -> Question:
    said = row.get("history_newest_first") or [row["query"]]
    asked = tuple(one.split(":", 1)[1] if one.startswith(("user:", "agent:")) else one for one in said)
    wanted = row.get("doc_ids") or [row.get("faq_id") or row["doc_id"]]
    return Question(asked, frozenset(map(str, wanted)))


def _one(data: AnswerSet, options: argparse.Namespace) -> dict[str, Any]:
    step = max(1, round(1 / options.part))
    questions = data.questions[::step]
    CONSOLE.print(f"{data.name}: {len(data.articles):,} articles, {len(questions):,} questions")
    asked = Remembered(
        CachedEmbedder(BundledEmbedder(), options.cache),
        [
            *(text for one in questions for message in pieces(one.asked) for text in message),
            *(one.title for one in data.articles),
        ],
    )
    articles = {one.id: one for one in data.articles}
    files = [File(name=name, sha256="") for name in articles]
    passages = CachedEmbedder(BundledEmbedder(kind="passage"), options.cache)
    index = Index(build(files, articles.__getitem__, asked, _Batched(passages, data.articles)), asked)
    order = index.articles
    plain = _plain_bm25([articles[name] for name in order])
    found: dict[str, list[list[str]]] = {"hybrid": [], "bm25": [], "vectors": [], "words": []}
    started = time.monotonic()
    spent = 0.0
    for one in track(questions, "searching", console=CONSOLE):
        began = time.perf_counter()
        views, _ = index.views(one.asked)
        scores = {"hybrid": index.joined(views), "vectors": views["meaning"], "words": views["words"]}
        spent += time.perf_counter() - began
        scores["bm25"] = plain("\n".join(one.asked))
        for name, values in scores.items():
            found[name].append([order[int(place)] for place in np.argsort(-values, kind="stable")[:TOP]])
    CONSOLE.print(f"searched in {time.monotonic() - started:.0f} s")
    figures = _figures(found.pop("hybrid"), questions)
    figures["search_ms"] = round(1000 * spent / len(questions), 2)
    return {
        "data": data.name,
        "n": len(questions),
        "figures": figures,
        "yardstick": {name: _figures(ranked, questions) for name, ranked in found.items()},
    }


class _Batched:
    """Embeds all passages of a data set in one call at first use: the cache on disk is read once, not by article."""

    def __init__(self, inner: CachedEmbedder, articles: Sequence[Article]) -> None:
        self.name = inner.name
        texts = [f"{chunk.place}\n{chunk.text}" for one in articles for chunk in chunks(one)]
        self.embed = Remembered(inner, texts).embed


def _plain_bm25(articles: Sequence[Article]) -> Any:
    """Return BM25 as its library gives it: English stop words, no stemming, whole articles."""
    bm25 = bm25s.BM25()
    texts = [f"{one.title}\n{one.text}" for one in articles]
    bm25.index(bm25s.tokenize(texts, stopwords="en", show_progress=False, return_ids=False), show_progress=False)

    def scores(text: str) -> NDArray[np.float32]:
        tokens = bm25s.tokenize([text], stopwords="en", show_progress=False, return_ids=False)[0]
        known = [token for token in tokens if token in bm25.vocab_dict]
        return np.asarray(bm25.get_scores(known) if known else np.zeros(len(articles)), np.float32)

    return scores


def _figures(ranked: Sequence[Sequence[str]], questions: Sequence[Question]) -> dict[str, Any]:
    hits = sum(found[0] in one.wanted for found, one in zip(ranked, questions, strict=True))
    recalls = [len(one.wanted & set(found)) / len(one.wanted) for found, one in zip(ranked, questions, strict=True)]
    return {"hit_at_1": rate(hits, len(questions)), "recall_at_10": round(statistics.fmean(recalls), 4)}


def _mean(parts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {name: round(statistics.fmean(_value(part[name]) for part in parts), 4) for name in parts[0]}


def _value(figure: Any) -> float:
    return float(figure["value"] if isinstance(figure, dict) else figure)


def _print_table(results: Sequence[Mapping[str, Any]]) -> None:
    table = Table("data", "searched by", "hit_at_1", "recall_at_10", box=None)
    for one in results:
        for name, figures in {"both (hybrid)": one["figures"], **one["yardstick"]}.items():
            hit = figures["hit_at_1"]
            table.add_row(
                one["data"],
                name,
                f"{hit['value']:.4f} ({hit['low']:.4f} to {hit['high']:.4f}, n = {hit['n']:,})",
                f"{figures['recall_at_10']:.4f}",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
