"""Answers as text for people: colours on a terminal, plain lines elsewhere."""
