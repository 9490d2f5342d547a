"""The day of an edition: its weekday, lunar date and solar term, and the weather of each city."""
