"""Recommendations: repeat buy, next buy, cross-sell, first buy and bundles, how likely. Pure."""
