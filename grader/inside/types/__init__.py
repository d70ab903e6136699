"""mypy --strict behind the wall, with no configuration but ours."""
