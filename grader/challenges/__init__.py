"""Challenges on disk: their manifests, the folders around them, the catalogue, known mistakes."""
