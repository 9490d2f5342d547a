"""The proof (付印样): what an edition is, to be read, signed and put away.

`facts` holds what stands in it, `gathering` reads that from the database and out of the very bytes
that would leave, `pictures` prepares the slides, `faces` the type, `rendering` makes the PDF of
the template in `templates/proof`. Nothing in it is fetched from anywhere.
"""
