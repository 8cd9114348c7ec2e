"""Ardour: its sessions, and the devices that come with it."""
