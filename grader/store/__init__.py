"""Reports written before: read, compare, grade the same again, sign, add a reviewer's marks."""
