"""Editions written in the console: drafts in the shape of an edition folder, saved part by part, kept as versions.

A draft is a folder that lies in the database: `edition.yaml` and articles as JSON, pictures as assets. `documents`
says what it may hold, `unfolding` makes one of a version, `folding` makes a folder's files of it, `saving` lets several
people and tabs write without writing over each other, `keeping` makes a version of it by the same way as `edition import`.
"""
