"""WAP pages: one document for every handset, rendered for the one that asks.

`documents` are pages as data, `tokens` seal their names and a reader's own links,
`browsers` says what a handset reads, `rendering` cuts a document into its pages with
`decks` (what WML weighs), `pictures` scales. Building an edition's documents is `content.compose.wap`'s.
"""
