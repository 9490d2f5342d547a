"""What the reconciliation found, for people: on paper (PDF), in a workbook (XLSX), and as a waterfall picture.

`gathering` asks the tables of runs, `figures` says what a report holds, `waterfall` is the arithmetic
from three totals to the agreed one and `picture` draws it, `paper` and `workbook` write the files.
"""
