"""What a manager reads: a day, an edition, a month; as figures, on paper (PDF), in a workbook (XLSX), by mail.

`sends` and `around` ask the tables, from what was counted at the end of each dispatch;
`daily`, `edition` and `monthly` put that together as figures; each has its `…_pages`, which make
a `document` of them: headline figures and sections of tables and pictures (`charts`). One document
is what the page shows, `paper` lays out and `workbook` writes, so that they never disagree. `mailing` sends
it once to each who is to have it. It stands in `care`, above all that it reads.
"""
