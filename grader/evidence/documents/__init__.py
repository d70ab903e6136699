"""Answers that are data: read strictly and judged outside, since nothing of them runs."""
