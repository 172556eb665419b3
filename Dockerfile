# The whole product in one image: `serve`, `worker` and every other command of `yinzheng`.
# Pin the base by digest where you build: --build-arg DEBIAN=debian:12.11-slim@sha256:…
ARG DEBIAN=debian:12.11-slim

FROM ${DEBIAN} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONSAFEPATH=1
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
RUN python3 -m venv /opt/yinzheng
ENV PATH=/opt/yinzheng/bin:$PATH
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY service ./service
COPY templates ./templates
COPY intake ./intake
COPY storage ./storage
# Nothing that builds or installs goes into the image that runs.
RUN pip install --no-deps --no-build-isolation . \
 && python -m compileall -q /opt/yinzheng/lib \
 && pip uninstall -y uv-build setuptools pip

FROM ${DEBIAN}
LABEL org.opencontainers.image.title="yinzheng" org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
    fonts-babelstone-han \
    fonts-liberation \
    fonts-lxgw-wenkai \
    fonts-noto-cjk \
    libreoffice-writer-nogui \
    python3 \
    python3-uno \
    tesseract-ocr \
    tesseract-ocr-chi-sim \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp yinzheng \
 && install -d -o yinzheng -g yinzheng -m 0700 /data
COPY --from=build /opt/yinzheng /opt/yinzheng
# Written to while it runs: /data, and /tmp (a tmpfs) for LibreOffice's profiles. The rest may be read-only.
ENV PATH=/opt/yinzheng/bin:$PATH \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    YINZHENG_SCRATCH=/tmp/yinzheng
WORKDIR /tmp
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=15s --start-period=90s --retries=3 CMD ["yinzheng", "health", "--port", "8000", "--data", "/data"]
ENTRYPOINT ["yinzheng"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--data", "/data"]
