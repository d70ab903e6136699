LINK = "\x1b]8;;http://evil.example\x1b\\full report\x1b]8;;\x1b\\ <a href='javascript:alert(1)'>x</a>"
TEXT = f"{LINK} [x](javascript:alert(1)) ![](http://evil.example/x) <http://evil.example> @everyone #1"

raise LookupError(TEXT)
