# docker build --target cpu -t mixer .          CPUs alone
# docker build --target cuda -t mixer:cuda .    NVIDIA GPUs; the host brings the driver alone
# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" mixer manifest.csv -o out/
FROM python:3.12-slim-bookworm AS wheel
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONUTF8=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home --uid 10001 mixer
COPY --from=wheel /wheels /wheels
WORKDIR /work
ENTRYPOINT ["mixer", "batch"]
CMD ["--help"]

FROM base AS cuda
# hadolint ignore=DL3013
RUN wheel="$(ls /wheels/*.whl)" && pip install --no-cache-dir "${wheel}[codecs,cuda]"
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001

FROM base AS cpu
# The runtime for CPUs is a tenth of the size; both lie in one folder, so the other goes first.
# hadolint ignore=DL3013
RUN wheel="$(ls /wheels/*.whl)" \
    && pip install --no-cache-dir "${wheel}[codecs]" \
    && pip uninstall --yes onnxruntime-gpu \
    && pip install --no-cache-dir "onnxruntime>=1.23"
USER 10001
