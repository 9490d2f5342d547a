"""Edition folders, as editors prepare them, read into manuscripts.

Everything in a folder is outside data: it is checked whole before anything of
it is used. Not here: what becomes of a manuscript in the database
(`content.services`).
"""

from content.folder.reader import ImportedFolder, read_files, read_folder

__all__ = ["ImportedFolder", "read_files", "read_folder"]
