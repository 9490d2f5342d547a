"""What happened: measures of dispatches; alarm rules, probes and reports come later."""
