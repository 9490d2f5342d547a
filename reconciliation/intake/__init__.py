"""What peers tell us: messages read, applied by the one path that changes subscriptions, answered, and kept in the journal."""
