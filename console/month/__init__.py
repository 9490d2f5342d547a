"""A month of an invented province, lived through by the real code on a clock of its own.

`House` is the installation: the clock, the work that is due, what arrives. Outside it stand
what a province has: MMSCs with handsets behind them (`mmsc`, `handsets`), BOSS and MISC
(`province`), people (`staff`) and the papers that they make (`papers`). `days` lets one day after the other
happen, `incidents` says what goes wrong on which.

Nothing is written into a table here but through the services that everybody uses: what a
screen shows afterwards came about as it says. Only time is invented.
"""
