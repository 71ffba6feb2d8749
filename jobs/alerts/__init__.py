"""Alerts after a night: the rules that find them, and the channels that send them."""
