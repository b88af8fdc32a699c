"""Bench ``training``: trained codes beside untrained ones, and their peers."""
