"""Engagement: how much a customer has to do with us, 0 to 100, from what happened by every channel. Pure."""
