"""Who hears of an alarm, and how: e-mail, webhook, text."""
