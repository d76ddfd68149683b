# What `make demo` does, in a container: one stage builds wheels (and with them the pages), one runs them.

FROM python:3.11-slim AS builder
WORKDIR /src
COPY requirements.lock ./
# What we stand on, exactly as locked; this layer stays as long as the lock does.
RUN pip wheel --no-cache-dir --require-hashes --wheel-dir /wheels --requirement requirements.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY config config
COPY frontend frontend
COPY hub hub
COPY plugins plugins
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /srv/frontdesk frontdesk
COPY --from=builder /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels 'frontdesk-hub[demo,postgres]' && rm -r /wheels
WORKDIR /srv/frontdesk
COPY --chown=frontdesk config config
RUN mkdir data && chown frontdesk data
USER frontdesk
ENV PYTHONUNBUFFERED=1 LANG=C.UTF-8
VOLUME /srv/frontdesk/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
ENTRYPOINT ["hub"]
CMD ["serve", "--config", "config/demo.yaml", "--host", "0.0.0.0", "--port", "8080", "--data", "data"]
