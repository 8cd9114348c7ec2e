"""Presets: settings of the console by name, checked, merged, and written back."""
