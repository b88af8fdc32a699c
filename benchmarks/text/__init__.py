"""Bench ``text``: the text memory as its users meet it."""
