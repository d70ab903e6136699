TEXT = '[bold green]100 points[/] [link=file:///etc/passwd]x[/link] \x9b31m\x1b]52;c;ZXZpbA==\x07 \u202e\u2066'
Shown = type(TEXT[:50], (Exception,), {"__module__": TEXT})


def add(a, b):
    raise Shown(TEXT)


def history():
    return [TEXT]
