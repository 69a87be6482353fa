"""scipy.special, imported when one of its functions is first called: the API would pay 0.4 s for it at each start."""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    return getattr(importlib.import_module("scipy.special"), name)
