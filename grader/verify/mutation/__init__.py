"""Mutants of a reference solution: small mistakes that the hidden suite has to notice.

The operators are our own. mutmut 3's and cosmic-ray's were looked at: both come with an application around them
(a terminal interface, a database), and neither drops statements, guards, decorators or raised exceptions, which are
the mistakes that candidates make. Ours are LibCST, one family a file, and give text edits, so that a mutant differs
from the reference by nothing but its mistake.
"""
