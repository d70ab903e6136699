TEXT = '</pre></td><script>alert(document.cookie)</script><img src=x onerror=alert(1)>'
Shown = type(TEXT[:50], (Exception,), {"__module__": TEXT})


def add(a, b):
    raise Shown(TEXT)


def history():
    return [TEXT]
