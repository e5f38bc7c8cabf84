"""The nouns of onward, frozen, and the seams between its parts (`ports`).

A noun holds fields and what follows from them alone. Its words are those of ARCHITECTURE.md.
"""
