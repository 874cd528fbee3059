# One image for web, worker and beat; see compose.yaml. Built from a clean clone: docker build .
FROM python:3.13.9-slim-trixie AS build
# Debian keeps no old versions, so that a pinned one could not be installed any more.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev pkg-config default-libmysqlclient-dev \
 && rm -rf /var/lib/apt/lists/*
COPY requirements.lock requirements-mysql.lock requirements-s3.lock /tmp/
# pip itself is not needed afterwards, and what is not there has no holes.
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes \
    -r /tmp/requirements.lock -r /tmp/requirements-mysql.lock -r /tmp/requirements-s3.lock \
 && /venv/bin/pip uninstall --yes pip

FROM node:22.21.1-trixie-slim AS im-desk
COPY seats/im /build/im
WORKDIR /build/im
RUN npm ci && npm run build

FROM python:3.13.9-slim-trixie
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmariadb3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 bridge \
 && install -d -o bridge -g bridge -m 700 /data /data/tmp
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py ./
COPY config config
COPY bridge bridge
COPY chatbots chatbots
COPY seats seats
COPY --from=im-desk /build/static/im-desk seats/static/im-desk
COPY analytics analytics
COPY templates templates
COPY locale locale
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings DATA_DIR=/data TMPDIR=/data/tmp PORT=8000 BIND=0.0.0.0:8000
# Static files and compiled code are part of the image; a key of no value, because nothing is signed here.
# Not below DATA_DIR: that is for its owner alone.
RUN SECRET_KEY=build-only DATA_DIR=/tmp/built TMPDIR=/tmp STATIC_ROOT=/app/static python manage.py collectstatic --noinput \
 && rm -r /tmp/built \
 && python -m compileall -q manage.py config bridge chatbots seats analytics
ENV STATIC_ROOT=/app/static
# By its number, so that whoever runs the image can see that it is not root.
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["python", "-m", "config.run.web"]
