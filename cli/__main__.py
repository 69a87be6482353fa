"""`python -m cli` is the same as `saola`."""

from cli.main import app

app(prog_name="saola")
