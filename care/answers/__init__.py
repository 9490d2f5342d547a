"""Standard answers: the sentence that an agent reads to a caller, by likely cause; shipped, and put right by an administrator."""
