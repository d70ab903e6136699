"""Timed sessions. *Practice*: begun, timed and graded on the candidate's own machine.

    session.py           what a session is, and what its times and attempts mean: frozen values, no clock of their own
    session_folder.py    the files of a session: session.json, the answer, and a record of each attempt
    story.py             the session as a timeline: for the terminal, and as a page with a picture

Whoever holds a machine holds its clock and its files, so a practice session proves nothing to anybody: every page says
`practice`, and no badge, certificate or bar counts it.
"""
