"""Jinja2 files and nothing else: slides, WAP pages, SMIL."""
