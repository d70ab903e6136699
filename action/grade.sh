#!/usr/bin/env bash
# Grade once, write every report, and tell the job: log, summary, annotations, outputs.
# Always ends with status 0 when it could tell: `verdict.sh` fails the job after the reports are uploaded.
# Every input comes as a variable, never as text of this script, and reaches the grader as one word.
set -euo pipefail

folder=$(mktemp -d "$RUNNER_TEMP/grader-report.XXXXXX")
private=$(mktemp -d "$RUNNER_TEMP/grader-log.XXXXXX")
trap 'rm -rf "$private"' EXIT

file_of() {
    case $1 in
        json | html | sarif) echo "$folder/report.$1" ;;
        markdown) echo "$folder/report.md" ;;
        junit) echo "$folder/junit.xml" ;;
        gitlab) echo "$folder/gl-code-quality-report.json" ;;
        gradescope) echo "$folder/results.json" ;;
        github) echo "$private/annotations" ;;
        *) return 1 ;;
    esac
}

arguments=(grade "--audience=$AUDIENCE")
for given in challenge:"$CHALLENGE" fail-under:"$FAIL_UNDER" backend:"$BACKEND" seed:"$SEED"; do
    if [ -n "${given#*:}" ]; then arguments+=("--${given%%:*}=${given#*:}"); fi
done
if [ -n "$CHANGED_SINCE" ]; then arguments+=("--changed-since=$CHANGED_SINCE" "--revision=$REVISION"); fi
if [ -n "$CHALLENGES" ]; then
    IFS=: read -r -a roots <<<"$CHALLENGES"
    for root in "${roots[@]}"; do arguments+=("--challenges=$root"); done
fi

: >"$private/errors"
status=0
read -r -a wanted <<<"$(tr ',\n' '  ' <<<"$FORMATS")"
for format in json markdown github "${wanted[@]}"; do
    case " ${seen:-} " in *" $format "*) continue ;; esac
    seen="${seen:-} $format"
    if file=$(file_of "$format"); then
        arguments+=("--format=$format" "--output=$file")
    else
        printf 'grader: formats: there is no %q. Choose among html, junit, sarif, gitlab, gradescope.\n' "$format" \
            >>"$private/errors"
        status=2
    fi
done

# Between these two lines the runner obeys nothing that it reads, whatever a submission brings into the log.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
if [ "$status" -eq 0 ]; then
    COLUMNS=100 "$GRADER" "${arguments[@]}" --format=terminal --output=- -- "$SUBMISSION" 2>"$private/errors" || status=$?
fi
cat "$private/errors"
echo "::$token::"

summarise() {
    if [ ! -s "$folder/report.md" ]; then
        printf '## Nothing was graded\n\n'
        sed 's/^/    /' "$private/errors" # indented, it is code, and nothing in it can end that
    elif [ "$(wc -c <"$folder/report.md")" -lt 1000000 ]; then
        cat "$folder/report.md"
    else # a summary holds 1 MiB
        awk '/^<details>/ { exit } { print }' "$folder/report.md"
        printf '\nThe whole report is too long for this page: see report.md among the uploaded reports.\n'
    fi
    echo
}

if [ "$SUMMARY" = true ]; then summarise >>"$GITHUB_STEP_SUMMARY"; fi
if [ "$ANNOTATIONS" = true ] && [ -s "$private/annotations" ]; then cat "$private/annotations"; fi
if [ "$status" -gt 1 ] && [ -s "$private/errors" ]; then
    printf '::error title=Grader::'
    awk '{ gsub(/%/, "%25"); gsub(/\r/, "%0D"); printf "%s%s", separator, $0; separator = "%0A" } END { print "" }' \
        "$private/errors"
fi

{
    echo "exit-status=$status"
    echo "folder=$folder"
    for format in json sarif; do
        file=$(file_of "$format")
        if [ "$format" = json ]; then name=report; else name=$format; fi
        if [ -s "$file" ]; then echo "$name=$file"; fi
    done
    "$PYTHON" -I "$GITHUB_ACTION_PATH/action/outputs.py" "$status" "$folder/report.json"
} >>"$GITHUB_OUTPUT"
