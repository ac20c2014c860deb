"""Measurements of what is true: scores against what really happened, on data kept beside the checkout."""
