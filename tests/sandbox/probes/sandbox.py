WHOSE = "the candidate's"
