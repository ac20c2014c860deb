"""The application: use cases, the question language, Slack, the store, the processes."""
