# Threadline in a container. Settings come from the environment (docs/settings.md); SQLite lives in /data.

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/threadline
COPY requirements.txt ./
RUN /opt/threadline/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY bot bot
COPY adapters adapters
COPY storage storage
COPY playground playground
RUN /opt/threadline/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin threadline \
    && install --directory --owner threadline --group threadline /data
COPY --from=build /opt/threadline /opt/threadline
ENV PATH="/opt/threadline/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    LOG_FORMAT=json \
    SQLITE_URL=sqlite:////data/threadline.db
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
# Python is process 1: SIGTERM reaches it, and running answers have 20 seconds.
STOPSIGNAL SIGTERM
CMD ["threadline", "run"]
