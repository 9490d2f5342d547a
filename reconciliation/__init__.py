"""Who is owed what: BOSS, MISC and the platform held against each other.

Nothing stands here yet: subscriptions come in by file (`subscribers.imports`) and
the stop state of a subscription is kept, and honoured at planning, by `subscribers`.
"""
