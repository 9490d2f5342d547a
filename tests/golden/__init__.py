"""Slides as they should look: small editions, set by every design, kept as pictures.

`goldens.json` lists what is kept; `python -m tests.golden renew` draws all anew, `python -m tests.golden renew morning`
those with the word in their name. Look at what changed before you commit it.
"""
