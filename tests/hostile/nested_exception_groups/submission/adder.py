error = LookupError("innermost")
for _ in range(20_000):
    error = ExceptionGroup("a group", [error])
raise error
