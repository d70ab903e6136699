"""Timed sessions: *practice*, on the candidate's own machine, and *issued*, where somebody else holds the secrets.

    practice                                    issued
    session.py         what it is               issued.py         what it is: the issuer's record
    session_folder.py  its files                issuer_folder.py  its files; receiving.py, what an issuer does with them
                                                ticket.py  -> workspace -> sealed_answer.py -> refusals.py -> receipt.py
    whole_result.py    the reports on its stages become one result
    story.py           the timeline; issued_story.py for issued sessions; terminal_story.py shows it
    listing.py         the sessions in a folder
    leaks.py           what a workspace must not tell, searched for

Every step takes the time and the key from its caller. Whoever holds a machine holds its clock and its files, so a
practice session proves nothing to anybody: every page says `practice`, and no badge, certificate or bar counts it.
"""
