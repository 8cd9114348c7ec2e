"""The presets that ship with mixer: TOML files that `mixer.preset` reads."""
