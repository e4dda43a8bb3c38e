"""Databases of real micro-expressions, each read from the folders and workbooks that its owners hand out.

None ships with the program; each needs a licence of its own.
"""
