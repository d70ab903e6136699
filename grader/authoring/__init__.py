"""Tools for authors: scaffold a challenge, edit its known mistakes, export what candidates may see."""
