"""Synthetic twins of the databases: the owners' folders, file names and workbooks around people who do not exist.

They let everybody try the readers, the protocols and the methods without a licence. Each twin has a camera of its own,
as the real databases do, which makes a real gap between them. Figures on twins say nothing about real people.
"""
