"""Complaints: entered or imported, each with a cause, linked to the reader and to the copy it is about, counted per 10,000 who pay."""
