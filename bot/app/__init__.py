"""Use cases and decisions. No Slack, no SQL, no HTTP, no settings."""
