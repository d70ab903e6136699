#!/usr/bin/env bash
# End the job as the grader ended, after everything has been said and uploaded.
# Reads EXIT_STATUS, FAIL_UNDER and PERCENT.
set -euo pipefail

case $EXIT_STATUS in
    0) if [ -n "$PERCENT" ]; then echo "Graded."; else echo "No challenge has changed: there was nothing to grade."; fi ;;
    1) echo "::error title=Below the threshold::A report is below ${FAIL_UNDER//[!0-9.]/} %." ;;
    2) echo "::error title=Not graded::The input or the call is wrong; the log says what, where, and what to do." ;;
    3) echo "::error title=Not measured::The grader could not measure. Nothing was graded as zero; the log names the remedy." ;;
    *) echo "::error title=Stopped::The grader ended with status $EXIT_STATUS." ;;
esac
exit "$EXIT_STATUS"
