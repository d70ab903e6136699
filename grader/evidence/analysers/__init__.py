"""Analysers from the trusted side: what each is asked, and the sandboxes in which they are asked."""
