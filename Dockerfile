# Two images:
#
#   docker build --target sandbox -t senior-python-grader-sandbox .     what the Docker backend runs submissions in
#   docker build --target grader -t senior-python-grader .              the grader, as an unprivileged user
#
# BASE is any image with CPython 3.11 or newer, as `python3`. The sandbox's Python must be of the grader's minor version.
ARG BASE=python:3.11-slim

# --- sandbox: a Python, the worker and the runtime packages; no shell, no pip, no grader, no challenge ---------------
FROM ${BASE} AS tree
# Distributions that challenges may name, with what they need, each as `name==version`. Unless all that a challenge
# needs is here in the grader's own versions, it is sent along with the submission, which takes longer. Empty where no
# index can be reached.
ARG PACKAGES=""
COPY sandbox /source/sandbox
RUN ["python3", "-B", "/source/sandbox/backends/docker/tree.py", "/tree"]

FROM scratch AS sandbox
COPY --from=tree /tree /
ENV HOME=/tmp PATH=/python/bin LANG=C LD_LIBRARY_PATH=/python/lib:/packages/.libraries \
    MALLOC_ARENA_MAX=2 PYTHONDONTWRITEBYTECODE=1
ARG PACKAGES=""
LABEL senior-python-grader.packages="${PACKAGES}"
USER 65534:65534
ENTRYPOINT ["/python/bin/python", "-S", "-s", "-P", "-B", "-X", "utf8", "-c", \
    "import sys; sys.path.insert(0, '/wall'); from inside.contained import main; main()"]

# --- grader: the command line --------------------------------------------------------------------------------------
FROM ${BASE} AS grader
# Where pip finds the distributions: an index of your own, or none (PIP_NO_INDEX=1) and the wheels in a folder `wheels`
# of the build context, hatchling among them.
ARG PIP_INDEX_URL
ARG PIP_NO_INDEX
COPY pyproject.toml README.md LICENSE Dockerfile wheel[s] /source/
COPY grader /source/grader
COPY sandbox /source/sandbox
COPY challenges /source/challenges
RUN ["python3", "-m", "pip", "install", "--no-cache-dir", "--root-user-action=ignore", "-f", "/source", "/source"]
ENV HOME=/tmp
WORKDIR /submissions
USER 65534:65534
# -I: submissions are mounted where this starts, and nothing of them may be imported outside a sandbox
ENTRYPOINT ["python3", "-I", "-m", "grader"]
CMD ["--help"]
