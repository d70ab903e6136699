"""Mutants of a reference solution: small mistakes that the hidden suite has to notice.

The operators are our own. We considered those of mutmut 3 and cosmic-ray: both come with an application around them (a
terminal interface, a database), and neither drops statements, guards, decorators or raised exceptions, which are the
mistakes that candidates make. Ours use LibCST, one family per file, and return text edits, so that a mutant differs
from the reference only in its mistake.
"""
