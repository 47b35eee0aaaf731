# CPU:  docker build -t gansmith .
# GPU:  docker build -t gansmith:gpu --build-arg BASE=IMAGE .   with an image that has Python 3.11 or
#       later and PyTorch 2.11 or later for your driver, such as one of pytorch/pytorch
# Use:  docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" gansmith train --data photos/
#       (with --gpus all before the name of a GPU image)
ARG BASE=python:3.12-slim
FROM ${BASE}

# The Python of some base images belongs to their system, which pip would otherwise refuse to touch.
ENV PIP_NO_CACHE_DIR=1 PIP_BREAK_SYSTEM_PACKAGES=1 PIP_ROOT_USER_ACTION=ignore PYTHONUNBUFFERED=1
# Whoever runs the container may have no home folder in it.
ENV HOME=/tmp GANSMITH_CACHE=/tmp/gansmith

# Nothing where the base has PyTorch. TORCH_INDEX: an index of builds of PyTorch, such as its own of
# those without CUDA, which are a tenth of the size; by default the index of pip.
ARG TORCH_INDEX=
RUN python3 -c "import torch" 2>/dev/null \
    || python3 -m pip install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch

WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY gansmith gansmith
# The PyTorch that is there stays, whatever the tests run with.
RUN grep -v '^torch==' constraints.txt > others.txt \
    && python3 -m pip install --constraint others.txt ".[onnx,video,hub]" \
    && gansmith --version \
    && rm -r /src/*

WORKDIR /work
ENTRYPOINT ["gansmith"]
CMD ["--help"]
