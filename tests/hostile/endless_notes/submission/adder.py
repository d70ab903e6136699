error = LookupError("noted")
for number in range(300):
    error.add_note(f"{number}: " + "x" * 10_000)
raise error
