"""What handsets can do: records of several sources read, merged, and put into classes by rules.

`facts` are the capabilities there are, `names` tells models apart, `uaprof`, `openddr` and `tables`
read the sources, `sniffing` says which one a file is, `merging` decides whom to believe,
`rules` choose the handset class. Nothing here knows the database.
"""
