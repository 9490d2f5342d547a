"""News from outside, on its way to a draft that an editor corrects.

`charsets`, `markup` and `documents` read what others publish, `articles` a folder of theirs; `fetching` brings
it over HTTP, `gathering` keeps it. `likeness` says when two texts tell one story, `stories` merges them,
`planning` chooses and orders, `drafting` and `writing` make the edition folder that `edition import` takes.
"""
