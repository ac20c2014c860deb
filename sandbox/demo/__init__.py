"""The whole product on one machine: starts the sandboxes and Bellwether, and can hold a conversation.

Bellwether is started as the processes a customer starts, with nothing but environment variables; nothing of
it is imported here.
"""
