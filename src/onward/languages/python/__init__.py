"""Python read by what it means: bytes to syntax (`parse`), syntax to symbols (`symbols`), and the symbols of
many files linked to what one step can reach (`closure`). Nothing here runs or imports the code it reads.
"""
