"""A comic as a serial: chapters in order for each reader, and nobody left behind by one that failed.

`chapters` are the numbers that were brought out, in order; `places` says how far each
reader is (one statement over deliveries); `course` what a dispatch does with that;
`notes` makes the links to a missed or an earlier chapter; `following` sends, again and
again, what the readers who fell out of step are due.
"""
