"""The assessment around the challenges: a folder of plain files that a person keeps, and what follows from it.

    portfolio/profile.toml     the owner's rating of each skill, and the chosen targets      profile.py
    portfolio/reports/         reports, plain or signed                                      reports.py
    portfolio/journal/         dated notes: what was learned, what to try                    journal.py
    portfolio/reviews/         reviews given and received                                    received.py
    portfolio/evidence/        what happened elsewhere, stated or signed                     external.py
    portfolio/certificates/    issued by others, each with its page                          certificates.py
    issuers.toml               whom the reader trusts; never a part of the portfolio         trust.py
    portfolio/scan.json        what a scan saw in the owner's code (scan/)                   scanned.py
             |
             v
    history.py       each skill's attempts, oldest first, with the best, the last and the trend
    comparison.py    the owner's rating beside what was graded and scanned
    plan.py          which challenges come next, in what order, and why
    dashboard.py     areas, skills, Leadership, overall level
    due.py           what is due again
    counting.py      which reports count for a certificate, and why others do not
    given.py         which reviews that the owner gave were countersigned
    leadership.py    the parts of Leadership, by one table
    peers.py         which reviews count, and how far several reviewers agree
    pathway.py       the five certificates' rules, and what the reports that count still miss
    certificate.py   what a certificate says; certificate_check.py holds it against reports, trust and rule

Everything below the line is pure; `terminal_*.py`, `markdown_*.py` and `pages/` show it. docs/reference/portfolio.md
describes every file.
"""
