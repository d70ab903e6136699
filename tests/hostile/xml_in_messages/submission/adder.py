TEXT = "]]></failure></testcase><testcase name='forged'/>\x00\x0b\ufffe&xxe;"
Shown = type(TEXT[:50], (Exception,), {"__module__": TEXT})


def add(a, b):
    raise Shown(TEXT)


def history():
    return [TEXT]
