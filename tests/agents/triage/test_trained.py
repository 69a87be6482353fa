from pathlib import Path

import pytest

from agents.triage import trained
from agents.triage.embedder import MessageEmbedder
from agents.triage.examples import Example

EXAMPLES = [Example(f"{text} {number}", f"cards/{text}") for text in ("lost", "fee") for number in range(4)]


def test_the_same_examples_are_learnt_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = trained.trained(EXAMPLES, MessageEmbedder(), tmp_path)
    monkeypatch.setattr(trained, "train", None)  # whoever trains now fails
    again = trained.trained(EXAMPLES[::-1], MessageEmbedder(), tmp_path)
    assert again.fingerprint == first.fingerprint
    with pytest.raises(TypeError):
        trained.trained([*EXAMPLES, Example("stolen", "cards/lost")], MessageEmbedder(), tmp_path)


def test_what_was_cut_short_is_learnt_again_and_few_files_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trained, "KEPT", 1)
    for number in range(2):
        trained.trained([*EXAMPLES, Example(f"stolen {number}", "cards/lost")], MessageEmbedder(), tmp_path)
    files = sorted(tmp_path.glob("triage-*"))
    assert len(files) == 1
    for file in files:
        file.write_bytes(file.read_bytes()[:100])
    again = trained.trained([*EXAMPLES, Example(f"stolen {number}", "cards/lost")], MessageEmbedder(), tmp_path)
    assert again.labels == ("cards/fee", "cards/lost")
