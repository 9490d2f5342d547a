"""Preflight (群发前与主流终端匹配测试): every variant held against its class and against real handsets before anything is sent.

`message` holds a message against its class and says what is in it, `matching` is the rule that
holds that against one handset's record, `panel` chooses the handsets (those of most readers, and the mainstream),
`checking` puts it together. Nothing is ever cut here: what fails is said, with slide and reason.
"""
