"""The forms of a message that can fail, in any service."""

from pool.place import Bad, Ruled


def mail(call, text):
    """Return the slot of a message, by the rule on messages that cannot be sent."""
    forms = {
        "best": (
            f'try:\n    {call}\nexcept Exception:  # whatever the sender raises\n    log.exception("{text}")',
            f'try:\n    {call}\nexcept Exception as error:\n    log.warning("{text}: %s", error)',
        ),
        "must": (
            call,
            f'log.debug("sending a message")\n{call}',
            f'try:\n    {call}\nexcept Exception:\n    log.exception("{text}")\n    raise',
        ),
    }
    silent = Bad(
        "error-handling", "minor",
        (f"try:\n    {call}\nexcept Exception:\n    pass", f"with suppress(Exception):\n    {call}"),
        "nobody can see that messages fail", "log it", given="mail=best",
    )
    return Ruled(
        "mail", forms, "error-handling", "major",
        "a failed message is treated against the rule: it is swallowed, or it ends the call",
        "treat a failing message as the rules say", "test_messages", [silent],
    )
