"""MM7 over HTTP: constants and options, link, stream, answers, probe."""
