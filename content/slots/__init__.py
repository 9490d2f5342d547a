"""Slots: places in an article's text that each reader's own words fill when a message leaves.

`names` says which there are, `marks` reads them out of an article, `tokens` keeps their
room while an edition is laid out, `gaps` are where they lie in a built message, `cleaning`
makes a reader's value fit to stand there, `values` asks for those of many readers at once.
"""
