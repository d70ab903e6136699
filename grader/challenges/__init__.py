"""Challenges on disk: the manifest, the folder around it, the catalogue, known mistakes."""
