"""Who is served: readers, their subscriptions and stop state, handsets, segments, consent and blacklists."""
