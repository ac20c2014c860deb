"""One module for each technique: facts in, standings out, and why. No SQL, no Slack."""
