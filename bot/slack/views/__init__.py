"""Pure functions from values to blocks. No Slack client, no database."""
