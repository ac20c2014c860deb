"""A Slack that runs on this machine: Web API, Socket Mode, interactivity, and a page."""
