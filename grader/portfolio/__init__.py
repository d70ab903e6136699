"""The assessment around the challenges: a folder of plain files that a person keeps, and what follows from it.

    portfolio/profile.toml     the owner's rating of each skill, and the chosen targets      profile.py
    portfolio/reports/         reports, plain or signed                                      reports.py
    portfolio/journal/         dated notes: what was learned, what to try                    journal.py
    portfolio/reviews/         reviews given and received                                    received.py
    portfolio/scan.json        what a scan saw in the owner's code (scan/)                   scanned.py
             |
             v
    history.py       each skill's attempts, oldest first, with the best, the last and the trend
    comparison.py    the owner's rating beside what was graded and scanned
    plan.py          which challenges come next, in what order, and why
    dashboard.py     areas, skills, Leadership, overall level
    due.py           what is due again

Everything below the line is pure; `terminal_*.py`, `markdown_*.py` and `pages/` show it. docs/reference/portfolio.md
describes every file.
"""
