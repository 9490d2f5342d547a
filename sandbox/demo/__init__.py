"""The demonstration: its own papers and readers, sent through the sandbox MMSC on the embedded defaults."""
