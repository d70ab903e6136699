first, second = LookupError("first"), LookupError("second")
first.__cause__ = first.__context__ = second
second.__cause__ = second.__context__ = first
raise first
