"""Stored reports: how they are read, compared, regraded and signed, and how reviewers' marks are added."""
