"""The entry points: command line, web, worker, scheduler, link. Imported by nobody."""
