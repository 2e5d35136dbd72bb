"""Servers to which everything happens that happens within a week, and what must hold all the while (test_week.py)."""
