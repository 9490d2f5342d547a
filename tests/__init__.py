"""The tests: unit, vectors, integration, services, browser, fault, house, benchmark."""
