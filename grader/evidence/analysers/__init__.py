"""Analysers as seen from the trusted side: what each is asked, and the sandboxes in which they run."""
