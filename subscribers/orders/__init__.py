"""The one path by which anything changes a subscription in real time.

Messages of MISC and BOSS, repairs, stops of orders and the reader's own leaving are
`Change`s; `services.apply` folds them into readers, subscriptions and their history.
What a change does is decided in `fields`, `holder` and `numbers` (rules, no database); see docs/subscriptions.md.
"""
