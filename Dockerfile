# changelogger as a container: no root, a read-only root file system, all that it keeps in /data.
#
#   docker build -t changelogger .
#   docker run -d --name changelogger --read-only --tmpfs /tmp --cap-drop ALL \
#     --security-opt no-new-privileges -v changelogger:/data \
#     -v "$PWD/etc:/etc/changelogger:ro" changelogger
#
# docs/container.md goes through it; compose.yaml runs it with PostgreSQL.

ARG PYTHON=3.13
ARG DEBIAN=trixie

FROM python:${PYTHON}-slim-${DEBIAN} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# The packages first: they change more rarely than the program, and stay a layer of their own.
COPY vendor/pip-*.whl requirements.lock ./
RUN python3 -m venv --without-pip /opt/changelogger \
 && PYTHONPATH=$(echo pip-*.whl) /opt/changelogger/bin/python -m pip install \
        --require-hashes --only-binary :all: --requirement requirements.lock \
 && /opt/changelogger/bin/python -m compileall -q /opt/changelogger/lib
# As the wheel does it: the migrations travel inside the package.
COPY daemon /built/daemon
COPY alembic /built/daemon/migrations
RUN /opt/changelogger/bin/python -m compileall -q -s /built /built/daemon \
 && printf '%s\n' '#!/opt/changelogger/bin/python -P' \
        'from daemon.__main__ import main' 'raise SystemExit(main())' >/built/changelogger \
 && chmod 755 /built/changelogger

FROM build AS build-browser
COPY requirements-browser.lock ./
RUN PYTHONPATH=$(echo pip-*.whl) /opt/changelogger/bin/python -m pip install \
        --require-hashes --only-binary :all: --requirement requirements-browser.lock

FROM python:${PYTHON}-slim-${DEBIAN} AS daemon
LABEL org.opencontainers.image.title="changelogger" \
      org.opencontainers.image.description="Watches web pages, feeds and prices, and says what changed" \
      org.opencontainers.image.licenses="MIT"
# Any user id works, also one without a name; what it writes is for itself alone.
RUN mkdir -p /data /etc/changelogger && chmod 1777 /data
COPY --from=build /opt/changelogger /opt/changelogger
COPY --from=build /built/changelogger /opt/changelogger/bin/
ARG PYTHON
COPY --from=build /built/daemon /opt/changelogger/lib/python${PYTHON}/site-packages/daemon
ENV PATH=/opt/changelogger/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1 \
    CHANGELOGGER__LOGGING__FORMAT=json
USER 65532:65532
# changelogger.db is made in the working directory; [database] url names another place.
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["changelogger", "status"]
ENTRYPOINT ["changelogger"]
CMD ["run"]

# What renders pages, in a container without a network: docs/rendering.md.
FROM python:${PYTHON}-slim-${DEBIAN} AS browser
RUN apt-get update -q \
 && apt-get install -qq -y --no-install-recommends \
        chromium-headless-shell libatomic1 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
# The volume in which it meets the daemon belongs to its user from the first start on.
RUN mkdir -p /data /run/browser && chmod 1777 /data && chown 65532:65532 /run/browser
COPY --from=build-browser /opt/changelogger /opt/changelogger
COPY --from=build /built/changelogger /opt/changelogger/bin/
ARG PYTHON
COPY --from=build /built/daemon /opt/changelogger/lib/python${PYTHON}/site-packages/daemon
ENV PATH=/opt/changelogger/bin:$PATH \
    HOME=/tmp \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    CHANGELOGGER__LOGGING__FORMAT=json
USER 65532:65532
WORKDIR /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, socket; \
         socket.socket(socket.AF_UNIX).connect(os.environ['CHANGELOGGER__BROWSER__SOCKET'])"]
ENTRYPOINT ["changelogger"]
CMD ["browser"]

FROM daemon
