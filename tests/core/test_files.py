"""The file store: what cannot be stored whole leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest

_STORE = """
import resource, sys
from pathlib import Path
from uuid import UUID
from core.files import store_file
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))  # every file of this process ends here
try:
    store_file(UUID(int=1), "ab" * 32, Path(sys.argv[1]))
except OSError:
    sys.exit(3)
"""


@pytest.mark.parametrize(("size", "code", "left"), [(20_000, 3, 0), (5_000, 0, 1)])
def test_a_file_that_does_not_fit_leaves_no_half(tmp_path: Path, size: int, code: int, left: int) -> None:
    source, home = tmp_path / "upload", tmp_path / "home"
    source.write_bytes(b"x" * size)
    environment = {"SAOLA_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-B", "-c", _STORE, str(source)], env=environment, check=False)
    assert done.returncode == code
    assert len([path for path in home.rglob("*") if path.is_file()]) == left
