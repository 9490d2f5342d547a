"""What who leads the house asks first of a day: is it in time, who comes and goes, who pays and gets nothing, who complains again.

`rules` says why and by which way an order began or ended; `moving` keeps each beginning and end once, as it happens; `marks`
keeps who pays and never got anything, and who is new and got nothing in his first day; `figures` puts all that together from
counters, `lists` are the readers behind each figure. It stands in `care`, since it reads complaints too.
"""
