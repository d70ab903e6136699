#!/usr/bin/env bash
# Install the grader of this action's own checkout, in an environment of its own.
# Reads PYTHON, RUNNER_TEMP and GITHUB_ACTION_PATH; writes `grader` to GITHUB_OUTPUT.
set -euo pipefail

unmeasured() {
    echo "::error title=Nothing was graded::$1"
    exit 3
}

# -I: the folder that this runs in is the checkout, and nothing of it may be imported here.
environment=$RUNNER_TEMP/grader-environment
"$PYTHON" -I -m venv "$environment" || unmeasured "The input python has to name a Python 3.11 or newer with venv."
"$environment/bin/python" -I -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH" ||
    unmeasured "The grader could not be installed; the log says why."
echo "grader=$environment/bin/grader" >>"$GITHUB_OUTPUT"

# GitHub's own machines forbid user namespaces, which the sandbox is made of, and exist for one job only.
# Nobody else's machine is changed: there, `grader doctor` names the remedy.
switch=/proc/sys/kernel/apparmor_restrict_unprivileged_userns
if [ "${RUNNER_ENVIRONMENT:-}" = github-hosted ] && [ "$(cat "$switch" 2>/dev/null)" = 1 ]; then
    sudo -n sysctl --quiet --write kernel.apparmor_restrict_unprivileged_userns=0
fi
