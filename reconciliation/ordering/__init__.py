"""Orders and their ends at BOSS and MISC: the reader's second yes, the requests that follow, what their answers mean for his order."""
