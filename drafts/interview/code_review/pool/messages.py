"""The forms of a message that can fail, in any service."""


def told(call, text):
    """Return the forms of sending a message, by the rule on messages that cannot be sent."""
    return {
        "best": (
            f'try:\n    {call}\nexcept Exception:  # whatever the sender raises\n    log.exception("{text}")',
            f'try:\n    {call}\nexcept Exception as error:\n    log.warning("{text}: %s", error)',
        ),
        "must": (call, f"# {text}: the caller has to know\n{call}"),
    }
