"""A ledger: who writes into it, what happens meanwhile, and what must be in it in the end (test_ledger.py)."""
