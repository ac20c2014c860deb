"""Voice of customer: what customers write as intent, sentiment, keywords, competitor mentions. Pure."""
