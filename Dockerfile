# One image for web, worker and beat; see compose.yaml.
FROM python:3.13.9-slim-trixie AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc pkg-config default-libmysqlclient-dev \
 && rm -rf /var/lib/apt/lists/*
COPY requirements.lock requirements-mysql.lock requirements-s3.lock /tmp/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes \
    -r /tmp/requirements.lock -r /tmp/requirements-mysql.lock -r /tmp/requirements-s3.lock

FROM node:22.21.1-trixie-slim AS im-desk
COPY seats/im /build/im
RUN cd /build/im && npm ci && npm run build

FROM python:3.13.9-slim-trixie
RUN apt-get update \
 && apt-get install -y --no-install-recommends libmariadb3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 bridge \
 && install -d -o bridge -g bridge /data
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
    DJANGO_SETTINGS_MODULE=config.settings DATA_DIR=/data PORT=8000 BIND=0.0.0.0:8000
# Static files are part of the image; a key of no value, because nothing is signed here.
RUN SECRET_KEY=build-only DATA_DIR=/app/built python manage.py collectstatic --noinput
ENV STATIC_ROOT=/app/built/static
USER bridge
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["python", "-m", "config.run.web"]
