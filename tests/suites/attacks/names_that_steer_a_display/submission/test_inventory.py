def fails() -> None:
    raise type("Odd\n::error::\x1b[31m\u202e<script>alert(1)</script>", (Exception,), {})


globals()["test_\x1b[2J\n::error file=x::\u202e<script>alert(1)</script>|a](javascript:x)" + "y" * 1000] = fails
