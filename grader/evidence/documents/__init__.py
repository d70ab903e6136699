"""Evidence from documents: data that is handed in beside code or instead of it, such as `review.toml`.

A document is hostile text: it is read strictly, judged outside, and never enters a sandbox.
"""

from grader.evidence.documents.document_collectors import collect

__all__ = ["collect"]
