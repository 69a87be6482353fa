"""The second reader, for Vietnamese: PP-OCRv6 lacks 88 of the 134 Vietnamese letters and drops them in silence.

With Debian's `tesseract-ocr-vie` data: Tesseract by tesserocr, line by line. Without it: AsterNet's ONNX file of the
asterocr wheel, used directly (its own predictor rewrites digits).
"""

import json
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from agents.documents.ocr.latin import Picture, ReadLine

DATA_FOLDERS: tuple[str, ...] = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
)
WIDEST = 1000  # pixels at 32 high: AsterNet knows 256 positions of 4 pixels
SPECKS = "-_°—–«»|~.,' "
LETTERS = frozenset(
    "ăđơưĂĐƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
)  # those that Vietnamese alone uses; â, ê and ô are French too
WORDS = (
    *("cong hoa xa hoi", "viet nam", "hoa don", "dia chi", "ngay", "tong cong", "thanh tien", "so dien thoai"),
    "khach hang",
)


def looks_vietnamese(texts: Iterable[str]) -> bool:
    """Say whether lines that PP-OCRv6 read may be Vietnamese: any of the few Vietnamese letters that it knows, or
    two of the commonest words of forms without their marks."""
    whole = "\n".join(texts)
    special = sum(1 for letter in whole if letter in LETTERS)
    if special >= 2:
        return True
    plain = whole.lower().replace("đ", "d")
    return sum(1 for word in WORDS if word in plain) >= 2


class VietnameseReader:
    """Reads crops of lines again. `name` says which engine was found: tesseract or aster."""

    def __init__(self) -> None:
        folder = next((Path(f) for f in DATA_FOLDERS if (Path(f) / "vie.traineddata").is_file()), None)
        self._engine: _Tesseract | _Aster
        if folder is not None and find_spec("tesserocr") is not None:
            self._engine = _Tesseract(folder)
            self.name = "tesseract"
        else:
            self._engine = _Aster()
            self.name = "aster"

    def read(self, crops: list[Picture], first: list[ReadLine]) -> list[ReadLine]:
        """Return the better text of each line: numbers stay as PP-OCRv6 read them, words are read again."""
        return [self._better(cut, one) for cut, one in zip(crops, first, strict=True)]

    def _better(self, cut: Picture, one: ReadLine) -> ReadLine:
        if not (_mostly_digits(one.text) and one.score > 0.8):
            return self._again(cut, one)
        if not any(map(str.isalpha, one.text)):
            return one
        again = self._again(cut, one)  # "Số: 0123": the word is better read here, as long as the digits are the same
        return again if again.score > 0.6 and _digits(again.text) == _digits(one.text) else one

    def _again(self, cut: Picture, one: ReadLine) -> ReadLine:
        second, sure = self._engine.read(cut)
        if not second.strip() or (sure < 0.35 and one.score > 0.9):
            return one
        second = second.strip()
        bare = second.lstrip(SPECKS)  # a photo's specks before a line become signs that only one reader sees
        if bare and not one.text.startswith(second[0]):
            second = bare
        return ReadLine(second, max(sure, 0.55), sure)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _mostly_digits(text: str) -> bool:
    letters = sum(1 for sign in text if sign.isalpha())
    return letters <= 0.2 * max(1, len(text))


class _Tesseract:
    def __init__(self, folder: Path) -> None:
        import tesserocr

        self._api = tesserocr.PyTessBaseAPI(path=str(folder), lang="vie", psm=tesserocr.PSM.SINGLE_LINE)

    def read(self, cut: Picture) -> tuple[str, float]:
        height = cut.shape[0]
        scale = 44 / max(1, height)
        grey = cv2.cvtColor(np.ascontiguousarray(cut), cv2.COLOR_BGR2GRAY)
        how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
        grey = cv2.copyMakeBorder(grey, 8, 8, 12, 12, cv2.BORDER_REPLICATE)
        self._api.SetImage(Image.fromarray(grey))
        return self._api.GetUTF8Text().strip(), self._api.MeanTextConf() / 100


def _gap(cut: Picture) -> int:
    """Return the emptiest column near the middle of a line: a gap between words."""
    grey = cv2.cvtColor(np.ascontiguousarray(cut), cv2.COLOR_BGR2GRAY).astype(np.float32)
    wide = cut.shape[1]
    around = max(2, cut.shape[0] // 4)
    ink = np.convolve(grey.std(axis=0), np.ones(around) / around, mode="same")
    start, end = int(wide * 0.35), max(int(wide * 0.35) + 1, int(wide * 0.65))
    return start + int(np.argmin(ink[start:end]))


class _Aster:
    def __init__(self) -> None:
        import onnxruntime

        spec = find_spec("asterocr")
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError("asterocr")
        assets = Path(spec.submodule_search_locations[0]) / "assets"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(str(assets / "asternet.onnx"), options)
        self._input = self._session.get_inputs()[0].name
        self._letters: list[str] = json.loads((assets / "vocab.json").read_text("utf-8"))["chars"]

    def read(self, cut: Picture) -> tuple[str, float]:
        height, width = cut.shape[:2]
        stretch = min(1.25, 1 + max(0.0, width / height - 3) * 0.02)
        across = max(16, -(-int(32 / height * (width + 4) * stretch) // 4) * 4)
        if across > WIDEST:
            split = _gap(cut)
            parts = [self.read(half) for half in (cut[:, :split], cut[:, split:])]
            return " ".join(text for text, _ in parts if text), min(sure for _, sure in parts)
        padded = cv2.copyMakeBorder(np.ascontiguousarray(cut), 0, 0, 2, 2, cv2.BORDER_REPLICATE)
        small = cv2.cvtColor(cv2.resize(padded, (across, 32), interpolation=cv2.INTER_LINEAR), cv2.COLOR_BGR2RGB)
        batch = small.astype(np.float32).transpose(2, 0, 1)[None] / 255
        scores = np.asarray(self._session.run(None, {self._input: batch})[0]).squeeze()
        chances = np.exp(scores - scores.max(axis=-1, keepdims=True))
        chances /= chances.sum(axis=-1, keepdims=True)
        best, sure = chances.argmax(axis=-1), chances.max(axis=-1)
        text, taken, previous = [], [], 0
        for index, chance in zip(best.tolist(), sure.tolist(), strict=True):
            if index not in (0, previous):
                text.append(self._letters[index])
                taken.append(chance)
            previous = index
        return "".join(text), float(np.mean(taken)) if taken else 0.0
