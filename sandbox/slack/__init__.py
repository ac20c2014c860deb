"""A Slack that runs on this machine: Web API, Socket Mode, interactivity, and a page.

It knows nothing of the product: any Slack app can be pointed at it with ``WebClient(base_url=...)``.
Everything happens on one event loop, and nothing that changes state awaits in between; that is what keeps the
state whole, not a lock.
"""
