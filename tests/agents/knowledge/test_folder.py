from pathlib import Path

from agents.knowledge.folder import search_in
from agents.triage.embedder import BundledEmbedder, bundled


def test_the_folder_as_it_is_now_is_searched(tmp_path: Path) -> None:
    (tmp_path / "kettle.md").write_text("# Kettle\nBoil water with vinegar in it to descale the kettle.\n")
    (tmp_path / "hours.html").write_text("<h1>Hours</h1><p>We are open from nine to six.</p>")
    (tmp_path / "notes.xyz").write_text("How do I descale the kettle?")
    (best, *_) = search_in(tmp_path, None, bundled(), BundledEmbedder(kind="passage"))("descale my kettle", 2)
    assert (best.kind, best.id, best.title) == ("article", "kettle.md", "Kettle")
    assert "vinegar" in best.quote
