"""Zoho in and out, and the local copy. Knows nothing of Slack or of segments."""
