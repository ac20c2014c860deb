"""A Zoho and a Slack that run on your machine. The product never imports this package."""
