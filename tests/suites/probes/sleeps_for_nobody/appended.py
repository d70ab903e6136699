def _put(where: object, name: str, what: object) -> None:
    setattr(where, name, what)


_put(time, "sleep", lambda seconds: None)
