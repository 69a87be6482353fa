"""agent.py of a folder, run as a module of its own: the one place where an agent's code comes into the process."""

import sys
import threading
import traceback
import types
from functools import lru_cache
from pathlib import Path

from core.errors import Broken

_importing = threading.Lock()


@lru_cache(maxsize=256)
def load_module(path: Path, name: str, version: str, source: str) -> types.ModuleType:
    """Run one version of an agent.py under a name of its own, so that two versions never share a module.

    The text that was read with the rest of the folder is run, not the file, which may be newer; and no bytecode is
    left beside it. Raises Broken with file and line.
    """
    with _importing:
        module_name = f"saola_agent_{name}_{abs(hash((str(path), version))):x}"
        module = types.ModuleType(module_name)
        module.__file__ = str(path)
        sys.modules[module_name] = module  # typing.get_type_hints looks the module up
        try:
            exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102 - running the agent's code is the job
        except Exception as error:
            del sys.modules[module_name]
            line = getattr(error, "lineno", None) or traceback.extract_tb(error.__traceback__)[-1].lineno
            raise Broken(f"{path}:{line}: {type(error).__name__}: {error}") from None
        return module
