"""Mixing as tools for agents, over the Model Context Protocol; see `mixer.mcp.tool_server`."""
