"""Slack: the Bolt app, listeners, the gateway and the views."""
