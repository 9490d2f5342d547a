"""What people at the desk ask for that takes longer than a page: a preflight, a proof, an approval, a plan, a rehearsal.

Each is a row with a job behind it: who asked, how far it is, what came of it, the
files that it made. Whoever asks twice is shown what runs already.
"""
